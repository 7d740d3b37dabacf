"""What was written to places of the catalog last, and what formats did not keep of values, as small files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.execution.publishing.orders import Order
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.storage.catalog.placeholders import with_variables
from jupyter_pipes.storage.catalog.states import state_of

if TYPE_CHECKING:
    # With all that makes files of values, which only a run needs whose catalog names outputs.
    from jupyter_pipes.storage.catalog.writing import Written

_LOOKS = "looks"
"""Folder below that of the notes: what formats do not keep of values."""


class _Note(Struct, frozen=True):
    """What was written to a place last; `directory` is what its path counts from, "" if nobody noted it."""

    place: str
    value: str
    recipe: str
    state: str
    directory: str = ""


class Notes:
    """Remembers what was written where, so that it is written again only when something differs.

    Args:
        project: the folder of what a project keeps.
        directory: the folder that places count from.
    """

    def __init__(self, project: Path, directory: Path) -> None:
        self._folder = _folder(project)
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
        note = _Note(order.place, order.value, order.recipe, written.state, str(self._directory))
        self._keep(self._file(order), note)
        self.note_look(order, written)

    def look(self, order: Order) -> Written | None:
        """Return what a format does not keep of a value; None where it is not known yet."""
        from jupyter_pipes.storage.catalog.writing import Written

        try:
            return msgspec.json.decode(self._look_file(order).read_bytes(), type=Written)
        except (OSError, msgspec.DecodeError):
            return None

    def note_look(self, order: Order, written: Written) -> None:
        """Remember what the format did not keep of the value; not that a database could not be asked.

        Raises:
            PipesError: the note cannot be kept.
        """
        if order.entry.is_table and written.error:
            return
        self._keep(self._look_file(order), replace(written, state=""))

    def _keep(self, file: Path, note: Struct) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(msgspec.json.encode(note))
        except OSError as error:
            raise PipesError(f"{file.parent} cannot be written: {error.strerror or error}") from error

    def _file(self, order: Order) -> Path:
        where = f"{order.place}\0{order.entry.table}" if order.entry.is_table else order.place
        return self._folder / f"{digest(where)[:32]}.json"

    def _look_file(self, order: Order) -> Path:
        return self._folder / _LOOKS / f"{digest(f'{order.value} {order.way}')[:32]}.json"


def idle(project: Path, before: float) -> Iterator[Path]:
    """Yield the notes that nobody needs: of files that are gone, and all that were last written before then.

    Args:
        project: the folder of what a project keeps.
        before: seconds since 1970.
    """
    for file in _folder(project).glob("**/*.json"):
        if file.stat().st_mtime < before or _is_of_nothing(file):
            yield file


def _is_of_nothing(file: Path) -> bool:
    try:
        note = msgspec.json.decode(file.read_bytes(), type=_Note)
    except msgspec.DecodeError:
        return False
    is_known = bool(note.directory) and "://" not in note.place and "{" not in note.place
    return is_known and not Path(note.directory, note.place).exists()


def _folder(project: Path) -> Path:
    return project / "catalog"
