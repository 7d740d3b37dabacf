"""Magics that extensions bring: which there are, and the names that those in other languages read and bind.

`%%sql rows << SELECT …` binds rows; `%%R -i df -o fit` reads df and binds fit. Of a magic that stands in none
of these tables nothing is known: its step says with `--in` and `--out` what the cell reads and writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from jupyter_pipes.analysis.quoted_code import sql_names
from jupyter_pipes.system.patterns import pattern

EXTENSION_MAGICS = frozenset("memit mprun lprun snakeviz pyinstrument heat watermark".split())  # noqa: SIM905
"""Magics around Python that are there only behind `%load_ext`."""

_ASSIGNED = pattern(r"\s*([^\W\d]\w*)\s*(?:<<|=\s*<<)")
_PLACEHOLDER = pattern(r"(?:(?<![:\w]):|\$\{?|\{\{?\s*)([^\W\d]\w*)")
_PERSISTED = pattern(r"--persist(?:-replace)?\s+([^\W\d]\w*)")
_OPTION = r"(?:^|\s)(?:{})[=\s]\s*([\w,]+)"
_INPUT = pattern(_OPTION.format("-i|--input"))
_OUTPUT = pattern(_OPTION.format("-o|--output"))
_COMPILED = pattern(
    r"^(?:cp?def|def|class|cdef\s+class)\s+(?:[\w\[\], ]+\s)?([^\W\d]\w*)\s*[(:]", re.MULTILINE
)
_WORD = pattern(r"(?:^|\s)([^\W\d]\w*)(?=\s|$)")


class ForeignNames(Struct, frozen=True):
    """The names of the notebook that a magic in another language may read, and that it binds."""

    reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()


def foreign_names(magic: str, argument: str, body: str = "") -> ForeignNames | None:
    """Return what a magic in another language does with names; None if it is none that is known."""
    language = _LANGUAGES.get(magic)
    return language(argument, body) if language else None


def is_foreign(magic: str) -> bool:
    """Return whether the magic's text is in another language than Python."""
    return magic in _LANGUAGES


def keeps_state(magic: str) -> bool:
    """Return whether later cells in the language see what a cell of the magic did in this process."""
    return magic in ("R", "octave", "matlab")


def _of_sql(argument: str, body: str) -> ForeignNames:
    assigned = _ASSIGNED.match(argument) or _ASSIGNED.match(body)
    text = f"{argument}\n{body}"
    reads = {*sql_names(text), *_PLACEHOLDER.findall(text), *_PERSISTED.findall(argument)}
    return ForeignNames(tuple(sorted(reads)), (assigned[1],) if assigned else ())


def _of_options(argument: str, body: str) -> ForeignNames:
    return ForeignNames(_listed(_INPUT, argument), _listed(_OUTPUT, argument))


def _listed(option: re.Pattern[str], argument: str) -> tuple[str, ...]:
    names = (name for listed in option.findall(argument) for name in listed.split(","))
    return tuple(dict.fromkeys(name for name in names if name.isidentifier()))


def _of_compiled(argument: str, body: str) -> ForeignNames:
    return ForeignNames((), tuple(dict.fromkeys(_COMPILED.findall(body))))


def _of_bigquery(argument: str, body: str) -> ForeignNames:
    first = _WORD.search(argument.split("--")[0])
    return ForeignNames((), (first[1],) if first else ())


_Reader = Callable[[str, str], ForeignNames]
_LANGUAGES: Mapping[str, _Reader] = {
    **dict.fromkeys(("sql", "sparksql", "duckdb", "dql"), _of_sql),
    **dict.fromkeys(("R", "octave", "matlab"), _of_options),
    **dict.fromkeys(("cython", "cython_inline", "cython_pyximport"), _of_compiled),
    "bigquery": _of_bigquery,
}
