"""Cell source -> the names that it reads, writes and mutates, and what could not be seen."""

from __future__ import annotations

from msgspec import Struct

from jupyter_pipes.model import Diagnostic


class Names(Struct, frozen=True):
    """What one cell does with names (interface.md §4, design.md §3)."""

    reads: frozenset[str] = frozenset()
    optional_reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    maybe_mutates: frozenset[str] = frozenset()
    opaque: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    definitions: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    read_lines: dict[str, int] = {}


def analyze(source: str) -> Names:
    """Return what the cell does with names."""
    raise NotImplementedError
