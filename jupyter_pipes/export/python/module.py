"""A pipeline -> a Python module that runs without Jupyter."""

from __future__ import annotations

import ast
import keyword
import re
import sys
import unicodedata
from itertools import chain, count, groupby
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE, NOTEBOOK_NAMES
from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.export.python.docstrings import docstring, plain_text
from jupyter_pipes.export.python.functions import function_text
from jupyter_pipes.export.python.layout import formatted, with_reasons
from jupyter_pipes.export.python.placement import place, split_setup, top_level
from jupyter_pipes.export.python.rounds import check_rounds
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError
from jupyter_pipes.pipelines.callbacks import named
from jupyter_pipes.pipelines.declarations.surroundings import surrounding_code
from jupyter_pipes.pipelines.parameter_types import annotation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.analysis.notebook.statements import Statement
    from jupyter_pipes.export.python.pieces import Piece, StepCode
    from jupyter_pipes.model.steps import Cell, Step
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.pipelines.parameters import Parameter

_MODULES_OF_TYPES = {
    **dict.fromkeys(("Annotated", "Any", "Literal", "Optional", "Union"), "typing"),
    **dict.fromkeys(("Dict", "List", "Set", "Tuple"), "typing"),
    **dict.fromkeys(("date", "datetime", "time", "timedelta"), "datetime"),
    "Decimal": "decimal",
    "Enum": "enum",
    "Path": "pathlib",
}
_OUR_NAMES = ("Parameter", "Pipeline", "Range", "main", "step")
_IMPORTS = {
    f"from {module} import {name}"
    for name, module in {**_MODULES_OF_TYPES, **dict.fromkeys(_OUR_NAMES, "jupyter_pipes")}.items()
}
"""How a module imports what its parameters and steps are declared with."""


def export_python(
    graph: Graph, cells: Sequence[Cell], parameters: Sequence[Parameter], name: str, source_label: str
) -> str:
    """Return the source of a module with the same steps, parameters and edges; the same bytes every time.

    Args:
        graph: the pipeline, without errors.
        cells: the notebook's cells, for comments and the title.
        parameters: the declared parameters.
        name: the pipeline's name.
        source_label: where it comes from, for people ("train.ipynb").

    Raises:
        InvalidPipeline: the graph has errors; an export of it could not run.
        NotebookError: the module cannot be made; the message says why.
    """
    if graph.errors:
        first = graph.errors[0]
        message = f"{name} cannot be exported: {first.message}"
        raise InvalidPipeline(message, step=first.step, line=first.line, diagnostics=graph.errors)
    codes = place([_with_callbacks(_with_values_only(step), graph.callbacks) for step in graph.steps], cells)
    _check_callbacks(codes, graph.callbacks)
    for code in codes:
        check_rounds(code)
    module = _Module(codes, parameters, name, surrounding_code(cells))
    return with_reasons(formatted(module.text(_title(graph, cells), source_label)))


def _with_values_only(step: Step) -> Step:
    """Return the step without the global streams of random numbers that it uses.

    Raises:
        NotebookError: it draws from one that an earlier step drew from, which functions cannot hand on.
    """
    if shared := sorted(STREAM_NAMES & step.reads.keys()):
        raise NotebookError(
            f"step {step.name} goes on with the random numbers of step {step.reads[shared[0]]} "
            f"({shared[0]}), which a module cannot hand on: seed each step that draws, or pass a generator "
            "from step to step (rng = np.random.default_rng(0))",
            step=step.name,
        )
    # A module has its definitions once: what they hold needs no handing on.
    reads = {name: owner for name, owner in step.reads.items() if not is_state(name)}
    writes = tuple(name for name in step.writes if not is_state(name))
    return msgspec.structs.replace(step, reads=reads, writes=writes)


def _with_callbacks(step: Step, callbacks: Mapping[str, Step]) -> Step:
    """Return the step with the code of the functions that it names: a module has them where it names them."""
    pieces = [piece for _, name in named(step.options) for piece in callbacks[name].prelude]
    if not pieces:
        return step
    every = {(piece.cell, piece.line): piece for piece in (*step.prelude, *pieces)}
    return msgspec.structs.replace(step, prelude=tuple(every[place] for place in sorted(every)))


