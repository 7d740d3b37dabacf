"""A step's code in pieces: statements with their places, each to stand at a module's top or in a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.local_modules import imported
from jupyter_pipes.analysis.notebook.statements import STAR
from jupyter_pipes.export.placing.plain_magics import modules_of, plain, script_call
from jupyter_pipes.export.placing.source import Chunk, chunks, decides_imports, single_imports
from jupyter_pipes.pipelines.called.named import roots_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jupyter_pipes.model.steps import Cell, CodePiece, Step

Order = tuple[int, int, int, int]
"""Set-up first, then by cell, line, and place in the line."""


class Piece(Struct, frozen=True):
    """A statement that may stand at the module's top.

    Attributes:
        key: equal for what is the same code: one place in the notebook, or one import.
        order: where it stands among the others.
        chunk: the statement.
    """

    key: str
    order: Order
    chunk: Chunk


class StepCode(Struct):
    """A step's code on its way into a function.

    Attributes:
        step: the step.
        borrowed: code of other cells that it reaches, in order.
        own: the statements of its own cell, in order.
        nested: keys of the pieces that must stand inside of the function.
        behind: what the export adds behind the cell's own, in order.
    """

    step: Step
    borrowed: list[Piece]
    own: list[Piece]
    nested: set[str]
    behind: list[Piece] = []

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of its code, in the order in which it runs."""
        return (*self.borrowed, *self.own, *self.behind)

    @property
    def inner(self) -> list[Piece]:
        """The pieces that stand inside of the function, in the order in which they run."""
        return [piece for piece in self.pieces if piece.key in self.nested]

    @property
    def outer(self) -> list[Piece]:
        """The pieces that stand at the module's top."""
        return [piece for piece in self.pieces if piece.key not in self.nested]

    @property
    def local_names(self) -> set[str]:
        """The names that are the function's own."""
        return {*self.step.names_taken, *self.step.writes}.union(*(piece.chunk.binds for piece in self.inner))

    @property
    def free_names(self) -> set[str]:
        """The names that its code needs from the module's top."""
        return set[str]().union(*(piece.chunk.free for piece in self.pieces)) - self.local_names


def step_code(step: Step, cells: Mapping[int, Cell], modules: frozenset[str], behind: str = "") -> StepCode:
    """Return a step's code in pieces; inside of its function stands what may stand nowhere else.

    Args:
        step: the step.
        cells: number -> cell of the notebook, for comments.
        modules: names that imports bind, in any cell.
        behind: code that the export adds behind the step's own.
    """
    cell = [_script(step)] if step.options.bash else [*_pieces(chunks(step.body, modules), 1, step.label)]
    setup = [piece for code in step.setup for piece in _pieces(_chunks_at(code, modules), 0, code.label)]
    prelude = [
        piece
        for code in step.prelude
        if not code.for_effect
        for piece in _pieces(_with_comments(code, cells, modules), 1, code.label)
    ]
    used = (piece.chunk.free for piece in (*setup, *prelude, *cell))
    needed = {STAR, *roots_said(step.options)}.union(*used)
    reached = [
        piece
        for piece in prelude
        if not piece.chunk.is_import or piece.chunk.binds & needed or piece.chunk.is_future
    ]
    run = [piece for code in run_only(step) for piece in _pieces(_chunks_at(code, modules), 1, code.label)]
    fixed = {piece.key for piece in cell if not _may_move(piece, cell)}
    # At the top, whoever imports the module would load it.
    fixed |= {piece.key for piece in prelude if piece.chunk.binds.intersection(step.loads)}
    added = [*_pieces(chunks(behind, modules), 1, step.label)]
    fixed |= {piece.key for piece in added if not piece.chunk.is_import}
    return StepCode(step, [*setup, *run, *reached], cell, fixed, added)


def run_only(step: Step) -> list[CodePiece]:
    """Return the imports that are there for what they do, of modules not imported for anything else."""
    others = (step.body, *(code.source for code in step.pieces if not code.for_effect))
    there = {module for source in others for module in imported(source)}
    return [code for code in step.prelude if code.for_effect and not there.issuperset(imported(code.source))]


def _script(step: Step) -> Piece:
    known = {*step.names_taken}.union(*(code.names for code in (*step.setup, *step.prelude)))
    code, names = script_call(step.body, known)
    key, order = f"{step.label}: {code}", (1, _number(step.label), 1, 0)
    return Piece(key, order, Chunk(code, free=names, needs=modules_of(code), silenced=True))


def _pieces(statements: Iterable[Chunk], group: int, label: str) -> Iterator[Piece]:
    number = _number(label)
    for chunk in statements:
        if chunk.is_import:
            for place, part in enumerate(single_imports(chunk)):
                yield Piece(part.code, (group, number, chunk.line, place), part)
        elif chunk := _plain(chunk, f"{label}, line {chunk.line}"):
            key = chunk.code if chunk.is_definition else f"cell {number}, line {chunk.line}: {chunk.code}"
            yield Piece(key, (group, number, chunk.line, 0), chunk)


def _plain(chunk: Chunk, place: str) -> Chunk | None:
    """The statement without IPython's calls; None if nothing is left of it."""
    code = plain(chunk.code, place)
    if code == chunk.code:
        return chunk
    return (
        replace(chunk, code=code, free=chunk.free - {"get_ipython"}, needs=modules_of(code)) if code else None
    )


def _with_comments(code: CodePiece, cells: Mapping[int, Cell], modules: frozenset[str]) -> Iterable[Chunk]:
    """The statement with the comments that stand around it in its cell; several for what a guard guards."""
    cell = cells.get(_number(code.label))
    for chunk in chunks(cell.body, modules) if cell is not None else ():
        if chunk.line == code.line and code.source.startswith(chunk.code):
            return [chunk]
    return _chunks_at(code, modules)


def _chunks_at(code: CodePiece, modules: frozenset[str]) -> Iterator[Chunk]:
    """The statements of a cell's part, with their lines in the cell."""
    for chunk in chunks(code.source, modules):
        yield replace(chunk, line=code.line + chunk.line - 1)


def _number(label: str) -> int:
    number = label.removeprefix("cell ")
    return int(number) if number.isdecimal() else 0


def _may_move(piece: Piece, cell: Sequence[Piece]) -> bool:
    """Whether a statement of the step's cell may stand at the top: imports, and what is defined once."""
    others = [other for other in cell if other.chunk.binds & piece.chunk.binds and other.key != piece.key]
    if piece.chunk.is_import:
        if any(decides_imports(other.chunk.node) for other in cell[: cell.index(piece)]):
            return False
        return all(other.chunk.is_import for other in others)
    return piece.chunk.is_definition and not others
