"""A pipeline as plain functions and the module that they stand in: what every export is rendered from."""

from __future__ import annotations

import ast
import re
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE, NOTEBOOK_NAMES
from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.export.placing.pieces import run_only
from jupyter_pipes.export.placing.placement import split_setup, top_level
from jupyter_pipes.export.plain.functions import awaits, definition, input_names, output_names, typed_names
from jupyter_pipes.export.plain.names import OwnNames, identifier, unused
from jupyter_pipes.export.plain.parts import split
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.parameter_types import annotation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.analysis.notebook.statements import Statement
    from jupyter_pipes.export.placing.catalogued import Datasets
    from jupyter_pipes.export.placing.pieces import Piece, StepCode
    from jupyter_pipes.pipelines.parameters import Parameter

_MODULES_OF_TYPES = {
    **dict.fromkeys(("Annotated", "Any", "Literal", "Optional", "Union"), "typing"),
    **dict.fromkeys(("Dict", "List", "Set", "Tuple"), "typing"),
    **dict.fromkeys(("date", "datetime", "time", "timedelta"), "datetime"),
    "Decimal": "decimal",
    "Enum": "enum",
    "Path": "pathlib",
}
_IMPORTS = {f"from {module} import {name}" for name, module in _MODULES_OF_TYPES.items()}


class Function(Struct, frozen=True):
    """A step as a plain function.

    Attributes:
        step: the step: its options, its edges, its Markdown.
        name: the function's name.
        inputs: the outputs of other steps that it takes, by first use.
        parameters: the parameters of the pipeline that it takes, behind the inputs.
        outputs: the names that it returns: one value for one, a tuple for several.
        is_coroutine: whether it is to be awaited.
        text: its source.
        helpers: the functions at the module's top that it reaches, directly or through others.
        outside: all names that it reaches there.
    """

    step: Step
    name: str
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    is_coroutine: bool
    text: str
    helpers: tuple[str, ...] = ()
    outside: frozenset[str] = frozenset()


