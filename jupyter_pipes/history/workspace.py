"""What a project keeps: its history, artifacts and logs, opened when first needed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.history.history import History
from jupyter_pipes.history.seals import Seals, attachment_of
from jupyter_pipes.history.sql.database import PATIENCE
from jupyter_pipes.history.sql.failures import Locked
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ConfigurationError, StoreError, UntrustedStore
from jupyter_pipes.model.views import RunView
from jupyter_pipes.storage import file_digests
from jupyter_pipes.storage import settings as config
from jupyter_pipes.storage.artifacts import UNSIGNED, ArtifactStore
from jupyter_pipes.storage.catalog.entries import Catalog
from jupyter_pipes.storage.locks import Locks
from jupyter_pipes.storage.queues import Queue
from jupyter_pipes.storage.settings import sqlite_file
from jupyter_pipes.storage.signing import Signer
from jupyter_pipes.storage.whole_files import reach_disk

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_logger = logging.getLogger(__name__)

_LONGEST_STEM, _SHORT_STEM = 240, 100
"""Bytes: file systems allow names of 255, with the attempt's number and the ending."""


class Workspace:
    """The kept things of the project that a folder belongs to.

    Args:
        settings: the folder, whose settings are read; or settings, which stay as they are.
        stands_for: the notebook's folder, where that is on a machine that cannot be seen from here, and the
            settings' folder has what travelled of it; "" if it is the notebook's folder.
    """

    def __init__(self, settings: Path | config.Settings, stands_for: str = "") -> None:
        self._given = settings if isinstance(settings, config.Settings) else None
        self.settings = settings if isinstance(settings, config.Settings) else config.load(settings)
        self.stands_for = stands_for
        self._is_in_place = False
        """Whether the names of the history's folders are on the disk."""
        self._is_trusted = False

    @property
    def queues(self) -> dict[str, Queue]:
        """The queues on other machines, as they are named now: also once a kernel runs."""
        return (self._given or config.load(self.settings.directory)).queues

    @property
    def catalog(self) -> Catalog:
        """What the catalog names now: also once a kernel runs."""
        return (self._given or config.load(self.settings.directory)).catalog

    @property
    def has_history(self) -> bool:
        """Whether anything may have been kept: asking for it does not make the folder."""
        path = sqlite_file(self.settings.history)
        return path is None or path.exists()

    @cached_property
    def history(self) -> History:
        """The runs; those whose controller is gone are marked interrupted on opening.

        A folder that cannot be written, and where nothing was kept, has no runs.
        """
        if not self.has_history and not self._is_made():
            return History(f"{config.SQLITE}{self._elsewhere.name}/history.db")
        history = History(self.settings.history, self.lost, Seals(self._signer))
        file_digests.recall(history.file_digests())
        try:
            history.settle_interrupted()
        except StoreError as error:
            # Looking and cleaning up must go where nothing can be written: on a full disk.
            _logger.warning("runs whose controller is gone count as running: %s", error)
        return history

    @cached_property
    def locks(self) -> Locks:
        """What steps' packages and revisions came to."""
        return Locks(self.settings.folder, self.settings.directory)

    @cached_property
    def store(self) -> ArtifactStore:
        """The artifacts."""
        return ArtifactStore(self.settings.store, signed_only=bool(self.settings.signing))

    @cached_property
    def _signer(self) -> Signer | None:
        return self.settings.signing.signer() if self.settings.signing else None

    def open(self) -> None:
        """Open all of it, to be written.

        Raises:
            ConfigurationError: its folder cannot be made.
            StoreError: the history cannot be opened.
        """
        config.make_folder(self.settings)
        _ = self.history, self.store

    def let_go(self) -> None:
        """Close the files of the history, if it is open; who asks it opens them again."""
        if "history" in vars(self):
            self.history.close()

    def _is_made(self) -> bool:
        """Whether the folder is there, or could be made."""
        try:
            config.make_folder(self.settings)
        except ConfigurationError:
            return False
        return True

    @cached_property
    def _elsewhere(self) -> TemporaryDirectory[str]:
        from tempfile import TemporaryDirectory

        return TemporaryDirectory(prefix="jupyter_pipes-", ignore_cleanup_errors=True)

    @property
    def is_trusted(self) -> bool:
        """Whether values may be loaded without asking the user."""
        return not self.distrust

    @property
    def distrust(self) -> str:
        """Why values may not be loaded without asking the user; "" if they may."""
        try:
            self.check_values(trust=False)
        except UntrustedStore as error:
            return str(error)
        return ""

    def check_values(self, *, trust: bool) -> None:
        """Have only values loaded that this user, or root, wrote: loading one runs the code that it names.

        A store that is not on this machine is the one that the user's own settings name.

        Args:
            trust: whether the user said that values of others are to be loaded as well, now and later on.

        Raises:
            UntrustedStore: others could have written them.
        """
        store = self.settings.store.removeprefix("file://")
        self._is_trusted = self._is_trusted or trust
        self.store.signed_only = bool(self.settings.signing) and not self._is_trusted
        if not self._is_trusted and "://" not in store:
            for place in (self.settings.folder, Path(store)):
                config.check_store(place)

    def arguments(self, view: RunView) -> bytes | None:
        """Return what a run was given, with pickled parameters; None if it is not kept.

        Raises:
            UntrustedStore: nobody of the team signed it, and the user did not say that it is trusted.
        """
        digest, is_unsigned = attachment_of(view.arguments)
        if is_unsigned and not self._is_trusted:
            raise UntrustedStore(f"run {view.run} {UNSIGNED}")
        return self.history.attachment(digest)

    def keep_file_digests(self, patience: float = PATIENCE) -> None:
        """Keep what was read of files, so that no later process reads them again for it; they reach the disk.

        Args:
            patience: seconds for which another process's lock is waited for.

        Raises:
            StoreError: the history cannot be written.
        """
        try:
            with file_digests.keeping() as new:
                self.history.keep_file_digests(new, patience)
        except OSError as error:
            raise StoreError(f"files that were read cannot be synced: {error}") from error

    def sync(self, digests: Iterable[str]) -> None:
        """Have blobs outlast a power cut, then what the history says by now.

        Raises:
            StoreError: one of them cannot be brought to the disk.
        """
        self.store.blobs.sync(digests)
        self._keep_file_digests_if_possible()
        self._sync_history()

    def _keep_file_digests_if_possible(self) -> None:
        """Keep what was read of files; what cannot be kept now is tried next time, or read again."""
        try:
            self.keep_file_digests(patience=0)
        except Locked:
            return
        except StoreError:
            _logger.warning("digests of files are not kept", exc_info=True)

    def _sync_history(self) -> None:
        """Have what was written there outlast a power cut; a server sees to that by itself."""
        path = sqlite_file(self.settings.history)
        if path is None:
            return
        try:
            # Its log holds what is not in the database yet. Closing one of the other files would give up
            # SQLite's locks on it.
            reach_disk([f"{path}-wal", *([] if self._is_in_place else path.parents)])
        except OSError as error:
            raise StoreError(f"the history cannot be synced ({path}): {error.strerror or error}") from error
        self._is_in_place = True

    def lost(self, view: RunView) -> list[str]:
        """Return the steps of a run whose results are not whole; those of the others reach the disk.

        A power cut may have taken what its controller had not synced; who was there knows of the rest.
        """
        done = {step.name: step.artifacts for step in view.steps.values() if step.status.is_done}
        blobs = self.store.blobs
        try:
            doubtful = {name: self.store.doubtful(artifacts) for name, artifacts in done.items()}
            self._sync_if_possible(each for digests in doubtful.values() for each in digests)
            return [
                name
                for name, digests in doubtful.items()
                if not all(blobs.is_whole(each, None) for each in digests)
            ]
        except StoreError:
            _logger.warning("what run %s left cannot be looked at", view.run, exc_info=True)
            return []

    def _sync_if_possible(self, digests: Iterable[str]) -> None:
        """Have blobs reach the disk; those that cannot are not there any more."""
        try:
            self.store.blobs.sync(digests)
        except StoreError:
            _logger.warning("what a run left cannot be brought to the disk", exc_info=True)

    def folder_now(self, folder: Path, origin: str) -> Path:
        """Return where a kept run's folder is now: runs go along when their project is moved or copied.

        Args:
            folder: where it was.
            origin: the name of the notebook or module that stands in it.
        """
        project = self.settings.folder.parent
        if self.stands_for:
            return self.settings.directory
        history = sqlite_file(self.settings.history)
        if folder.resolve().is_relative_to(project):
            return folder
        if folder.is_dir() and not (history and history.is_relative_to(project)):
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

    def controller_log(self, run: str) -> Path:
        """Return where the log of a run's own controller is; one of a step has a number in its name."""
        return self.log_folder / run / "controller.log"


def log_stem(step: str) -> str:
    """Return how names of logs begin: with the step's name, or a short form of it that no other step has."""
    name = step.encode()
    if len(name) <= _LONGEST_STEM:
        return step
    # The letters of some scripts take four bytes, and `~` is in no step's name.
    return f"{name[:_SHORT_STEM].decode(errors='ignore')}~{digest(name)[:16]}"
