"""A step and its placed code -> the text of its function."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.export.placing.source import indented, is_coroutine
from jupyter_pipes.export.plain.binding import surely_bound, with_nonlocal
from jupyter_pipes.export.plain.classes import with_outer_values
from jupyter_pipes.export.plain.docstrings import docstring, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.placing.pieces import StepCode
    from jupyter_pipes.export.placing.source import Chunk

_WITHOUT_VALUE = frozenset(
    re.findall(
        r"\w+",
        """
        print display show append extend insert sort reverse clear update add discard remove setdefault seed
        shuffle fill setattr delattr exec help sleep warn simplefilter filterwarnings set_option set_theme
        set_style use info close
        mkdir unlink dump save savefig tight_layout metric progress artifact model system run_cell_magic
        run_line_magic write_csv write_parquet write_json to_csv to_parquet to_json to_pickle to_excel to_sql
        to_feather assert_frame_equal assert_series_equal assert_allclose assert_array_equal log_metric
        log_progress
        """,
    )
)
"""Functions and methods whose value is None, or nothing to look at."""


def definition(code: StepCode, name: str, types: Mapping[str, str], shown: str) -> str:
    """Return the source of a step's function: its inputs are its parameters, it returns its outputs.

    Args:
        code: the step with its code.
        name: the function's name.
        types: parameter of the pipeline -> its type as Python source, "" for none.
        shown: the function that shows the value of the cell's last expression.

    Raises:
        NotebookError: the step does what a function cannot do.
    """
    step = code.step
    if step.options.pipeline:
        # It stays a file beside the module.
        return "\n".join(filter(None, (f"def {name}():", docstring(plain_text(step.doc)), "    ...")))
    inner = [piece.chunk for piece in code.inner]
    outputs = output_names(code)
    word = "async def" if awaits(code) else "def"
    typed = {name: f"{name}: {types[name]}" for name in typed_names(code) if types.get(name)}
    arguments = ", ".join(typed.get(name, name) for name in input_names(code))
    lines = [
        f"{word} {name}({arguments}):",
        docstring(plain_text(step.doc)),
        textwrap.indent(_initial(code, inner, outputs), "    "),
        *(indented(text) for text in _body(code, inner, shown)),
        f"    return {', '.join(outputs)}" if outputs else "",
    ]
    return "\n".join(line for line in lines if line)


def awaits(code: StepCode) -> bool:
    """Return whether the step's function is a coroutine."""
    return is_coroutine("\n".join(piece.chunk.code for piece in code.inner))


def typed_names(code: StepCode) -> list[str]:
    """Return the parameters that are in the function what they are declared to be."""
    # A name that the step binds anew may become something else.
    bound = set[str]().union(*(piece.chunk.binds for piece in code.inner))
    return [name for name in code.step.parameters if name not in bound]


def defines_inside(text: str) -> bool:
    """Return whether a function defines functions or classes inside of itself: pickle alone keeps none."""
    inner = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    (definition,) = ast.parse(text).body
    return any(isinstance(node, inner) for node in ast.walk(definition) if node is not definition)


def input_names(code: StepCode) -> list[str]:
    """Return the names that the function takes: outputs of other steps, then parameters, by first use."""
    parameters = code.step.parameters
    text = "\n".join(piece.chunk.code for piece in code.inner)
    return sorted(code.step.names_taken, key=lambda name: (name in parameters, _first_use(name, text), name))


def output_names(code: StepCode) -> list[str]:
    """Return the names that the function returns, by first use."""
    text = "\n".join(piece.chunk.code for piece in code.own)
    return sorted(code.step.writes, key=lambda name: (_first_use(name, text), name))


def _initial(code: StepCode, inner: Sequence[Chunk], outputs: Iterable[str]) -> str:
    """A line that binds what `return` or an inner `nonlocal` needs and no statement surely binds, or ""."""
    nodes = [chunk.node for chunk in inner]
    # A step that later ones need something from fails without it, in a notebook as well.
    demanded = surely_bound(nodes, loops_run=True) & set(code.step.demanded)
    declared = {
        name
        for node in nodes
        for statement in ast.walk(node)
        if isinstance(statement, ast.Global)
        for name in statement.names
    }
    needed = {*outputs, *(declared & code.local_names)}
    unsure = sorted(needed - {*code.step.names_taken, *demanded, *surely_bound(nodes)})
    return " = ".join([*unsure, "None"]) if unsure else ""


def _body(code: StepCode, inner: Sequence[Chunk], shown: str) -> list[str]:
    last = code.own[-1].chunk if code.own else None
    local = code.local_names
    texts: list[str] = []
    for chunk in inner:
        # At the top of a function `global x` would mean the module's.
        if isinstance(chunk.node, ast.Global):
            continue
        if chunk is last and isinstance(chunk.node, ast.Expr):
            text = _shown(chunk, chunk.node, _procedures(code), shown)
        else:
            text = with_nonlocal(with_outer_values(chunk.code, local, local | code.free_names), local)
        texts.append(replace(chunk, code=text).text)
    texts[:1] = [text.lstrip("\n") for text in texts[:1]]
    return texts or ([] if code.step.doc or code.step.writes else ["pass"])


def _shown(chunk: Chunk, node: ast.Expr, procedures: set[str], shown: str) -> str:
    """The cell's last expression: its value is displayed, as in a notebook."""
    is_quiet = chunk.silenced or _has_no_value(node.value, procedures)
    return chunk.code if is_quiet else f"{shown}({chunk.code})"


def _procedures(code: StepCode) -> set[str]:
    """The notebook's functions that return nothing."""
    nodes = (piece.chunk.node for piece in code.pieces)
    return {
        node.name
        for node in nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list
        if not any(isinstance(inner, (ast.Return, ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))
    }


def _has_no_value(node: ast.expr, procedures: set[str]) -> bool:
    match node:
        case ast.Await(value):
            return _has_no_value(value, procedures)
        case ast.Call(func=ast.Name(name)) if name in procedures:
            return True
        case ast.Call(func=ast.Name(name)) | ast.Call(func=ast.Attribute(attr=name)):
            in_place = any(keyword.arg == "inplace" for keyword in node.keywords)
            return name in _WITHOUT_VALUE or in_place
        case ast.Constant(value=None):
            return True
        case _:
            return False


def _first_use(name: str, text: str) -> int:
    match = re.search(rf"\b{re.escape(name)}\b", text)
    return match.start() if match else len(text)
