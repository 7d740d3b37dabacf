"""An attempt at its worker, seen from here: what goes there before it begins, and what comes back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.execution.executors.remote.luggage import Packed
from jupyter_pipes.execution.executors.remote.messages import (
    PIECE,
    Answer,
    Ask,
    Begin,
    Bring,
    Fetch,
    Forget,
    Poll,
    Request,
    event_of,
)
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.whole_files import replacing

Asking = Callable[[Request], Awaitable[Answer]]


class Refused(PipesError):
    """A worker cannot take an attempt in: its disk is full, for one."""


class Gone(Exception):
    """The worker does not know the attempt: it was started anew."""


class Transfer:
    """Begins an attempt at its worker and brings back what it reports, values and files included.

    Args:
        job: the attempt.
        ask: sends a request to the worker's station; raises Unreachable where it does not come over.
    """

    def __init__(self, job: Job, ask: Asking) -> None:
        self._job = job
        self._ask = ask
        self._store = ArtifactStore(job.store)
        self._received = 0
        self._log = 0
        self._is_away = False

    async def begin(self) -> None:
        """Have the attempt begin, with what it needs where its folder cannot be seen.

        Raises:
            Refused: the worker cannot keep what it is sent.
            Gone, Unreachable: as for `news`; after the latter it can be asked again.
        """
        job = self._job
        log = Path(job.log)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch(mode=0o600)
        secrets = {name: job.environment[name] for name in job.own.secrets if name in job.environment}
        sent = replace(job, environment=secrets)
        answer = await self._willing(Begin(job.attempt_id, sent, job.log))
        self._is_away = answer.is_away
        if self._is_away and answer.state == "held":
            packed = await in_thread(Packed, job, self._store)
            answer = await self._willing(Ask(job.attempt_id, packed.luggage.digests))
            for digest in answer.missing:
                await self._bring(digest, packed.content(digest))
            await self._willing(Begin(job.attempt_id, sent, job.log, packed.luggage))

    async def _willing(self, request: Request) -> Answer:
        answer = await self._asked(request)
        if answer.trouble:
            raise Refused(answer.trouble)
        return answer

    async def news(self) -> list[ev.AnyEvent]:
        """Return what has happened since it was asked last, once all that belongs to it is here.

        Raises:
            Gone: the worker does not know the attempt.
            Unreachable: it does not answer; nothing is lost, and it can be asked again.
        """
        answer = await self._asked(Poll(self._job.attempt_id, self._received, self._log))
        if answer.data:
            await in_thread(_append, Path(self._job.log), answer.data)
            self._log += len(answer.data)
        events: list[ev.AnyEvent] = []
        for message in answer.messages:
            event = event_of(message)
            if self._is_away:
                await self._fetch_values(event)
            self._received = message.number
            events.append(event)
        if events and isinstance(events[-1], ev.AttemptEnded):
            for path in answer.files:
                await self._fetch_file(path)
            if self._is_away:
                # What it left there takes room until it is told.
                await self._asked(Forget(self._job.attempt_id))
        return events

    async def _asked(self, request: Request) -> Answer:
        answer = await self._ask(request)
        if answer.state == "unknown":
            raise Gone
        return answer

    async def _bring(self, digest: str, content: memoryview) -> None:
        for offset in range(0, max(len(content), 1), PIECE):
            piece = bytes(content[offset : offset + PIECE])
            is_last = offset + PIECE >= len(content)
            await self._willing(Bring(self._job.attempt_id, digest, offset, piece, is_last))

    async def _fetch_values(self, event: ev.AnyEvent) -> None:
        """Bring here what an event refers to."""
        if isinstance(event, ev.ArtifactStored):
            for digest in (event.artifact.digest, *event.artifact.references):
                await self._fetch_blob(digest)
        elif isinstance(event, ev.StepsAdded):
            for digest in dict.fromkeys(value.digest for values in event.values for value in values):
                await self._fetch_blob(digest)
        elif isinstance(event, ev.OutputShown):
            await self._fetch_blob(event.output.digest)

    async def _fetch_blob(self, digest: str) -> None:
        if self._store.blobs.size(digest) is None:
            pieces = [piece async for piece in self._pieces(digest)]
            await in_thread(self._store.blobs.write, pieces)

    async def _fetch_file(self, path: str) -> None:
        """Write a file that the step left; only into the folder that it was to work in."""
        target = Path(os.path.normpath(Path(self._job.directory, path)))
        if not target.is_relative_to(self._job.directory):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft, draft.open("wb") as file:
            async for piece in self._pieces(path):
                file.write(piece)

    async def _pieces(self, what: str) -> AsyncIterator[bytes]:
        offset, size = 0, 1
        while offset < size:
            answer = await self._asked(Fetch(self._job.attempt_id, what, offset))
            if answer.trouble:
                raise PipesError(f"{what} cannot be fetched from its worker, which {answer.trouble}")
            yield answer.data
            offset, size = offset + len(answer.data), answer.size


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
