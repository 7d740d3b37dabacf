"""Which files a command line names: what a started program opens is not seen otherwise."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

_LONGEST = 100_000
"""Characters of a command line that is looked at."""

_SIGNS = re.compile(r"[|&;<>()=,`]+")
"""What stands around the paths of a shell's command line, or of an option's value."""


def places_named(arguments: object, folder: object) -> Iterator[str]:
    """Yield the real paths that a command line's words may be, those inside a shell's text too.

    Args:
        arguments: the command line, as text or as its parts.
        folder: the folder that the command runs in; this process's if it is None.
    """
    place = next(iter(_texts(folder)), "")
    words = dict.fromkeys(word for text in _texts(arguments) for word in _words(text))
    paths = (Path(place, word) for word in words)
    for path in paths:
        with suppress(OSError, ValueError, RuntimeError):
            yield os.path.realpath(path.expanduser())


def _texts(arguments: object) -> list[str]:
    if isinstance(arguments, str | bytes | os.PathLike):
        return [os.fsdecode(cast("Any", arguments))]
    parts = cast("Iterable[object]", arguments) if isinstance(arguments, list | tuple) else ()
    return [text for part in parts for text in _texts(part)]


def _words(text: str) -> Iterator[str]:
    if len(text) > _LONGEST or "\0" in text:
        return
    yield text
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word in words:
        yield word
        yield from filter(None, _SIGNS.split(word))
