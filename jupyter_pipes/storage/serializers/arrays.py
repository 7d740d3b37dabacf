"""How arrays are pickled where their own way would copy twice, lose a flag or write too much."""

from __future__ import annotations

import copyreg
import os
import sys
from array import array as numbers
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jupyter_pipes.storage.serializers.libraries import views

if TYPE_CHECKING:
    import numpy as np

_SLACK = 4096
"""Bytes that an Arrow array's buffers may hold beyond what it shows (padding) before it counts as a slice."""

_PLAIN = (str, int, float, bool, type(None))

LENDERS = (bytearray, numbers)
"""Types of values that lend their memory to arrays and may be changed."""


class InnerView(NamedTuple):
    """An array that lies in another one of the same value: held, so that its id stays its own."""

    view: Any
    arguments: tuple[Any, ...]


def is_plain_array(value: Any) -> bool:
    """Return whether a value is an array of NumPy, of no class of its own."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def inner_views(met: Iterable[Any], held: Container[int]) -> dict[int, InnerView]:
    """Return id -> view, of those of the arrays of a value that lie in larger ones of it, or in byte arrays.

    Args:
        met: the arrays of the value.
        held: ids of all objects of the value.
    """
    by_memory: dict[int, list[Any]] = {}
    by_bytes: dict[int, list[Any]] = {}
    for array in met:
        lender = lender_of(array)
        groups = by_memory if lender is None else by_bytes
        groups.setdefault(id(_memory(array) if lender is None else lender), []).append(array)
    views: dict[int, InnerView] = {}
    for key, arrays in by_bytes.items():
        if key in held or len(arrays) > 1:
            views |= {id(view): InnerView(view, _arguments(view, lender_of(view))) for view in arrays}
    for arrays in by_memory.values():
        # The largest one that lies in order is what the others lie in.
        whole = max(filter(_lies_in_order, arrays), key=lambda array: array.nbytes, default=None)
        inner = (array for array in arrays if whole is not None and _lies_in(array, whole))
        views |= {id(view): InnerView(view, _arguments(view, whole)) for view in inner}
    return views


def lender_of(array: Any) -> Any:
    """Return the byte array whose memory an array lies in, None where it is none."""
    memory = array.base
    while is_plain_array(memory):
        memory = memory.base
    lender: Any = memory.obj if isinstance(memory, memoryview) else memory
    return lender if array.size and type(lender) in LENDERS else None


def _memory(array: Any) -> Any:
    return array.base if is_plain_array(array.base) else array


def _lies_in_order(array: Any) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous) and not array.dtype.hasobject


def _lies_in(view: Any, whole: Any) -> bool:
    from numpy.lib.array_utils import byte_bounds

    if not view.size or view.nbytes >= whole.nbytes:
        return False
    (low, high), (start, end) = byte_bounds(view), byte_bounds(whole)
    return start <= low and high <= end


def _arguments(view: Any, whole: Any) -> tuple[Any, ...]:
    """Return what makes a view anew, for `views.view_of`."""
    first, start = (each.__array_interface__["data"][0] for each in (view, _as_array(whole)))
    return whole, *place_in_memory(view, int(first - start))


def place_in_memory(view: Any, offset: int) -> tuple[Any, ...]:
    """Return what tells a view from others of the same memory, for `views.view_of`."""
    place = view.shape, view.dtype, offset, view.strides
    if not is_plain_array(view):
        kind = cast("type[object]", type(view))
        return *place, view.flags.writeable, kind, tuple(own_attributes(view).items())
    return place if view.flags.writeable else (*place, False)


def is_memory_only(value: Any) -> bool:
    """Return whether an array is its memory, its class, and plain attributes beside: `numpy.matrix` is."""
    import numpy as np

    is_plainly_pickled = type(value).__reduce__ is np.ndarray.__reduce__
    return is_plainly_pickled and all(isinstance(each, _PLAIN) for each in own_attributes(value).values())


def own_attributes(value: Any) -> dict[str, Any]:
    """Return what an array of a class of its own has besides its memory."""
    return {} if type(value) in _plain_kinds() else getattr(value, "__dict__", {})


def _plain_kinds() -> tuple[type, ...]:
    import numpy as np

    return np.ndarray, np.memmap


def may_show_changes(array: Any) -> bool:
    """Return whether others may see an array change: a view that only looks shows its base."""
    memory = array
    while memory is not None and not getattr(getattr(memory, "flags", None), "writeable", False):
        # Between a view with strides of its own and its base stands an object that is no array.
        memory = getattr(memory, "base", None)
    return memory is not None


def _as_array(memory: Any) -> Any:
    import numpy as np

    return np.frombuffer(memory, dtype="u1") if type(memory) in LENDERS else memory


def reduced(value: Any) -> Any:
    """Return how to pickle an array, or NotImplemented for everything that pickles well alone."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) in (numpy.ndarray, numpy.memmap):
        return _reduced_numpy(value, numpy.ndarray)
    if numpy is not None and type(value) is numpy.ma.MaskedArray:
        return views.reduced_masked(value)
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _reduced_subclass(value, numpy.ndarray)
    arrow: Any = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(value, arrow.Array):
        return _reduced_arrow(value, arrow)
    return NotImplemented


