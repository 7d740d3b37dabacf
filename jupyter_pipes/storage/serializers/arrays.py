"""How arrays are pickled where their own way would copy twice, lose a flag or write too much."""

from __future__ import annotations

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
