"""Arrays that are more than memory come back as what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jupyter_pipes.storage.serializers.pickler import pickled, unpickled

# NumPy would rather have nobody use matrices: those who do shall have them.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

RECORDS = np.array([(1, 2.0), (3, 4.0)], dtype=[("x", "i4"), ("y", "f8")])


class Length(np.ndarray[Any, Any]):
    """An array with a unit."""

    unit = "m"


def again(value: Any) -> Any:
    """What a reader has of a value."""
    result = pickled(value)
    stream = memoryview(b"".join(map(bytes, result.stream)))
    return unpickled(stream, result.buffers, lambda name: None).value


def length() -> Length:
    made = np.arange(3.0).view(Length)
    made.unit = "km"
    return made


@pytest.mark.parametrize(
    "array",
    [
        np.eye(2).view(np.matrix),
        RECORDS.view(np.recarray),
        length(),
        np.ma.array([1, 2, 3], mask=[False, True, False], fill_value=7, hard_mask=True),
        np.ma.array([1.0, 2.0]),
        np.ma.array(RECORDS, mask=np.array([(0, 1), (1, 0)], dtype=[("x", bool), ("y", bool)])),
        np.ma.array(5, mask=True),
        np.ma.array(["a", None], mask=[False, True], dtype=object),
    ],
    ids=lambda array: type(array).__name__,
)
def test_an_array_keeps_its_class_and_what_it_has_besides(array: Any) -> None:
    made = again(array)
    assert (type(made), made.dtype, made.tolist()) == (type(array), array.dtype, array.tolist())
    for name in ("unit", "fill_value", "hardmask"):
        assert repr(getattr(made, name, None)) == repr(getattr(array, name, None))
    assert (np.ma.getmask(made) is np.ma.nomask) == (np.ma.getmask(array) is np.ma.nomask)


def test_masked_arrays_share_content_and_mask_with_others() -> None:
    content = np.arange(5.0)
    whole = np.ma.MaskedArray(content[:4], mask=np.zeros(4, bool))
    made, made_part, made_content = again((whole, whole[1:], content))
    made_content[1] = 50
    made[2] = np.ma.masked
    assert (made[1], made_part[0], made_part.mask.tolist()) == (50, 50, [False, True, False])


def test_equal_masked_arrays_have_equal_pickles() -> None:
    first, second = (pickled(np.ma.array([1, 2], mask=[False, True])).stream for _ in range(2))
    assert list(map(bytes, first)) == list(map(bytes, second))
