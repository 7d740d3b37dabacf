"""What a project keeps: its history, artifacts and logs, opened when first needed."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path

from jupyter_pipes.history.database import PATIENCE
from jupyter_pipes.history.history import History
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage import file_digests
from jupyter_pipes.storage import settings as config
from jupyter_pipes.storage.artifacts import ArtifactStore

_logger = logging.getLogger(__name__)

_SQLITE = "sqlite:///"
_LONGEST_STEM, _SHORT_STEM = 240, 100
"""Bytes: file systems allow names of 255, with the attempt's number and the ending."""


class Workspace:
    """The kept things of the project that a folder belongs to."""

    def __init__(self, directory: Path) -> None:
        self.settings = config.load(directory)

    @property
    def has_history(self) -> bool:
        """Whether anything may have been kept: asking for it does not make the folder."""
        path = self.settings.history.removeprefix(_SQLITE)
        return path == self.settings.history or Path(path).exists()

    @cached_property
    def history(self) -> History:
        """The runs; those whose controller is gone are marked interrupted on opening."""
        config.make_folder(self.settings)
        history = History(self.settings.history)
        try:
            history.settle_interrupted()
        except StoreError as error:
            # Looking and cleaning up must go where nothing can be written: on a full disk.
            _logger.warning("runs whose controller is gone count as running: %s", error)
        file_digests.recall(history.file_digests())
        return history

    @cached_property
    def store(self) -> ArtifactStore:
        """The artifacts."""
        config.make_folder(self.settings)
        return ArtifactStore(self.settings.store)

    def check_values(self, *, trust: bool) -> None:
        """Have only values loaded that this user, or root, wrote: loading one runs the code that it names.

        A store that is not on this machine is the one that the user's own settings name.

        Args:
            trust: whether the user said that values of others are to be loaded as well.

        Raises:
            UntrustedStore: others could have written them.
        """
        store = self.settings.store.removeprefix("file://")
        if not trust and "://" not in store:
            for place in (self.settings.folder, Path(store)):
                config.check_store(place)

    def keep_file_digests(self, patience: float = PATIENCE) -> None:
        """Keep what was read of files, so that no later process reads them again for it.

        Args:
            patience: seconds for which another process's lock is waited for.

        Raises:
            StoreError: the history cannot be written.
        """
        self.history.keep_file_digests(file_digests.take_new(), patience)

    def folder_now(self, folder: Path, origin: str) -> Path:
        """Return where a kept run's folder is now: runs go along when their project is moved or copied.

        Args:
            folder: where it was.
            origin: the name of the notebook or module that stands in it.
        """
        project = self.settings.folder.parent
        history = Path(self.settings.history.removeprefix(_SQLITE))
        if folder.resolve().is_relative_to(project):
            return folder
        if folder.is_dir() and not history.is_relative_to(project):
            # Several projects share a history.
            return folder
        names = folder.parts
        places = (project.joinpath(*names[place:]) for place in range(len(names), 0, -1))
        return next((place for place in places if (place / origin).exists()), self.settings.directory)

    @property
    def log_folder(self) -> Path:
        """Where the logs of all runs are, a folder for each."""
        return self.settings.folder / "logs"

    def log_path(self, run: str, step: str, attempt: int) -> Path:
        """Return where an attempt's log is."""
        return self.log_folder / run / f"{log_stem(step)}.{attempt}.log"


def log_stem(step: str) -> str:
    """Return how names of logs begin: with the step's name, or a short form of it that no other step has."""
    name = step.encode()
    if len(name) <= _LONGEST_STEM:
        return step
    # The letters of some scripts take four bytes, and `~` is in no step's name.
    return f"{name[:_SHORT_STEM].decode(errors='ignore')}~{digest(name)[:16]}"
