"""Where each piece of code stands in an exported module: at its top, or inside of a step's function.

In a notebook's step all names are global. In a module the names that a step reads and writes are its
function's, so code that uses them has to stand inside of that function. All else stands once, at the top,
where every step sees it; unless two steps would have to see different things under one name.
"""

from __future__ import annotations

import ast
from operator import attrgetter
from typing import TYPE_CHECKING

from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.export.placing.lifting import lift
from jupyter_pipes.export.placing.pieces import Piece, StepCode, step_code
from jupyter_pipes.export.placing.source import decides_imports, imported_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.model.steps import Cell, Step


def place(
    steps: Sequence[Step], cells: Sequence[Cell], behind: Mapping[str, str] | None = None
) -> list[StepCode]:
    """Decide for every step what stands inside of its function.

    Args:
        steps: the pipeline's.
        cells: the notebook's, for comments.
        behind: step -> code that the export adds behind its own.
    """
    added = behind or {}
    sources = {source for step in steps for source in step.sources} | {*added.values()}
    modules = frozenset[str]().union(*map(imported_names, sorted(sources)))
    numbered = {cell.number: cell for cell in cells}
    codes = [step_code(step, numbered, modules, added.get(step.name, "")) for step in steps]
    lift(codes)
    while any(_nest_local(code) for code in codes) or _nest_conflicts(codes):
        pass
    return codes


def top_level(codes: Iterable[StepCode]) -> list[Piece]:
    """Return what stands at the module's top, each piece once, in order."""
    outer = sorted((piece for code in codes for piece in code.outer), key=_order, reverse=True)
    # Of equal pieces the first place counts.
    return sorted({piece.key: piece for piece in outer}.values(), key=_order)


def split_setup(top: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Part what must run before the other imports, as set-up that decides what these give, from the rest."""
    setup = [piece for piece in top if piece.order[0] == 0]
    if not any(decides_imports(piece.chunk.node) for piece in setup if not piece.chunk.is_import):
        return [], list(top)
    before: list[Piece] = []
    needed = set[str]().union(*(piece.chunk.free for piece in setup))
    while more := [piece for piece in top if piece not in (*before, *setup) and piece.chunk.binds & needed]:
        before = sorted([*before, *more], key=_order)
        needed = needed.union(*(piece.chunk.free for piece in more))
    first = [*before, *setup]
    return first, [piece for piece in top if piece not in first]


_order = attrgetter("order")


def _nest_local(code: StepCode) -> bool:
    """Take in what uses the function's own names; return whether there was any."""
    local = code.local_names
    users = {piece.key for piece in code.outer if (piece.chunk.binds | piece.chunk.free) & local}
    code.nested |= users
    return bool(users)


def _nest_conflicts(codes: Sequence[StepCode]) -> bool:
    """Take in what would not mean the same to every step that sees its name; return whether there was any."""
    names = set[str]().union(*(piece.chunk.binds for code in codes for piece in code.outer)) - {STAR}
    conflicts = {name for name in names if _has_several_meanings(name, codes)}
    for code in codes:
        code.nested |= {piece.key for piece in code.outer if piece.chunk.binds & conflicts}
    return bool(conflicts)


def _has_several_meanings(name: str, codes: Iterable[StepCode]) -> bool:
    meanings = {_meaning(name, code) for code in codes if name not in code.local_names}
    # A step that has no use for the name does not mind what it is.
    return len(meanings - {None}) > 1


def _meaning(name: str, code: StepCode) -> frozenset[str] | None:
    keys = frozenset(_identity(piece) for piece in code.outer if name in piece.chunk.binds)
    return keys if keys or name in code.free_names else None


def _identity(piece: Piece) -> str:
    match piece.chunk.node:
        case ast.Import([ast.alias(name=name, asname=None)]):
            # `import a.b` and `import a.c` both bind `a`, and do not disagree.
            return f"import {name.partition('.')[0]}"
        case _:
            return piece.key
