"""Artifacts that are loaded together: what they share is one object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.serializers import deserialize_linked
from jupyter_pipes.storage.serializers.base import NumberedParts, Part, Parts
from jupyter_pipes.storage.serializers.libraries.views import view_of

if TYPE_CHECKING:
    from jupyter_pipes.storage.serializers.pickler import Link


View = tuple[Any, ...]
"""Where in the memory of an array another one lies: what `views.view_of` takes behind the array."""


_OF_A_PART = 5
"""How much a link to a part says; one to a view says where it lies as well."""


def link_to(name: str, digest: str, serializer: str, number: int, view: View | None = None) -> Link:
    """Return a link to part `number` of the artifact that the name had, or to a view of that array."""
    return ("part", name, digest, serializer, number, *(() if view is None else (view,)))


def told_apart(links: Mapping[int, Link]) -> dict[int, Link]:
    """Return the links by object, with a number behind those to views that would otherwise be equal.

    Views of one place are objects of their own, and one that stands in several places is one.
    """
    counts: Counter[Link] = Counter()
    apart: dict[int, Link] = {}
    for key, link in links.items():
        apart[key] = (*link, counts[link]) if counts[link] and len(link) > _OF_A_PART else link
        counts[link] += 1
    return apart


class Loading:
    """Loads values so that links between names that belong together lead to the same objects.

    A name that was bound anew may have an equal value by now: where it does not belong to the names that link
    to it, these have the value from before for themselves.

    Args:
        read: gives the bytes of a digest, writable and private.
        together: names that hold parts of one object, by object.
    """

    def __init__(self, read: Callable[[str], memoryview], together: Iterable[Iterable[str]] = ()) -> None:
        self._read = read
        self._groups = {name: number for number, names in enumerate(together) for name in names}
        self._loaded: dict[tuple[int | str, str, str], _Loaded] = {}

    def value(self, ref: ArtifactRef) -> Any:
        """Return the value of an artifact.

        Raises:
            SerializationError: its bytes cannot be read.
            StoreError: they are missing.
        """
        return self._artifact(ref).value

    def forget(self) -> None:
        """Let go of all that was loaded: what leads from one value to another keeps both alive."""
        self._loaded.clear()

    def places(self, ref: ArtifactRef) -> Parts:
        """Return the parts of a value that was loaded, those as well that it shares with others by links."""
        own = self._artifact(ref)
        places: dict[int, Part] = {}
        for (_, name, digest), loaded in self._loaded.items():
            for number, held in loaded.parts().items():
                link = None if loaded is own else link_to(name, digest, loaded.serializer, number)
                if link is None or id(held) not in places:
                    places[id(held)] = Part(number, held, link=link)
        return places

    def data(self, ref: ArtifactRef) -> memoryview:
        """Return the bytes that a loaded value came from, as the value may have changed them since."""
        return self._artifact(ref).data

    def _artifact(self, ref: ArtifactRef) -> _Loaded:
        return self._load(self._groups.get(ref.name, ref.name), ref.name, ref.digest, ref.serializer)

    def _load(self, group: int | str, name: str, digest: str, serializer: str) -> _Loaded:
        loaded = self._loaded.get((group, name, digest))
        if loaded is None:
            data = self._read(digest)
            # An array that stands in several places of the value is one array there.
            views: dict[Link, Any] = {}
            read = deserialize_linked(serializer, data, partial(self._find, group, views))
            loaded = _Loaded(serializer, data, *read)
            self._loaded[group, name, digest] = loaded
        return loaded

    def _find(self, group: int | str, views: dict[Link, Any], link: Link) -> Any:
        if link in views:
            return views[link]
        _, name, digest, serializer, number, *view = link
        held = self._load(group, name, digest, serializer).parts().get(number)
        if held is None:
            raise SerializationError(f"It shares part {number} of {name!r}, which is not there any more")
        if not view:
            return held
        views[link] = view_of(held, *view[0])
        return views[link]


class _Loaded(NamedTuple):
    serializer: str
    data: memoryview
    value: Any
    parts: NumberedParts
