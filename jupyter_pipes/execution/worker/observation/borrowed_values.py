"""Values that code of other cells makes anew in each step: which of them a step changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.storage.serializers.pickler import pickled

_LARGEST = 1024 * 1024
"""Bytes. A larger value is not looked at: it would cost more than most steps."""

_CODE = (ModuleType, FunctionType, BuiltinFunctionType, type)
_IMMUTABLE = (str, bytes, int, float, complex, type(None))


class BorrowedValues:
    """Remembers the values of other cells as a step begins.

    Args:
        step: the step.
        values: the step's namespace, with the code of other cells run and the inputs loaded.
    """

    def __init__(self, step: Step, values: Mapping[str, Any]) -> None:
        self._step = step
        self._values = values
        self._before = dict(self._contents(step.pieces))

    def note(self) -> str:
        """Return what to tell of those that hold something else now, "" if there are none.

        What the step is known to write is handed on, and not told.
        """
        now = dict(self._contents(self._step.pieces))
        names = [name for name, content in self._before.items() if now.get(name, content) != content]
        if not names:
            return ""
        labels = {name: piece.label for piece in self._step.pieces for name in piece.names}
        cells = " and ".join(dict.fromkeys(labels[name] for name in names))
        return (
            f"changed {', '.join(names)} in place, which {cells} makes: later steps get it as it is made "
            f"there, in a kernel they see the change. Tag {cells} with %%step: then the change is handed on"
        )

    def _contents(self, pieces: Iterable[CodePiece]) -> Iterator[tuple[str, str]]:
        elsewhere = {*self._step.reads, *self._step.writes}
        for name in sorted({name for piece in pieces for name in piece.names} - elsewhere):
            value = self._values.get(name)
            if not isinstance(value, (*_CODE, *_IMMUTABLE)) and (content := _content(value)):
                yield name, content


def _content(value: object) -> str:
    """Return a digest of the value, "" for what is large, or has none that an equal value would have."""
    if type(value).__module__.startswith("matplotlib."):
        # Figures note in themselves that they were drawn.
        return ""
    try:
        result = pickled(value, limit=_LARGEST)
    except Exception:  # a value's own pickling may raise anything; it is not handed on then either
        return ""
    return digest_of([*result.stream, *result.buffers]) if result.stable else ""
