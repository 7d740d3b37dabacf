"""Standard output of `jupyter pipes`, for results alone; and the exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from jupyter_pipes.model.errors import PipesError

COMPLETED, FAILED, INVALID, CANCELLED = range(4)
"""The exit codes: of runs, and `INVALID` of commands that cannot be carried out."""

EXIT_CODES: Mapping[str, int] = {
    "completed": COMPLETED,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "interrupted": CANCELLED,
}


class Output:
    """Standard output, for results alone.

    Args:
        as_json: whether the result is to be one JSON document.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._file = os.dup(1)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it."""
        return os.isatty(self._file)

    @contextmanager
    def reserved(self) -> Generator[None]:
        """Send what modules, steps and their children print in the meantime to standard error."""
        sys.stdout.flush()
        os.dup2(2, 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(self._file, 1)

    def give(self, document: Callable[[], Mapping[str, Any]], text: Callable[[], str | bytes]) -> None:
        """Print the result: the document if JSON is wanted, else the text."""
        self.write(json.dumps(document(), indent=2, allow_nan=False) + "\n" if self.as_json else text())

    def write(self, content: str | bytes) -> None:
        """Print, in UTF-8. A reader that has gone is no error.

        Raises:
            PipesError: standard output cannot be written.
        """
        rest = memoryview(
            content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        )
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except BrokenPipeError:
            return
        except OSError as error:
            raise PipesError(f"the result cannot be written to standard output: {error.strerror}") from error

    def close(self) -> None:
        """Let go of standard output."""
        os.close(self._file)
