"""Arrays in the memory of others, of classes of their own, and of mapped files: how they come back."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast
from weakref import WeakValueDictionary

from jupyter_pipes.storage.serializers.restoring import keep_at_address


def view_of(
    held: Any,
    shape: tuple[int, ...],
    dtype: Any,
    offset: int,
    strides: tuple[int, ...],
    writeable: bool = True,
    kind: Any = None,
    attributes: tuple[tuple[str, Any], ...] = (),
) -> Any:
    """Return an array that lies in the memory of another one, or of bytes: as NumPy's constructor has it.

    Args:
        held, shape, dtype, offset, strides: as NumPy has them.
        writeable: whether it may be changed.
        kind: its class, if that is one of its own.
        attributes: what it has besides.
    """
    import numpy as np

    # Byte arrays are memory as well, and always in order.
    memory = held.T if hasattr(held, "flags") and not held.flags.c_contiguous else held
    view = np.ndarray(shape, dtype, memory, offset, strides)
    view.flags.writeable = view.flags.writeable and writeable
    return view if kind is None else _of_kind(view, kind, held, dict(attributes))


def _of_kind(view: Any, kind: Any, held: Any, attributes: dict[str, Any]) -> Any:
    import numpy as np

    made: Any = view.view(kind)
    if kind is np.memmap:
        made.__array_finalize__(held)
    made.__dict__.update(attributes)
    return made


def fill_array(array: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Fill an array of a class of its own: its memory, and what it has besides."""
    content, attributes = state
    array.__setstate__(content)
    array.__dict__.update(attributes)


@contextmanager
def files_as_they_were() -> Generator[None]:
    """Have mapped files that are loaded be those files, and hold what they did: as a step is to find them."""
    # Pickle passes nothing on to what it calls.
    token = _is_for_a_step.set(True)
    try:
        yield
    finally:
        _is_for_a_step.reset(token)


_is_for_a_step = ContextVar("is_for_a_step", default=False)


def file_map(path: str, mode: str, offset: int, content: Any) -> Any:
    """Return a file mapped into memory; for who only looks at it, what it showed."""
    import numpy as np

    if mode == "r+" and _is_for_a_step.get():
        return _mapped(path, offset, content)
    shown: Any = content.view(np.memmap)
    shown.filename, shown.mode, shown.offset = os.path.abspath(path), mode, offset  # noqa: PTH100 - as NumPy
    shown.flags.writeable = mode != "r"
    return shown


def _mapped(path: str, offset: int, content: Any) -> Any:
    import numpy as np

    with open(path, "a+b") as file:  # noqa: PTH123 - as NumPy does
        if file.seek(0, os.SEEK_END) < offset + content.nbytes:
            file.truncate(offset + content.nbytes)
    order: Any = "C" if content.flags.c_contiguous else "F"
    mapped: Any = np.memmap(path, content.dtype, "r+", offset, content.shape, order)
    if mapped.tobytes("A") != content.tobytes("A"):
        mapped[...] = content
    return mapped


def reduced_masked(array: Any) -> Any:
    """Return how to pickle a masked array as two arrays, which may lie in others' memory."""
    import numpy as np

    mask = cast("object", np.ma.getmask(array))
    kept = None if mask is np.ma.nomask else mask
    return masked, (_content(array), kept, array.fill_value, array.hardmask)


def masked(content: Any, mask: Any, fill_value: Any, hard: bool) -> Any:
    """Return a masked array over an array and its mask, if it has one."""
    import numpy as np

    mask = np.ma.nomask if mask is None else mask
    return np.ma.MaskedArray(content, mask=mask, fill_value=fill_value, hard_mask=hard)


_contents: WeakValueDictionary[int, Any] = WeakValueDictionary()


def _content(array: Any) -> Any:
    """Return what a masked array masks, the same object as long as it is held: NumPy makes new ones."""
    import numpy as np

    content = _contents.get(id(array))
    if content is None or content.__array_interface__ != array.__array_interface__:
        content = _contents[id(array)] = np.ma.getdata(array)
    return content


keep_at_address(view_of, file_map, fill_array, masked)
