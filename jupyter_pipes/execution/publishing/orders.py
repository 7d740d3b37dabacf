"""What is to be written to a place of the catalog, and what was written there last, as data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.placeholders import with_variables
from jupyter_pipes.storage.catalog.states import state_of

if TYPE_CHECKING:
    # With all that makes files of values, which only a run needs whose catalog names outputs.
    from jupyter_pipes.storage.catalog.writing import Written


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
    """Several, with where they are carried out."""

    orders: tuple[Order, ...]
    store: str
    directory: str


class _Note(Struct, frozen=True):
    """What was written to a place last."""

    place: str
    value: str
    recipe: str
    state: str


class Notes:
    """Remembers what was written where, so that it is written again only when something differs.

    Args:
        folder: where the notes are.
        directory: the folder that places count from.
    """

    def __init__(self, folder: Path, directory: Path) -> None:
        self._folder = folder
        self._directory = directory

    def is_done(self, order: Order) -> bool:
        """Return whether the place holds the value as it was written last.

        Raises:
            ConfigurationError: an environment variable of its path is not set.
        """
        try:
            note = msgspec.json.decode(self._file(order).read_bytes(), type=_Note)
        except (OSError, msgspec.DecodeError):
            return False
        if (note.value, note.recipe) != (order.value, order.recipe):
            return False
        try:
            return note.state == state_of(order.entry, with_variables(order.place), self._directory)
        except ConfigurationError:
            raise
        except Exception:  # another file system that cannot be asked now is written to, and tells why not
            return False

    def note(self, order: Order, written: Written) -> None:
        """Remember what was written.

        Raises:
            PipesError: the note cannot be kept.
        """
        note = _Note(order.place, order.value, order.recipe, written.state)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file(order).write_bytes(msgspec.json.encode(note))
        except OSError as error:
            raise PipesError(f"{self._folder} cannot be written: {error.strerror or error}") from error

    def _file(self, order: Order) -> Path:
        where = f"{order.place}\0{order.entry.table}" if order.entry.is_table else order.place
        return self._folder / f"{digest(where)[:32]}.json"
