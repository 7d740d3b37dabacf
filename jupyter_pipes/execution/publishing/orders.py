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
    def where(self) -> str:
        """The place as it is told: several tables stand in one database."""
        return f"{self.place}, table {self.entry.table}" if self.entry.is_table else self.place

    @property
    def value(self) -> str:
        """What is equal exactly where the value is."""
        return self.artifact.content or f"{self.artifact.serializer}:{self.artifact.digest}"

    @property
    def recipe(self) -> str:
        """What is equal where the same value makes the same file."""
        entry = self.entry
        return digest(msgspec.json.encode((entry.format, entry.table, entry.save, entry.strict)))

    @property
    def way(self) -> str:
        """What is equal where a format keeps the same of a value: that of a table hangs on its database."""
        entry = self.entry
        place = entry.path if entry.is_table else ""
        return digest(msgspec.json.encode((entry.format, place, entry.save, entry.load)))


class Orders(Struct, frozen=True):
    """Several, with where they are carried out; `only_look` is to say only what would come of them."""

    orders: tuple[Order, ...]
    store: str
    directory: str
    only_look: bool = False
