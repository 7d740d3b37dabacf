"""NumPy: arrays with their types and shapes, scalars, masked arrays."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_pipes.verification.equality.base import Walk


def knows(value: Any) -> bool:
    """Return whether it is an array, a scalar or a dtype of NumPy."""
    numpy: Any = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic, numpy.dtype))


def check(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold two of one type against each other."""
    numpy: Any = sys.modules["numpy"]
    if isinstance(a, numpy.dtype):
        walk.expect(a == b, a, b, where)
        return
    walk.expect(a.dtype == b.dtype, a.dtype, b.dtype, f"{where}.dtype")
    walk.expect(a.shape == b.shape, a.shape, b.shape, f"{where}.shape")
    if isinstance(a, numpy.ma.MaskedArray):
        walk.check(numpy.ma.getmaskarray(a), numpy.ma.getmaskarray(b), f"{where}.mask")
        walk.check(a.filled(), b.filled(), where)
    else:
        check_items(walk, numpy.asarray(a), numpy.asarray(b), where)


def check_items(walk: Walk, a: Any, b: Any, where: str) -> None:
    """Hold the items of two arrays of one type and shape against each other; NaN is equal to NaN."""
    numpy: Any = sys.modules["numpy"]
    if a.dtype.hasobject:
        for place, (one, other) in enumerate(zip(a.ravel().tolist(), b.ravel().tolist(), strict=True)):
            walk.check(one, other, f"{where}.flat[{place}]")
        return
    if a.tobytes() == b.tobytes():
        return
    # Bytes may differ in padding, and in which NaN it is.
    same = numpy.asarray(a == b)
    if a.dtype.kind in "fcmM":
        same = same | (numpy.isnan(a) & numpy.isnan(b))
    differing = numpy.flatnonzero(~same.ravel())
    if len(differing):
        place = int(differing[0])
        index = ", ".join(map(str, numpy.unravel_index(place, a.shape))) if a.shape else ""
        spot = f"{where}[{index}]" if index else where
        walk.expect(False, a.ravel()[place], b.ravel()[place], spot)
