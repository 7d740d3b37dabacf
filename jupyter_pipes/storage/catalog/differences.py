"""How what was read differs from what was written, in words that tell types and names but no values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jupyter_pipes.storage.catalog.formats import library_of
from jupyter_pipes.storage.catalog.frames import frame_differences
from jupyter_pipes.storage.catalog.likeness import unlike


def differences(value: Any, back: Any) -> Iterator[str]:
    """Yield each way in which what was read is not what was written, in words that follow a format's name."""
    yield from type_difference(value, back) or _below_the_type(value, back)


def type_difference(value: Any, back: Any) -> tuple[str, ...]:
    """Return in words that what was read is of another class, if it is."""
    if type(back) is type(value):
        return ()
    return (f"gives back a {type(back).__name__}, not a {type(value).__name__}",)


def _below_the_type(value: Any, back: Any) -> Iterator[str]:
    """Of values of other libraries nothing more is known than their class."""
    attribute, compared = _OF_LIBRARIES.get(library_of(value), ("", _of_plain))
    if attribute and hasattr(value, attribute):
        yield from compared(value, back)


def _of_plain(value: Any, back: Any) -> Iterator[str]:
    if different := unlike(value, back):
        yield f"gives back {different}"


def _of_array(value: Any, back: Any) -> Iterator[str]:
    if back.dtype != value.dtype:
        yield f"loses the dtype {value.dtype} (it comes back as {back.dtype})"


def _of_polars(value: Any, back: Any) -> Iterator[str]:
    before, now = dict(value.schema), dict(back.schema)
    yield from _of_schemas(before, now, lambda name: not value[name].equals(back[name], null_equal=True))


def _of_arrow(value: Any, back: Any) -> Iterator[str]:
    before, now = ({field.name: field.type for field in each.schema} for each in (value, back))
    yield from _of_schemas(
        before, now, lambda name: bool(unlike(value[name].to_pylist(), back[name].to_pylist()))
    )
    if (value.schema.metadata or {}) != (back.schema.metadata or {}):
        yield "loses the schema's metadata"


def _of_schemas(
    before: Mapping[str, Any], now: Mapping[str, Any], is_other: Callable[[str], bool]
) -> Iterator[str]:
    """Of tables whose columns have a name and a type each; `is_other` compares the values of one."""
    lost = [name for name in before if name not in now]
    if lost:
        yield f"loses the columns {', '.join(lost)}"
    elif list(before) != list(now):
        yield "changes the order of the columns"
    for name in before.keys() & now.keys() if lost else before:
        if now[name] != before[name]:
            yield f"loses the {before[name]} dtype of {name} (it comes back as {now[name]})"
        elif is_other(name):
            yield f"gives back other values in {name}"


_OF_LIBRARIES: Mapping[str, tuple[str, Callable[[Any, Any], Iterator[str]]]] = {
    "builtins": ("__class__", _of_plain),
    "numpy": ("dtype", _of_array),
    "pandas": ("columns", frame_differences),
    "polars": ("schema", _of_polars),
    "pyarrow": ("schema", _of_arrow),
}
"""Library -> the attribute of those of its values that can be compared, and what compares them."""