def _check_callbacks(codes: Sequence[StepCode], callbacks: Mapping[str, Step]) -> None:
    """Refuse callbacks that cannot stand at the module's top, where `@step` names them.

    Raises:
        NotebookError: one uses what is inside of a step's function: a parameter, or a name that it binds.
    """
    there = set[str]().union(*(piece.chunk.binds for piece in top_level(codes)))
    for code in codes:
        for _, name in named(code.step.options):
            if name not in there or callbacks[name].reads:
                raise NotebookError(
                    f"step {code.step.name} names the callback {name}, which uses parameters or names that a "
                    "module has only inside of steps: use what it is told (step, params), and other names",
                    step=code.step.name,
                )


class _Module:
    """Gathers a module's parts, with names that do not get in each other's way."""

    def __init__(
        self,
        codes: list[StepCode],
        parameters: Sequence[Parameter],
        name: str,
        surroundings: Sequence[Statement] = (),
    ) -> None:
        self._codes = codes
        self._parameters = parameters
        self._name = name
        self._surroundings = surroundings
        self._top = top_level(codes)
        bound = set[str]().union(
            *(piece.chunk.binds for piece in self._top if piece.chunk.code not in _IMPORTS)
        )
        # scikit-learn has a `Pipeline` too, pylab's star a `step`: then ours are written with their module.
        self._prefix = "jupyter_pipes." if bound & {*_OUR_NAMES, STAR} else ""
        of_notebook = frozenset[str]().union(*(statement.binds for statement in surroundings))
        self._types = {
            name: f"{name}_type" if bound & {name, STAR} else name
            for name in _MODULES_OF_TYPES.keys() - of_notebook
        }
        bound |= of_notebook
        ours = {"jupyter_pipes", "pipeline", *_OUR_NAMES, *self._types.values()}
        self._functions = _function_names(codes, bound | ours)
        self._pipeline = _unused("pipeline", bound | set(self._functions.values()))

    def text(self, title: str, source_label: str) -> str:
        """Return the module's source, not yet laid out."""
        types = {each.name: _without_bounds(self._annotation(each)) for each in self._parameters}
        functions = [
            function_text(code, self._functions[code.step.name], f"{self._prefix}step", types)
            for code in self._codes
        ]
        first, rest = split_setup(self._top)
        setup = "\n".join(piece.chunk.text for piece in first if not piece.chunk.is_future)
        setup = "\n".join([*_ipython_imports(setup), *_stand_ins(first), setup])
        code = "\n\n".join([self._definitions(rest), *functions, self._pipeline_text(), self._main_text()])
        head = docstring(f"{title}\n\nExported from {source_label} by jupyter_pipes.", level=0)
        futures = [piece.chunk.code for piece in self._top if piece.chunk.is_future]
        return "\n\n".join(
            [head, "\n".join(futures), setup, "\n".join(self._imports(rest, setup, code)), code, ""]
        )

    def _definitions(self, top: Iterable[Piece]) -> str:
        pieces = [piece for piece in top if not piece.chunk.is_import]
        cells = groupby(pieces, key=lambda piece: piece.order[:2])
        there = {piece.chunk.code for piece in pieces}
        others = [
            each.source for each in self._surroundings if not each.is_import and each.source not in there
        ]
        return "\n\n".join([*("\n".join(piece.chunk.text for piece in group) for _, group in cells), *others])

    def _imports(self, top: Iterable[Piece], setup: str, code: str) -> list[str]:
        imports = (piece for piece in top if piece.chunk.is_import and not piece.chunk.is_future)
        lines = [piece.chunk.code for piece in imports if _matters(piece, f"{setup}\n{code}")]
        lines += [each.source for each in self._surroundings if each.is_import]
        used = {"main", "step", *_names(self._pipeline_text())}
        pieces = [piece for code_of_step in self._codes for piece in code_of_step.pieces]
        if self._prefix:
            lines.append("import jupyter_pipes")
        else:
            lines += [f"from jupyter_pipes import {name}" for name in _OUR_NAMES if name in used]
        lines += [line for line in (*_ipython_imports(code), *_stand_ins(pieces)) if line not in setup]
        lines += [
            f"from {_MODULES_OF_TYPES[name]} import {name}{f' as {alias}' if alias != name else ''}"
            for name, alias in self._types.items()
            if alias in used
        ]
        return [*dict.fromkeys(lines)]

    def _pipeline_text(self) -> str:
        steps = ", ".join(self._functions[code.step.name] for code in self._codes)
        params = "".join(f"{p.name!r}: {self._parameter_text(p)}, " for p in self._parameters)
        keyword = f", params={{{params}}}" if params else ""
        return f"{self._pipeline} = {self._prefix}Pipeline({self._name!r}, steps=[{steps}]{keyword})"

    def _parameter_text(self, parameter: Parameter) -> str:
        spec = parameter.spec
        if parameter.computed is not None:
            names = [name for name in _names(spec.default) if name in {p.name for p in self._parameters}]
            default = f"computed=lambda {', '.join(names)}: {self._expression(spec.default, names)}"
        else:
            default = self._expression(spec.default)
        described = f", help={spec.help!r}" if spec.help else ""
        return f"{self._prefix}Parameter({self._annotation(parameter)}, {default}{described})"

    def _annotation(self, parameter: Parameter) -> str:
        # What only running tells has no type in a text.
        kind = Any if parameter.type is UNKNOWN else parameter.type
        return self._expression(parameter.spec.annotation or annotation_of(kind))

    def _expression(self, text: str, local: Iterable[str] = ()) -> str:
        """A type or default with the names that the module has for what it uses, but for local names."""
        names = {**self._types, "Range": f"{self._prefix}Range"}
        renamed = {name: new for name, new in names.items() if new != name and name not in local}
        tree = ast.parse(text, mode="eval")
        uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in renamed]
        for node in uses:
            node.id = renamed[node.id]
        return ast.unparse(tree) if uses else text

    def _main_text(self) -> str:
        return f'if __name__ == "__main__":\n    {self._prefix}main({self._pipeline})'