def reduced_pandas(value: Any, inner: set[int]) -> Any:
    """Return how pandas pickles its object, with the ids of what only pandas itself changes added to `inner`.

    Copy-on-write lets frames share memory: what one of them is made to hold is never seen through another.
    """
    reduced: Any = _reduced_column(value) if _is_arrow_column(value) else value.__reduce_ex__(5)
    reduced = _without_cache(reduced)
    if not type(value).__name__.endswith(("DataFrame", "Series", "BlockManager")):
        _add_held(list(reduced[1:3]), inner)
    return reduced


def _without_cache(reduced: Any) -> Any:
    """Return how pandas pickles its array, but for what it computed from it and keeps beside it."""
    match reduced:
        case (make, arguments, (dtype, array, {"_cache": _, **others})):
            return (make, arguments, (dtype, array, others) if others else (dtype, array))
        case (make, arguments, {"_cache": _, **others}, None, None):
            return (make, arguments, others)
        case _:
            return reduced


def _is_arrow_column(value: Any) -> bool:
    return "_pa_array" in getattr(value, "__dict__", ())


def _reduced_column(column: Any) -> Any:
    """Return what pandas makes of an Arrow column, without the copy that it makes of one piece."""
    pieces = column.__arrow_array__().chunks
    # With missing values the copy has another padding: equal values would have other bytes.
    if len(pieces) != 1 or pieces[0].null_count or pieces[0].buffers()[0] is not None:
        return column.__reduce_ex__(5)
    return copyreg.__newobj__, (type(column),), {**vars(column), "_pa_array": pieces[0], "_cache": {}}  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] - not in the types


def _add_held(state: Any, inner: set[int]) -> None:
    items: list[Any] = list(state.values() if isinstance(state, dict) else state)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - any state
    for held in items:
        if type(held) in (tuple, list, dict):
            _add_held(held, inner)
        elif type(held).__name__.endswith(("ndarray", "Index")):
            inner.add(id(held))


def is_of_a_file(value: Any) -> bool:
    """Return whether an array is a file mapped into memory, or a stretch of one."""
    numpy = sys.modules.get("numpy")
    is_map = (
        numpy is not None and type(value) is numpy.memmap and getattr(value, "filename", None) is not None
    )
    return is_map and _lies_in_order(value)


class FileMap(NamedTuple):
    """A file mapped into memory.

    Attributes:
        path: the file, from the working directory on if it lies there.
        mode: whether what is changed is changed in the file: `r+` or `r`, as NumPy has it.
        offset: where in the file it begins, in bytes.
        content: what it shows.
    """

    path: str
    mode: str
    offset: int
    content: Any


def file_map(array: Any) -> FileMap:
    """Return what an array maps, of which `is_of_a_file` holds."""
    import numpy as np

    whole = array
    while type(whole.base) is np.memmap:
        whole = whole.base
    inside = int(array.__array_interface__["data"][0] - whole.__array_interface__["data"][0])
    path = os.path.abspath(array.filename)  # noqa: PTH100 - text, as others may have another folder
    here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118 - text
    mode = "r+" if array.mode in ("r+", "w+") else array.mode
    return FileMap(path.removeprefix(here), mode, whole.offset + inside, array.view(np.ndarray))


def _reduced_numpy(array: np.ndarray[Any, Any], plain: type[np.ndarray[Any, Any]]) -> Any:
    if type(array) is not plain:
        return array.view(plain).__reduce_ex__(5)
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous or array.dtype.hasobject:
        return NotImplemented
    copy = array.copy(order="K")
    copy.flags.writeable = flags.writeable
    return copy.__reduce_ex__(5)


def _reduced_subclass(array: Any, plain: type[np.ndarray[Any, Any]]) -> Any:
    """Return the array with its attributes, which NumPy leaves behind, or NotImplemented if it has none."""
    if type(array).__reduce__ is not plain.__reduce__ or not (attributes := own_attributes(array)):
        return NotImplemented
    make, arguments, state = array.__reduce__()
    return make, arguments, (state, attributes), None, None, views.fill_array


def _reduced_arrow(array: Any, arrow: Any) -> Any:
    if array.get_total_buffer_size() <= array.nbytes + _SLACK:
        return NotImplemented
    # A slice would take all of the array along that it was cut from.
    return arrow.concat_arrays([array, array[:0]]).__reduce__()
