"""Names in a module: as Python takes them, and so that what an export needs for itself shadows none."""

from __future__ import annotations

import keyword
import re
import unicodedata
from itertools import chain, count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jupyter_pipes.export.placing.pieces import Piece, StepCode


def identifier(name: str, what: str = "step") -> str:
    """Return the name of a step, or of what it is said to be, as Python takes it."""
    # Python reads identifiers in this form.
    word = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
    if keyword.iskeyword(word):
        return f"{word}_{what}"
    return word if word.isidentifier() else f"{what}_{word}"


def unused(name: str, used: Iterable[str], suffix: str = "_") -> str:
    """Return the name, or one that resembles it, that is not among those used."""
    candidates = chain((name, f"{name}{suffix}"), (f"{name}{suffix}{number}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in used)


class OwnNames(dict[str, str]):
    """Name -> what it is called in the module.

    Args:
        statements: name -> the import that binds it, "" for what the export defines.
        taken: the names that mean something else there.
    """

    def __init__(self, statements: Mapping[str, str], taken: Iterable[str]) -> None:
        names = frozenset(taken)
        super().__init__({name: unused(name, names) for name in statements})
        self._statements = statements

    def import_of(self, name: str) -> str:
        """Return the import that binds the name, as it is called in the module."""
        statement = self._statements[name]
        return statement if self[name] == name else f"{statement} as {self[name]}"


def names_of(codes: Iterable[StepCode]) -> set[str]:
    """Return all names that the steps' code binds or takes from outside."""
    return set[str]().union(*(piece.chunk.binds | piece.chunk.free for piece in _pieces(codes)))


def bound_alike(statements: Mapping[str, str], codes: Iterable[StepCode]) -> set[str]:
    """Return those of the names that the steps' code binds, by the very same import and nothing else.

    Args:
        statements: name -> the import that binds it, "" for none.
        codes: the steps with their code, placed.
    """
    return {name for name, is_same in _bound(statements, codes) if is_same} - bound_otherwise(
        statements, codes
    )


def bound_otherwise(statements: Mapping[str, str], codes: Iterable[StepCode]) -> set[str]:
    """Return those of the names that the steps' code binds to something else."""
    return {name for name, is_same in _bound(statements, codes) if not is_same}


def _bound(statements: Mapping[str, str], codes: Iterable[StepCode]) -> Iterator[tuple[str, bool]]:
    for piece in _pieces(codes):
        for name in piece.chunk.binds & statements.keys():
            yield name, piece.chunk.code == statements[name]


def _pieces(codes: Iterable[StepCode]) -> Iterator[Piece]:
    return (piece for code in codes for piece in code.pieces)