def _names(code: str) -> dict[str, None]:
    """The names that the code uses, each once, by their first use."""
    return dict.fromkeys(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def _ipython_imports(code: str) -> list[str]:
    """Imports of what a notebook has without any."""
    names = sorted(_names(code).keys() & NOTEBOOK_NAMES.keys())
    return [f"from {NOTEBOOK_NAMES[name]} import {name}" for name in names]


def _stand_ins(pieces: Iterable[Piece]) -> list[str]:
    """Imports of what stands in for magics and shell lines."""
    return [f"import {name}" for name in sorted({name for piece in pieces for name in piece.chunk.needs})]


def _without_bounds(annotation: str) -> str:
    """The type as a function's parameter has it: `int` of `Annotated[int, Range(1, 2)]`, "" for none."""
    match ast.parse(annotation, mode="eval").body:
        case ast.Subscript(ast.Name("Annotated" | "Annotated_type"), ast.Tuple([node, *_])) | node:
            return "" if ast.unparse(node) == "None" else ast.unparse(node)


def _matters(piece: Piece, code: str) -> bool:
    """Whether the code uses the import, be it in text, or importing may do something itself."""
    node = piece.chunk.node
    assert isinstance(node, (ast.Import, ast.ImportFrom)), "it was taken from imports"
    module = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return True
    return any(name == STAR or re.search(rf"\b{name}\b", code) for name in piece.chunk.binds)


def _function_names(codes: Sequence[StepCode], taken: set[str]) -> dict[str, str]:
    """Step name -> a function's name that shadows nothing."""
    used = taken.union(ALWAYS_THERE, *({*code.local_names, *code.free_names} for code in codes))
    names: dict[str, str] = {}
    for step in (code.step.name for code in codes):
        names[step] = _unused(_identifier(step), used, "_step")
        used.add(names[step])
    return names


def _identifier(name: str) -> str:
    # Python reads identifiers in this form.
    word = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
    if keyword.iskeyword(word):
        return f"{word}_step"
    return word if word.isidentifier() else f"step_{word}"


def _unused(name: str, used: set[str], suffix: str = "_") -> str:
    candidates = chain((name, f"{name}{suffix}"), (f"{name}{suffix}{number}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in used)


def _title(graph: Graph, cells: Sequence[Cell]) -> str:
    """The notebook's first Markdown cell, unless it is a step's own."""
    first = next((cell for cell in cells if cell.source.strip()), None)
    if first is None or first.role != "markdown" or first.source in {step.doc for step in graph.steps}:
        return ""
    return plain_text(first.source)
