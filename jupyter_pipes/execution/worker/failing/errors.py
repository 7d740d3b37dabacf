"""What an attempt failed with, as data: the message, the line of the cell, the names of its classes."""

from __future__ import annotations

import inspect
import traceback as tracebacks
from collections.abc import Sequence
from pathlib import Path

from jupyter_pipes.execution.worker.numbering import label_of
from jupyter_pipes.model.results import StepError

_LONGEST_MESSAGE = 10_000
_LONGEST_TRACEBACK = 100_000


def as_data(error: BaseException, line: int | None, shown: Sequence[str] | None) -> StepError:
    """Return an exception as data.

    Args:
        error: the exception.
        line: of the step's cell, if known.
        shown: its traceback as IPython shows it; None for the message alone.
    """
    text = "\n".join(shown) if shown else "".join(tracebacks.format_exception_only(error))
    message, text = _shortened(_message_of(error), _LONGEST_MESSAGE), _shortened(text, _LONGEST_TRACEBACK)
    return StepError(type(error).__name__, message, text, line, _bases_of(error))


def below(shown: Sequence[str], name: str) -> list[str] | None:
    """Return a traceback without what is around an option's expression; None if there is nothing else."""
    ours = (name, str(Path(__file__).parents[1]))
    below = [block for block in shown if not any(each in block for each in ours)]
    return below if any(", line " in block for block in below[1:-1]) else None


def reason(error: BaseException) -> str:
    """Return why an attempt failed, in one line."""
    if isinstance(error, SystemExit):
        return f"the step ended the process with sys.exit({error.code!r})"
    return in_words(error)


def in_words(error: BaseException) -> str:
    """Return an exception in one line: its class and the first line of its message."""
    message = _message_of(error)
    first = message.splitlines()[0] if message else ""
    return f"{type(error).__name__}: {first[:300]}" if first else type(error).__name__


def line_of(error: BaseException, label: str) -> int | None:
    """Return the line, in the cell called `label`, on which the error happened."""
    if isinstance(error, SyntaxError) and error.filename and label_of(error.filename) == label:
        return error.lineno
    frames = tracebacks.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if label_of(frame.f_code.co_filename) == label]
    return lines[-1] if lines else None


def _shortened(text: str, limit: int) -> str:
    """Return the text without its middle when it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n… {len(text) - limit:,} characters left out …\n{text[-(limit // 2) :]}"


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # a user's __str__ may raise anything, and the error must be told
        return f"(its message cannot be shown: {type(broken).__name__})"


def _bases_of(error: BaseException) -> tuple[str, ...]:
    classes = [kind for kind in inspect.getmro(type(error)) if kind is not object]
    names = [name for kind in classes for name in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}")]
    return tuple(dict.fromkeys(names))
