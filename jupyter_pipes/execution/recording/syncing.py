"""Has what a run leaves reach the disk behind its back, and all of it before the end of the run is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage import file_digests

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.results import ArtifactRef

_logger = logging.getLogger(__name__)

_TOGETHER = 0.25
"""Seconds in which what is left is synced at once: a disk takes some ms for it, however much it is."""

_WORTH_TELLING = 1.0
"""Seconds of waiting for the disk after which it is told."""


class Syncing:
    """Syncs what the steps of one run leave. Used on the background thread; the disk is waited for on others.

    The journal takes each fact at once, so that nothing is lost when a process is killed. Of a run that goes
    on when the power is cut, whoever settles it holds what is not known to be synced against the digests; for
    one that has ended nobody does: its end is written when all that it left is on the disk.
    """

    def __init__(self, workspace: Workspace, loop: asyncio.AbstractEventLoop) -> None:
        self._workspace = workspace
        self._loop = loop
        self._waiting: set[str] = set()
        self._is_last = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failure: StoreError | None = None
        """Why something that the run left cannot be brought to the disk, if it cannot."""

    @property
    def is_idle(self) -> bool:
        """Whether all is on the disk."""
        return self._task is None and not file_digests.has_new()

    def add(self, artifacts: Iterable[ArtifactRef]) -> None:
        """Have artifacts synced soon, with what comes in the next moment, unless somebody did it before."""
        self._waiting |= self._workspace.store.doubtful(artifacts)
        if self._waiting and self._task is None:
            self._task = self._loop.create_task(self._sync())

    def add_written(self, artifacts: Iterable[ArtifactRef]) -> None:
        """Do so with what a process of this run has just written, and take its word for the content."""
        for artifact in artifacts:
            # Spares the next decision reading it again.
            self._workspace.store.note_written(artifact)
        self.add(artifacts)

    async def finish(self, tell: Callable[[], None], then: Callable[[], None]) -> None:
        """Call `then` when all is on the disk, or cannot be brought there, and `tell` if that takes long."""
        self._is_last.set()
        task = self._task or self._loop.create_task(self._sync())
        _, late = await asyncio.wait({task}, timeout=_WORTH_TELLING)
        if late:
            tell()
        await task
        then()

    def finish_now(self) -> None:
        """Sync what is left, and wait for it on this thread."""
        digests, self._waiting = self._waiting, set()
        self._sync_blobs(digests)

    def close(self) -> None:
        """Keep the digests of files that were read; have the end of the run synced, without waiting for it.

        The process does not exit before.
        """
        try:
            self._workspace.keep_file_digests(patience=0)
        except StoreError:
            # The run itself is kept: another process will read those files once more.
            _logger.warning("digests of files are not kept", exc_info=True)
        # An interpreter that is on its way out takes no work any more.
        with suppress(RuntimeError):
            self._loop.run_in_executor(None, self._sync_blobs, ())

    async def _sync(self) -> None:
        is_first = True
        while self._waiting or is_first:
            is_first = False
            await _first_of(self._is_last, _TOGETHER)
            digests, self._waiting = self._waiting, set()
            await asyncio.to_thread(self._sync_blobs, digests)
        self._task = None

    def _sync_blobs(self, digests: Iterable[str]) -> None:
        try:
            self._workspace.sync(digests)
        except StoreError as error:
            # What comes behind the end of the run ends nothing any more.
            _logger.warning("what the run left is not synced", exc_info=True)
            self.failure = error


async def _first_of(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
