"""Standard output of `jupyter pipes`, for results alone; and the exit codes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import PipesError, visible
from jupyter_pipes.system.patterns import pattern

if TYPE_CHECKING:
    from jupyter_pipes.cli.documents import Document

COMPLETED, FAILED, INVALID, CANCELLED = range(4)
"""The exit codes: of runs, and `INVALID` of commands that cannot be carried out."""

EXIT_CODES: Mapping[str, int] = {
    "completed": COMPLETED,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "interrupted": CANCELLED,
}


_DRIVING = pattern(r"[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What drives a terminal of what may stand in JSON: there, all of it is in texts."""


class OutputLost(PipesError):
    """A result that standard output does not take."""


def _flush() -> None:
    """Write out what Python holds back of standard output; a full or closed one is told with the result."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()


class Output:
    """Standard output, for results alone.

    Args:
        as_json: whether the result is to be one JSON document.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._was_open = _opened_streams()
        self._file = os.dup(1)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it."""
        return os.isatty(self._file)

    @contextmanager
    def reserved(self) -> Generator[None]:
        """Send what modules, steps and their children print in the meantime to standard error."""
        _flush()
        os.dup2(2, 1)
        try:
            yield
        finally:
            _flush()
            os.dup2(self._file, 1)

    def give(self, document: Callable[[], Document], text: Callable[[], str]) -> None:
        """Print the result: the document if JSON is wanted, else the text."""
        if self.as_json:
            content = document().json()
            self.write(_DRIVING.sub(_escaped, content) if self.is_terminal else content)
        else:
            self.write(visible(text()) if self.is_terminal else text())

    def write(self, content: str) -> None:
        """Print, in UTF-8. A reader that has gone is no error.

        Raises:
            OutputLost: standard output cannot be written.
        """
        if not self._was_open:
            raise OutputLost("the result cannot be written: standard output is closed")
        rest = memoryview(content.encode("utf-8", "backslashreplace"))
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except BrokenPipeError:
            return
        except OSError as error:
            raise OutputLost(f"the result cannot be written to standard output: {error.strerror}") from error

    def close(self) -> None:
        """Let go of standard output, and of what a full stream still holds back.

        Python would end with a code of its own (120) when it cannot be rid of that.
        """
        os.close(self._file)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                _lead_nowhere(stream.fileno())
                stream.flush()
            except ValueError:
                # A module closed it: it holds nothing back.
                continue


def _lead_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def _escaped(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"


def _opened_streams() -> bool:
    """Have the three standard streams open, to nowhere if they were closed; return whether output was not.

    Else the next file that is opened, such as the history, would take the place of one of them.
    """
    was_open = _is_open(1)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if not _is_open(number):
            _lead_nowhere(number)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115 - stays open
    return was_open


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
