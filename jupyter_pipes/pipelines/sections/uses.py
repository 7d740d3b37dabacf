"""`%pipeline use NAME` in the text of a cell: which pipeline the cells below it belong to."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

from msgspec import Struct

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.arguments import check_text, shown

LONGEST_NAME = 100

_LINE = re.compile(r"^%pipeline[ \t]+use(?P<rest>[ \t][^\n]*)?$", re.MULTILINE)
_EXPANDED = frozenset("{}$")
"""IPython puts a variable's value where these stand, and the text does not tell which."""


class Use(Struct, frozen=True):
    """The last `%pipeline use NAME` of a cell.

    Attributes:
        name: the pipeline; "" if the line does not fit.
        line: the line of the cell, from 1.
        problem: what is wrong with it, in words; "" if nothing is.
    """

    name: str
    line: int
    problem: str = ""


@lru_cache(maxsize=8192)
def use_of(source: str) -> Use | None:
    """Return what a cell says of the cells below it; None if nothing.

    It counts at the left margin of a cell of plain code: what an `if`, a function or another magic would
    do is known only when it is done.
    """
    if "%pipeline" not in source or source.lstrip().startswith("%%"):
        return None
    uses = [_use(source, match) for match in _LINE.finditer(source)]
    return next((use for use in reversed(uses) if use is not None), None)


def is_wrong_use(source: str) -> bool:
    """Return whether a cell has a `%pipeline use` that does not fit."""
    use = use_of(source)
    return use is not None and bool(use.problem)


def check_name(name: str) -> str:
    """Return the name of a pipeline that a notebook can use.

    Raises:
        UsageError: it is none.
    """
    check_text("the name of a pipeline", name)
    if not name.isprintable() or not name.strip() or len(name) > LONGEST_NAME or _EXPANDED & set(name):
        raise UsageError(
            f"%pipeline use {shown(name)}: write a name itself, of at most {LONGEST_NAME} characters, "
            "without line breaks and {}$: the notebook's text has to tell which pipeline is meant"
        )
    return name


def _use(source: str, match: re.Match[str]) -> Use | None:
    line = source.count("\n", 0, match.start()) + 1
    text = (match["rest"] or "").strip()
    try:
        words = shlex.split(text, comments=True)
        if not words or words[0] in ("-h", "--help"):
            # It lists the pipelines, or says how it is used.
            return None
        if len(words) > 1:
            raise UsageError(f"%pipeline use {text}: name one pipeline; quote a name with spaces")
        return Use(check_name(words[0]), line)
    except UsageError as error:
        return Use("", line, error.message)
    except ValueError as error:
        return Use("", line, f"%pipeline use {text}: {error}; close the quotes")
