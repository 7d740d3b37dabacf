"""What to tell about a value in a line or two: its type, its shape and how it begins. Cheap for any value."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from itertools import islice
from numbers import Number
from reprlib import Repr
from typing import Any, TypeVar

PATIENCE = 1.0
"""Seconds that one value may take to be described."""

_PATIENCE_FOR_ALL = 3.0
"""Seconds that all values together may lose in this way."""

_AGAIN = 0.2
"""Seconds after which code is interrupted once more that went on."""

_LONGEST = 300
"""Characters of a preview."""

_ROWS = 5
_ITEMS = 10
_PLAIN = (int, float, bool, type(None), str, bytes)
"""Types whose own methods come back."""

_SIZED = (list, tuple, dict, set, frozenset, str, bytes, bytearray)


Answer = TypeVar("Answer")


class Describer:
    """Describes values one after the other; those whose own methods do not come back cost it its patience."""

    def __init__(self) -> None:
        self._left = _PATIENCE_FOR_ALL

    def describe(self, value: object) -> tuple[str, tuple[int, ...], str]:
        """Return the value's type name ("pandas.DataFrame"), its shape (() if it has none) and a short text.

        Never raises and imports nothing: a value whose own methods fail, or take longer than there is
        patience for, is told by its type.
        """
        name: str = _attempt(_type_name, type(value), "object")

        def look() -> tuple[tuple[int, ...], str]:
            return _attempt(_shape, value, ()), _attempt(_preview, value, "")

        seconds = min(PATIENCE, self._left)
        started = time.monotonic()
        try:
            shape, text = look() if type(value) in _PLAIN else within(seconds, look)
        except TimeoutError:
            self._left = max(self._left - (time.monotonic() - started), 0.0)
            return name, (), "(no preview: its own methods take too long)"
        return name, shape, text


def describe(value: object) -> tuple[str, tuple[int, ...], str]:
    """Describe one value as `Describer.describe` does."""
    return Describer().describe(value)


def value_in_words(name: str, value: object) -> str:
    """Return a named value as a reason tells it: by how much it holds, or as it is (`xs has 1`, `n is 3`)."""
    if isinstance(value, Number) and hasattr(value, "dtype"):
        # NumPy's own text of a number has its type as well: `np.float64(0.5)`.
        return f"{name} is {value}"
    _, shape, preview = describe(value)
    if not shape or isinstance(value, (str, bytes)):
        return f"{name} is {preview}"
    return f"{name} has {' by '.join(map(str, shape))}"


class _TimeIsUp(BaseException):
    """Interrupts code that must not catch it as one of its own errors."""


def within(seconds: float, question: Callable[[], Answer]) -> Answer:
    """Return the answer of code that is not ours, interrupted when it takes too long.

    On the main thread a signal interrupts it, again and again, unless it stays in compiled code that heeds
    none; elsewhere it goes on in a thread of its own that nobody waits for any more.

    Raises:
        TimeoutError: it took longer than `seconds`, or there are none.
    """
    if seconds <= 0:
        raise TimeoutError
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        return _interrupted_after(seconds, question)
    return _left_after(seconds, question)


def _interrupted_after(seconds: float, question: Callable[[], Answer]) -> Answer:
    is_over = False

    def interrupt(_number: int, _frame: object) -> None:
        if not is_over:
            raise _TimeIsUp

    started = time.monotonic()
    handler = signal.signal(signal.SIGALRM, interrupt)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        answer = question()
        is_over = True
    except _TimeIsUp:
        is_over = True
        raise TimeoutError from None
    finally:
        is_over = True
        # A timer of the step's own goes on as if this had not been.
        passed = time.monotonic() - started
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler if handler is not None else signal.SIG_DFL)
        if remaining:
            signal.setitimer(signal.ITIMER_REAL, max(remaining - passed, 0.001), interval)
    return answer


def _left_after(seconds: float, question: Callable[[], Answer]) -> Answer:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(question()), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError
    return answers[0]


def _attempt(question: Any, value: Any, otherwise: Any) -> Any:
    try:
        return question(value)
    except Exception:  # a value's own methods may raise anything, and a preview is no reason to fail
        return otherwise


def _type_name(kind: type) -> str:
    package, _, _ = kind.__module__.partition(".")
    if package in ("builtins", "__main__"):
        return kind.__qualname__
    if getattr(sys.modules.get(package), kind.__name__, None) is kind:
        return f"{package}.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"


def _shape(value: object) -> tuple[int, ...]:
    if isinstance(value, _SIZED):
        return (len(value),)  # pyright: ignore[reportUnknownArgumentType] - of whatever items
    sizes: Any = getattr(value, "shape", ()) if _has_shape(value) else ()
    return tuple(size for size in sizes if isinstance(size, int))


def _has_shape(value: object) -> bool:
    return not isinstance(value, type) and hasattr(type(value), "shape")


def _preview(value: Any) -> str:
    text = _texts.repr(_beginning(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _beginning(value: object) -> object:
    head = getattr(type(value), "head", None)
    return head(value, _ROWS) if callable(head) and _has_shape(value) else value


class _Texts(Repr):
    """The reprs of nested values, each cut short before it is made."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Show the first items in their order; `Repr` would sort all keys."""
        if level <= 0:
            return "{...}"
        first = islice(x.items(), _ITEMS)
        parts = [f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}" for key, value in first]
        return f"{{{', '.join(parts)}{', ...' * (len(x) > _ITEMS)}}}"

    def repr_set(self, x: set[Any], level: int) -> str:
        """Show some of the members; `Repr` would sort all of them."""
        return super().repr_set(x, level) if len(x) <= _ITEMS else self._some_of(x, "{", "}")

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        """Show some of the members; `Repr` would sort all of them."""
        return super().repr_frozenset(x, level) if len(x) <= _ITEMS else self._some_of(x, "frozenset({", "})")

    def _some_of(self, members: Iterable[Any], opening: str, closing: str) -> str:
        parts = (self.repr1(member, 1) for member in islice(members, _ITEMS))
        return f"{opening}{', '.join(parts)}, ...{closing}"

    def repr_instance(self, x: Any, level: int) -> str:
        """Look into dataclasses, as their own repr would write out all that they hold."""
        if not dataclasses.is_dataclass(x) or isinstance(x, type):
            return repr(x)
        if level <= 0:
            return f"{type(x).__name__}(…)"
        fields = (field.name for field in dataclasses.fields(x) if field.repr)
        parts = (f"{name}={self.repr1(getattr(x, name), level - 1)}" for name in fields)
        return f"{type(x).__qualname__}({', '.join(parts)})"


_texts = _Texts()
_texts.maxlist = _texts.maxtuple = _texts.maxset = _texts.maxfrozenset = _ITEMS
_texts.maxstring = _texts.maxother = _LONGEST
