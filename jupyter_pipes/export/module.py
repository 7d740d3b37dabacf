"""A pipeline -> a Python module that runs without Jupyter."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import subprocess
import unicodedata
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.errors import InvalidPipeline, NotebookError
from jupyter_pipes.export.functions import function_text, plain_text
from jupyter_pipes.export.placement import Piece, StepCode, place, top_level
from jupyter_pipes.export.source import docstring
from jupyter_pipes.notebook import replace_file
from jupyter_pipes.parameter_types import annotation_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from jupyter_pipes.graph import Graph
    from jupyter_pipes.model import Cell
    from jupyter_pipes.params import Parameter

LINE_LENGTH = 100

_IMPORTS_OF_TYPES = {
    **dict.fromkeys(("Annotated", "Any", "Literal", "Optional", "Union"), "typing"),
    **dict.fromkeys(("Dict", "List", "Set", "Tuple"), "typing"),
    **dict.fromkeys(("date", "datetime", "time", "timedelta"), "datetime"),
    "Enum": "enum",
    "Path": "pathlib",
}
_OUR_NAMES = ("Parameter", "Pipeline", "Range", "step")


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
    codes = place(graph.steps, cells)
    return formatted(_Module(codes, parameters, name).text(_title(graph, cells), source_label))


def write_module(path: str | os.PathLike[str], text: str) -> None:
    """Write the module as a whole or not at all.

    Raises:
        NotebookError: the file cannot be written there.
    """
    replace_file(Path(path), text)


def formatted(text: str) -> str:
    """Return Python source with imports sorted and code laid out by ruff.

    Raises:
        NotebookError: ruff cannot read it.
    """
    settings = ["--isolated", f"--config=line-length={LINE_LENGTH}"]
    sorted_ = _ruff(["check", "--select=I", "--fix-only", "--quiet", *settings, "-"], text)
    return _ruff(["format", "--quiet", *settings, "-"], sorted_)


class _Module:
    """Gathers a module's parts, with names that do not get in each other's way."""

    def __init__(self, codes: list[StepCode], parameters: Sequence[Parameter], name: str) -> None:
        self._codes = codes
        self._parameters = parameters
        self._name = name
        self._top = top_level(codes)
        bound = set[str]().union(*(piece.chunk.binds for piece in self._top))
        # scikit-learn has a `Pipeline` too: then ours are written with their module.
        self._prefix = "jupyter_pipes." if bound & set(_OUR_NAMES) - _same_imports(self._top) else ""
        self._functions = _function_names(codes, bound | {"pipeline", "display", "get_ipython", *_OUR_NAMES})
        self._pipeline = _unused("pipeline", bound | set(self._functions.values()))

    def text(self, title: str, source_label: str) -> str:
        """Return the module's source, not yet laid out."""
        functions = [
            function_text(code, self._functions[code.step.name], f"{self._prefix}step")
            for code in self._codes
        ]
        code = "\n\n".join([self._definitions(), *functions, self._pipeline_text(), self._main()])
        head = docstring(f"{title}\n\nExported from {source_label} by jupyter_pipes.", level=0)
        return f"{head}\n\n" + "\n".join(self._imports(code)) + f"\n\n{code}\n"

    def _definitions(self) -> str:
        pieces = [piece for piece in self._top if not piece.chunk.is_import]
        cells = groupby(pieces, key=lambda piece: piece.order[:2])
        return "\n\n".join("\n".join(piece.chunk.text for piece in group) for _, group in cells)

    def _imports(self, code: str) -> list[str]:
        lines = [piece.chunk.code for piece in self._top if piece.chunk.is_import]
        futures = [line for line in lines if line.startswith("from __future__")]
        lines = [line for line in lines if line not in futures]
        used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
        if self._prefix:
            lines.append("import jupyter_pipes")
        else:
            lines += [f"from jupyter_pipes import {name}" for name in _OUR_NAMES if name in used]
        if "display" in used:
            lines.append("from IPython.display import display")
        if "get_ipython" in used:
            lines.append("from IPython import get_ipython")
        lines += [f"from {_IMPORTS_OF_TYPES[name]} import {name}" for name in sorted(self._type_names())]
        return [*dict.fromkeys([*futures, *lines])]

    def _type_names(self) -> set[str]:
        sources = [self._parameter_text(parameter) for parameter in self._parameters]
        nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
        return {node.id for node in nodes if isinstance(node, ast.Name) and node.id in _IMPORTS_OF_TYPES}

    def _pipeline_text(self) -> str:
        steps = ", ".join(self._functions[code.step.name] for code in self._codes)
        params = "".join(f"{p.name!r}: {self._parameter_text(p)}, " for p in self._parameters)
        given = f", params={{{params}}}" if params else ""
        return f"{self._pipeline} = {self._prefix}Pipeline({self._name!r}, steps=[{steps}]{given})"

    def _parameter_text(self, parameter: Parameter) -> str:
        spec = parameter.spec
        kind = spec.annotation or annotation_of(parameter.type)
        if parameter.computed is not None:
            earlier = {p.name for p in self._parameters}
            nodes = (node for node in ast.walk(ast.parse(spec.default)) if isinstance(node, ast.Name))
            names = ", ".join(dict.fromkeys(node.id for node in nodes if node.id in earlier))
            default = f"computed=lambda {names}: {spec.default}"
        else:
            default = spec.default
        described = f", help={spec.help!r}" if spec.help else ""
        if self._prefix:
            kind = re.sub(r"\bRange\(", f"{self._prefix}Range(", kind)
        return f"{self._prefix}Parameter({kind}, {default}{described})"

    def _main(self) -> str:
        return f'if __name__ == "__main__":\n    {self._pipeline}.main()'


def _same_imports(top: Iterable[Piece]) -> set[str]:
    """Names of ours that the notebook itself imports from where we do."""
    return {
        name
        for piece in top
        for name in piece.chunk.binds
        if piece.chunk.code == f"from jupyter_pipes import {name}"
    }


def _function_names(codes: Iterable[StepCode], taken: set[str]) -> dict[str, str]:
    """Step name -> a function's name that shadows nothing."""
    codes = list(codes)
    variables = set[str]().union(*({*code.local_names, *code.free_names} for code in codes))
    names: dict[str, str] = {}
    for code in codes:
        name = code.step.name
        used = taken | variables | set(dir(builtins)) | set(names.values())
        names[name] = _unused(_identifier(name), used, also="_step")
    return names


def _identifier(name: str) -> str:
    # Python reads identifiers in this form.
    word = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
    if keyword.iskeyword(word):
        return f"{word}_step"
    return word if word.isidentifier() else f"step_{word}"


def _unused(name: str, used: set[str], also: str = "_") -> str:
    candidate = name
    number = 1
    while candidate in used:
        candidate = f"{name}{also}" if number == 1 else f"{name}{also}{number}"
        number += 1
    return candidate


def _title(graph: Graph, cells: Sequence[Cell]) -> str:
    """The notebook's first Markdown cell, unless it is a step's own."""
    first = next((cell for cell in cells if cell.source.strip()), None)
    own = {step.doc for step in graph.steps}
    if first is None or first.role != "markdown" or first.source in own:
        return ""
    return plain_text(first.source)


def _ruff(arguments: list[str], text: str) -> str:
    import ruff

    find: Any = ruff.find_ruff_bin
    done = subprocess.run(
        [find(), *arguments], input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise NotebookError(f"the exported module cannot be laid out: {done.stderr.strip()}")
    return done.stdout
