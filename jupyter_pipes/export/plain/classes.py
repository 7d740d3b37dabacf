"""Class bodies that read a name before they bind it (`class A: n = n`), made fit for a function.

A class body looks a name that it binds up in itself and then at the module's top, never in the function
around it. So the value is bound under another name right above the class, and read by that one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_pipes.analysis.cell.scopes import bound_names
from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def with_outer_values(code: str, local: set[str], taken: set[str]) -> str:
    """Return the code of a statement of a step's function, with such class bodies rewritten.

    Args:
        code: one statement.
        local: the function's own names.
        taken: names that must not be used for anything else.

    Raises:
        NotebookError: a class binds a name on some paths only, so that it cannot be said which one it reads.
    """
    node = ast.parse(code).body[0]
    if not isinstance(node, ast.ClassDef):
        return code
    lines, above = code.split("\n"), ""
    edits: list[tuple[int, int, str, str]] = []
    for name in sorted(bound_names(node.body) & local):
        reads = [*_outer_reads(node, name)]
        other = _unused(f"outer_{name}", taken)
        edits += [(read.lineno, read.col_offset, name, other) for read in reads]
        above += f"{other} = {name}\n" if reads else ""
    for line, column, name, other in sorted(edits, reverse=True):
        text = lines[line - 1].encode()
        lines[line - 1] = (text[:column] + other.encode() + text[column + len(name.encode()) :]).decode()
    return above + "\n".join(lines)


def _outer_reads(node: ast.ClassDef, name: str) -> Iterator[ast.Name]:
    """The reads of the name that come before the class body binds it."""
    for statement in node.body:
        reads = [*_reads(statement, name)]
        if name not in bound_names([statement]):
            yield from reads
            continue
        if not isinstance(statement, _PLAIN) and (reads or isinstance(statement, ast.AugAssign)):
            raise NotebookError(
                f"class {node.name} reads {name} from outside and binds a {name} of its own in one "
                "statement, which a module cannot say: give one of them another name"
            )
        yield from reads
        return


def _reads(node: ast.AST, name: str) -> Iterator[ast.Name]:
    """The reads in the class's own scope: functions see the names around the class anyway."""
    match node:
        case ast.Name(read, ast.Load()) if read == name:
            yield node
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
                yield from _reads(part, name)
        case (
            ast.ListComp(generators=parts)
            | ast.SetComp(generators=parts)
            | ast.DictComp(generators=parts)
            | ast.GeneratorExp(generators=parts)
        ) if name in bound_names(part.target for part in parts):
            yield from _reads(parts[0].iter, name)
        case ast.Lambda() | ast.ClassDef():
            return
        case _:
            for inner in ast.iter_child_nodes(node):
                yield from _reads(inner, name)


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