class Program:
    """Gathers a module's parts, with names that do not get in each other's way.

    Args:
        codes: the steps with their code, placed.
        parameters: the declared parameters.
        name: the pipeline's name.
        surroundings: what the parameters' types and defaults use of the notebook.
        reserved: names that the export needs in the module for itself.
        imports: imports that the export makes itself: a notebook that has them as well is in nobody's way.
        own: what the export calls the names that it needs for itself.
        apart: names that the notebook's code binds, and that must not be bound where functions stand.
        shown: the function that shows the value of a cell's last expression.
        reports: method of `current` -> the function that the steps' code calls in its place.
        datasets: what the engine's own catalog keeps.
    """

    def __init__(
        self,
        codes: Sequence[StepCode],
        parameters: Sequence[Parameter],
        name: str,
        surroundings: Sequence[Statement] = (),
        *,
        reserved: Iterable[str] = (),
        imports: Iterable[str] = (),
        own: OwnNames | None = None,
        apart: Iterable[str] = (),
        shown: str = "display",
        reports: Mapping[str, str] | None = None,
        datasets: Datasets | None = None,
    ) -> None:
        self.name = name
        self.reports = dict(reports or {})
        """Method of `current` -> the function that the steps call for it, which the export has to define."""
        self.own = own or OwnNames({}, ())
        """What the export calls the names that it needs for itself."""
        self.datasets = dict(datasets or {})
        """What the engine's own catalog has to keep, as ours says: by step (or `CATALOG_OWNER`) and name."""
        self.parameters = tuple(parameters)
        self._codes = codes
        self._surroundings = surroundings
        self._top = top_level(codes)
        ours = {*_IMPORTS, *imports}
        self.bound = frozenset[str]().union(
            *(piece.chunk.binds for piece in self._top if piece.chunk.code not in ours)
        )
        """The names that the notebook's code binds at the module's top."""
        of_notebook = frozenset[str]().union(*(statement.binds for statement in surroundings))
        self.types = {
            name: f"{name}_type" if self.bound & {name, STAR} else name
            for name in _MODULES_OF_TYPES.keys() - of_notebook
        }
        """Type -> its name in the module."""
        taken = self.bound | of_notebook | {*reserved, *self.types.values()}
        names = _function_names(codes, taken)
        self.functions = tuple(self._function(code, names[code.step.name], shown) for code in codes)
        """The steps, in the notebook's order."""
        self.taken = frozenset(self.bound | of_notebook | {*self.types.values(), *names.values()})
        """All names that mean something at the module's top."""
        self.apart = frozenset(apart)
        """The names that the notebook's code binds, and that must not be bound where functions stand."""
        self._shared, self._helpers = split(self._top, self.apart)
        self.shared = frozenset[str]().union(*(piece.chunk.binds for piece in self._shared))
        """The names of what programs can share only as a module of its own: classes, constants, set-up."""
        self.decides_imports = bool(split_setup(self._top)[0])
        """Whether its set-up changes what imports give, and so has to stand above them."""
        self.has_shared = bool(self._shared)
        """Whether there is any of it."""
        code = "\n".join(piece.chunk.code for piece in self._shared)
        self.shared_reports = frozenset(each for each, name in self.reports.items() if name in code)
        """Those of `reports` that such code calls."""

    def source_of(self, helper: str) -> str:
        """Return the source of a function at the module's top."""
        return "\n".join(piece.chunk.code for piece in self._helpers if helper in piece.chunk.binds)

    def module(
        self,
        head: str,
        *,
        imports: Iterable[str] = (),
        above_imports: Sequence[str] = (),
        first: Sequence[str] = (),
        decorators: Mapping[str, str] | None = None,
        texts: Mapping[str, str] | None = None,
        tail: Sequence[str] = (),
        part: Literal["whole", "shared", "functions"] = "whole",
    ) -> str:
        """Return the source of a module with the functions and all that they need, not yet laid out.

        Args:
            head: what stands at its top, as a docstring.
            imports: what the export needs of its own.
            above_imports: what stands above all imports.
            first: what stands above the notebook's own definitions.
            decorators: step -> what stands above its function.
            texts: step -> its function, where that is not the plain one.
            tail: what follows behind the functions.
            part: all of it, or only what is `shared`, or only functions.
        """
        above, instead = decorators or {}, texts or {}
        functions = [
            "\n".join(filter(None, (above.get(each.step.name), instead.get(each.step.name, each.text))))
            for each in (self.functions if part != "shared" else ())
        ]
        early, rest = split_setup(self._part(part))
        setup = "\n".join(piece.chunk.text for piece in early if not piece.chunk.is_future)
        setup = "\n".join([*above_imports, *_ipython_imports(setup), *_stand_ins(early), setup])
        code = "\n\n".join([*first, self._definitions(rest), *functions, *tail])
        futures = [piece.chunk.code for piece in self._top if piece.chunk.is_future and part == "whole"]
        lines = [*self._imports(rest, setup, code), *(self._type_imports(tail) if part == "whole" else [])]
        run = {piece.source for each in self._codes for piece in run_only(each.step)}
        lines = [
            *imports,
            *(line for line in lines if part == "whole" or line in run or _is_used(line, code)),
        ]
        return "\n\n".join([head, "\n".join(futures), setup, "\n".join(dict.fromkeys(lines)), code, ""])

    def _part(self, part: str) -> list[Piece]:
        if part == "whole":
            return self._top
        if part == "shared":
            return [piece for piece in self._top if piece.chunk.is_import or piece in self._shared]
        imports = (piece for piece in self._top if piece.chunk.is_import)
        above = [piece for piece in imports if not piece.chunk.binds & self.apart]
        return sorted([*above, *self._helpers], key=lambda piece: piece.order)

    def imports_inside(self, function: Function, shared: str) -> list[str]:
        """Return the imports of names that are kept apart, and those that are there for what they do.

        Args:
            function: a step's function.
            shared: the module that has what is shared.
        """
        needed = self.apart & function.outside
        pieces = (piece.chunk for piece in self._top if piece.chunk.is_import)
        lines = [piece.source for piece in run_only(function.step)]
        lines += [f"from {shared} import {name}" for name in sorted(needed & self.shared)]
        return [*lines, *(chunk.code for chunk in pieces if chunk.binds & needed)]

    def annotation(self, parameter: Parameter) -> str:
        """Return a parameter's type as Python source, with the names that the module has for it."""
        # What only running tells has no type in a text.
        kind = Any if parameter.type is UNKNOWN else parameter.type
        return self.expression(parameter.spec.annotation or annotation_of(kind))

    def expression(self, text: str, names: Mapping[str, str] | None = None, local: Iterable[str] = ()) -> str:
        """Return a type or default with the names that the module has for what it uses, but for local names.

        Args:
            text: Python source.
            names: further names -> what the module has for them.
            local: names that are left as they are.
        """
        all_names = {**self.types, **(names or {})}
        renamed = {name: new for name, new in all_names.items() if new != name and name not in local}
        tree = ast.parse(text, mode="eval")
        uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in renamed]
        for node in uses:
            node.id = renamed[node.id]
        return ast.unparse(tree) if uses else text

    def _function(self, code: StepCode, name: str, shown: str) -> Function:
        types = {each.name: _without_bounds(self.annotation(each)) for each in self.parameters}
        taken = input_names(code)
        return Function(
            code.step,
            name,
            tuple(each for each in taken if each not in code.step.parameters),
            tuple(each for each in taken if each in code.step.parameters),
            tuple(output_names(code)),
            awaits(code),
            definition(code, name, types, shown),
            _functions_among(code.outer),
            frozenset[str]().union(*(piece.chunk.binds for piece in code.outer)),
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
        pieces = [piece for code_of_step in self._codes for piece in code_of_step.pieces]
        lines += [line for line in (*_ipython_imports(code), *_stand_ins(pieces)) if line not in setup]
        return lines

    def _type_imports(self, tail: Sequence[str]) -> list[str]:
        kinds = {each.name: _without_bounds(self.annotation(each)) for each in self.parameters}
        typed = [kinds[name] for code in self._codes for name in typed_names(code) if kinds.get(name)]
        used = names_in("\n".join([*tail, *typed]))
        return [
            f"from {_MODULES_OF_TYPES[name]} import {name}{f' as {alias}' if alias != name else ''}"
            for name, alias in self.types.items()
            if alias in used
        ]


def names_in(code: str) -> dict[str, None]:
    """Return the names that the code uses, each once, by their first use."""
    return dict.fromkeys(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def _ipython_imports(code: str) -> list[str]:
    """Imports of what a notebook has without any."""
    names = sorted(names_in(code).keys() & NOTEBOOK_NAMES.keys())
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


def _functions_among(pieces: Iterable[Piece]) -> tuple[str, ...]:
    names = (name for piece in pieces if piece.chunk.is_definition for name in piece.chunk.binds)
    return tuple(sorted(set(names)))


def _is_used(line: str, code: str) -> bool:
    """Whether the code uses what an import binds; a module that is imported whole may be there for itself."""
    (node,) = ast.parse(line).body
    assert isinstance(node, (ast.Import, ast.ImportFrom)), "it was taken from imports"
    names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return any(name == "*" or re.search(rf"\b{name}\b", code) for name in names)


def _function_names(codes: Sequence[StepCode], taken: Iterable[str]) -> dict[str, str]:
    """Step name -> a function's name that shadows nothing."""
    used = {*taken}.union(ALWAYS_THERE, *({*code.local_names, *code.free_names} for code in codes))
    names: dict[str, str] = {}
    for step in (code.step.name for code in codes):
        names[step] = unused(identifier(step), used, "_step")
        used.add(names[step])
    return names
