"""Generators go on in another process where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage.serializers import deserialize, serialize


def back(value: Any) -> Any:
    name, (buffers, *_) = serialize("value", value)
    return deserialize(name, memoryview(bytearray(b"".join(buffers))))


def counted(start: int, *more: int, step: int = 1, **named: int) -> Iterator[object]:
    number = start + sum(more)
    while number < 9:
        number += step
        yield number, named


def scaled(factor: int) -> Iterator[int]:
    return (x * factor for x in [1, 2, 3] if x)


@pytest.mark.parametrize("drawn", range(4))
def test_an_expression_goes_on_wherever_it_stands(drawn: int) -> None:
    """The fourth draw finds it used up."""
    generator = scaled(2)
    for _ in range(drawn):
        next(generator, None)
    again = back([generator])[0]
    assert (again.__name__, again.__qualname__) == ("<genexpr>", "scaled.<locals>.<genexpr>")
    assert list(again) == [2, 4, 6][drawn:]
    assert list(generator) == [2, 4, 6][drawn:]


def test_a_generator_that_has_not_begun_is_made_of_its_arguments() -> None:
    again = back(counted(1, 2, 3, step=2, other=4))
    assert list(again) == list(counted(1, 2, 3, step=2, other=4)) == [(8, {"other": 4}), (10, {"other": 4})]


def test_one_of_several_loops_goes_on_only_from_the_start() -> None:
    pairs = ((x, y) for x in range(2) for y in "ab")
    assert list(back(pairs)) == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    next(pairs)
    with pytest.raises(SerializationError, match="has begun: keep list"):
        serialize("pairs", pairs)


def test_what_it_draws_from_stays_one_object_with_what_is_kept_beside() -> None:
    items = [1, 2]
    items_again, doubled = back((items, (x * 2 for x in items)))
    items_again.append(3)
    assert list(doubled) == [2, 4, 6]


def test_equal_ones_have_equal_bytes_and_a_draw_changes_them() -> None:
    one, other = (b"".join(serialize("value", scaled(3))[1].buffers) for _ in range(2))
    drawn = scaled(3)
    next(drawn)
    assert one == other != b"".join(serialize("value", drawn)[1].buffers)
