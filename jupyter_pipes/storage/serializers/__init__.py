"""Values to bytes and back, by type: the registry of serializers, third parties' first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from jupyter_pipes.model.digests import BytesLike
from jupyter_pipes.model.errors import SerializationError, StoreError
from jupyter_pipes.storage.serializers.arrow import ArrowSerializer
from jupyter_pipes.storage.serializers.base import NumberedParts, Refused, Serialized, Serializer
from jupyter_pipes.storage.serializers.displayed import DisplayedSerializer
from jupyter_pipes.storage.serializers.pickler import Link
from jupyter_pipes.storage.serializers.pickling import PickleSerializer
from jupyter_pipes.storage.serializers.plain import FileSerializer, PlainSerializer, numbered

__all__ = [
    "BytesLike",
    "Refused",
    "Serialized",
    "Serializer",
    "deserialize",
    "deserialize_linked",
    "registered",
    "serialize",
    "serialize_linked",
]

ENTRY_POINTS = "jupyter_pipes.serializers"
_SCALARS = (str, int, float, bool, type(None))
"""Types of which nobody else's serializer can make more: they are not asked."""

_PLAIN = PlainSerializer()
_PICKLE = PickleSerializer()
_BUILT_IN: tuple[Serializer, ...] = (
    FileSerializer(),
    DisplayedSerializer(),
    _PLAIN,
    ArrowSerializer(),
    _PICKLE,
)


@lru_cache(maxsize=1)
def registered() -> tuple[Serializer, ...]:
    """Return all serializers in the order in which they are asked: third parties' by name, then our own.

    Raises:
        SerializationError: one could not be loaded.
    """
    # The import alone takes longer than most decisions, and those are about plain values.
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return (*map(_loaded, points), *_BUILT_IN)


def serialize(name: str, value: Any) -> tuple[str, Serialized]:
    """Return the name of the serializer that took `value` and what it made of it.

    Args:
        name: the variable's name, for errors.
        value: any value.

    Raises:
        SerializationError: it cannot be stored; the message names variable, type and reason.
    """
    subject = f"{name!r} ({type(value).__name__}) cannot be stored"
    try:
        if type(value) in _SCALARS and _PLAIN.accepts(value):
            return _PLAIN.name, _PLAIN.dump(value)
        serializer = next(each for each in registered() if each.accepts(value))
        return serializer.name, serializer.dump(value)
    except Refused as refused:
        held = "" if refused.kind is type(value) else f"{refused.kind.__name__}, "
        reason = f"it {'holds' if held else 'is'} {held}{refused.reason}"
        raise SerializationError(f"{subject}: {reason}.") from None
    except Exception as error:  # a value's own methods may raise anything
        deep = isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError)
        reason = "it is nested too deeply" if deep else f"{type(error).__name__}: {error}"
        raise SerializationError(f"{subject}: {reason}.") from error


def deserialize(serializer: str, data: memoryview) -> Any:
    """Return the value that the serializer of this name wrote.

    Raises:
        SerializationError: there is no such serializer, or it cannot read the bytes.
    """
    return deserialize_linked(serializer, data, None)[0]


def deserialize_linked(
    serializer: str, data: memoryview, find_link: Callable[[Link], Any] | None
) -> tuple[Any, NumberedParts]:
    """Return the value as `deserialize` does, and what tells its parts by their numbers.

    Args:
        serializer: the name of who wrote the bytes.
        data: the bytes.
        find_link: gives what a link in them stands for.
    """
    reader = next((each for each in registered() if each.name == serializer), None)
    if reader is None:
        raise SerializationError(
            f"It was stored by the serializer {serializer!r}, which is not installed here. "
            "Install the package that provides it."
        )
    try:
        if isinstance(reader, PickleSerializer):
            return reader.load_linked(data, find_link)
        value = reader.load(data)
        return value, lambda: dict(enumerate(numbered(value)))
    except (SerializationError, StoreError):
        raise
    except Exception as error:  # a value's own methods may raise anything
        raise SerializationError(f"{type(error).__name__}: {error}") from error


def serialize_linked(value: Any, links: Mapping[int, Link]) -> tuple[str, Serialized]:
    """Return what `serialize` does, of a value that it has taken, with links in the place of objects."""
    return _PICKLE.name, _PICKLE.dump_linked(value, links)


def _loaded(point: Any) -> Serializer:
    try:
        made = point.load()
    except Exception as error:  # a third party's module may raise anything
        raise SerializationError(
            f"The serializer {point.name!r} ({point.value}) cannot be loaded: {error}. "
            "Repair or remove its package."
        ) from error
    return cast("Serializer", made() if isinstance(made, type) else made)
