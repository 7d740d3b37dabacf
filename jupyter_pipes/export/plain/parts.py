"""A module's top in two parts: plain functions, and what several programs can only import."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from jupyter_pipes.export.placing.pieces import Piece


def split(top: Sequence[Piece], apart: Set[str]) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces that are no plain functions, with the functions that these need; and all others.

    Imports are in neither: each part has those that it needs.

    Args:
        top: what stands at the module's top.
        apart: names that must not stand with the others: what binds or uses them is with what is shared.
    """
    definitions = [piece for piece in top if not piece.chunk.is_import]
    shared = [
        piece
        for piece in definitions
        if not _is_plain_function(piece) or (piece.chunk.binds | piece.chunk.free) & apart
    ]
    while True:
        needed = set[str]().union(*(piece.chunk.free for piece in shared))
        more = [piece for piece in definitions if piece not in shared and piece.chunk.binds & needed]
        if not more:
            return shared, [piece for piece in definitions if piece not in shared]
        shared = [piece for piece in definitions if piece in shared or piece in more]


def _is_plain_function(piece: Piece) -> bool:
    node = piece.chunk.node
    return isinstance(node, ast.FunctionDef) and not node.decorator_list
