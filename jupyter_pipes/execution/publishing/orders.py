"""What is to be written to a place of the catalog, as data."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.catalog.entries import Entry


class Order(Struct, frozen=True):
    """A kept value that is to stand in a place.

    Attributes:
        entry: what the catalog says of its name.
        place: the path, filled but for environment variables.
        artifact: the value.
    """

    entry: Entry
    place: str
    artifact: ArtifactRef

    @property
    def value(self) -> str:
        """What is equal exactly where the value is."""
        return self.artifact.content or f"{self.artifact.serializer}:{self.artifact.digest}"

    @property
    def recipe(self) -> str:
        """What is equal where the same value makes the same file."""
        entry = self.entry
        return digest(msgspec.json.encode((entry.format, entry.table, entry.save, entry.strict)))


class Orders(Struct, frozen=True):
    """Several, with where they are carried out; `only_look` is to say only what would come of them."""

    orders: tuple[Order, ...]
    store: str
    directory: str
    only_look: bool = False
