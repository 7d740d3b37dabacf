"""How arrays are pickled where their own way would copy twice, lose a flag or write too much."""

from __future__ import annotations

import copyreg
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_SLACK = 4096
"""Bytes that an Arrow array's buffers may hold beyond what it shows (padding) before it counts as a slice."""


def reduced(value: Any) -> Any:
    """Return how to pickle an array, or NotImplemented for everything that pickles well alone."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) in (numpy.ndarray, numpy.memmap):
        return _reduced_numpy(value, numpy.ndarray)
    arrow: Any = sys.modules.get("pyarrow")
    if arrow is not None and isinstance(value, arrow.Array):
        return _reduced_arrow(value, arrow)
    return NotImplemented


def reduced_pandas(value: Any, inner: set[int]) -> Any:
    """Return how pandas pickles its object, with the ids of what only pandas itself changes added to `inner`.

    Copy-on-write lets frames share memory: what one of them is made to hold is never seen through another.
    """
    reduced: Any = _reduced_column(value) if _is_arrow_column(value) else value.__reduce_ex__(5)
    if _holds_a_cache(reduced):
        make, arguments, (dtype, array, _) = reduced
        reduced = (make, arguments, (dtype, array))
    if not type(value).__name__.endswith(("DataFrame", "Series", "BlockManager")):
        _add_held(list(reduced[1:3]), inner)
    return reduced


def _holds_a_cache(reduced: Any) -> bool:
    """Return whether it is an array with nothing beside it but what was computed from it."""
    match reduced:
        case (_, _, (_, _, {"_cache": _, **others})) if len(reduced) == 3:
            return not others
        case _:
            return False


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


def _reduced_numpy(array: np.ndarray[Any, Any], plain: type[np.ndarray[Any, Any]]) -> Any:
    if type(array) is not plain:
        # A file mapped as an array becomes an array: the file may be gone when it is read.
        return array.view(plain).__reduce_ex__(5)
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous or array.dtype.hasobject:
        return NotImplemented
    copy = array.copy(order="K")
    copy.flags.writeable = flags.writeable
    return copy.__reduce_ex__(5)


def _reduced_arrow(array: Any, arrow: Any) -> Any:
    if array.get_total_buffer_size() <= array.nbytes + _SLACK:
        return NotImplemented
    # A slice would take all of the array along that it was cut from.
    return arrow.concat_arrays([array, array[:0]]).__reduce__()
