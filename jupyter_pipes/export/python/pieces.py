"""The pieces of an exported module: statements with their cells, and the code of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.export.python.source import (
    Chunk,
)

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import Step

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import Step


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
    """

    step: Step
    borrowed: list[Piece]
    own: list[Piece]
    nested: set[str]

    @property
    def inner(self) -> list[Piece]:
        """The pieces that stand inside of the function, in the order in which they run."""
        return [piece for piece in (*self.borrowed, *self.own) if piece.key in self.nested]

    @property
    def outer(self) -> list[Piece]:
        """The pieces that stand at the module's top."""
        return [piece for piece in (*self.borrowed, *self.own) if piece.key not in self.nested]

    @property
    def local_names(self) -> set[str]:
        """The names that are the function's own."""
        return {*self.step.reads, *self.step.writes}.union(*(piece.chunk.binds for piece in self.inner))

    @property
    def free_names(self) -> set[str]:
        """The names that its code needs from the module's top."""
        needed = (piece.chunk.free for piece in (*self.borrowed, *self.own))
        return set[str]().union(*needed) - self.local_names


Order = tuple[int, int, int, int]
"""Set-up first, then by cell, line, and place in the line."""
