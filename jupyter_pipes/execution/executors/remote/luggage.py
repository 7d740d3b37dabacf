"""What a job takes along to a machine that sees nothing of its folder: packed here, unpacked there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.analysis.local_modules import imported, reach
from jupyter_pipes.execution.executors.remote.messages import Luggage
from jupyter_pipes.model.job import Job
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.file_digests import file_digest

MOST_FILES = 1_000
MOST_BYTES = 64 << 20
"""What of a folder travels without being named; of a larger one only what the code or `--file` names."""

_LEFT = {"__pycache__", "node_modules"}
"""Folders that nobody reads data from, beside those whose names begin with a dot."""


class Packed:
    """A job's luggage, and where what is in it stands on this machine.

    Args:
        job: the attempt.
        store: where its inputs are kept; they travel only if nobody else reaches it.
    """

    def __init__(self, job: Job, store: ArtifactStore) -> None:
        self._store = store
        self._sources: dict[str, Path] = {}
        self.luggage = Luggage(
            tuple(_inputs(job)) if is_local(job.store) else (),
            dict(self._files(job)),
            tuple(self._modules(job)),
        )

    def content(self, digest: str) -> memoryview:
        """Return what has this digest; StoreError, OSError if it is there no more."""
        if digest in self._sources:
            return memoryview(self._sources[digest].read_bytes())
        return self._store.view(digest)

    def _files(self, job: Job) -> Iterator[tuple[str, str]]:
        """Yield what of the working directory travels: what the code names, and the rest if it is little."""
        folder = Path(job.directory)
        named = [path for seen in job.named if (path := folder / seen.path).is_file()]
        for path in dict.fromkeys((*named, *little(folder))):
            if path.is_relative_to(folder):
                digest = file_digest(path)
                self._sources[digest] = path
                yield str(path.relative_to(folder)), digest

    def _modules(self, job: Job) -> Iterator[dict[str, str]]:
        places = tuple(map(Path, job.python_path))
        names = [name for source in job.step.sources for name in imported(source)]
        handed = [each.partition(":")[0] for ref in job.inputs.values() if ref for each in ref.imports]
        local = reach((*job.step.imports, *names, *handed), places).local
        for place in places:
            files = [path for path in local if _first_of(places, path) == place]
            self._sources.update({file_digest(path): path for path in files})
            yield {str(path.relative_to(place)): file_digest(path) for path in files}


async def unpack(luggage: Luggage, store: ArtifactStore, home: Path, job: Job) -> Job:
    """Lay out a job's luggage in a folder of its own; return the job as it runs there.

    Raises:
        StoreError: something was not brought.
    """
    work = home / "work"
    work.mkdir(parents=True, exist_ok=True)
    entries = [
        work if entry == job.directory else home / "modules" / str(number)
        for number, entry in enumerate(job.python_path)
    ]
    await asyncio.to_thread(lay_out, luggage.files, store, work)
    for entry, files in zip(entries, luggage.modules, strict=True):
        await asyncio.to_thread(lay_out, files, store, entry)
    return replace(job, directory=str(work), python_path=tuple(map(str, entries)))


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a working directory, hidden ones and notebooks left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT)
        yield from (
            Path(place, name) for name in sorted(names) if not name.startswith(".") and _is_data(name)
        )


def is_local(store: str) -> bool:
    """Return whether a store is one that only this machine reaches."""
    return "://" not in store or store.startswith("file://")


def _is_data(name: str) -> bool:
    return not name.endswith((".ipynb", ".pyc"))


def little(folder: Path) -> list[Path]:
    """Return all files of a folder; none if they are too many or too large to be sent along."""
    files = list(islice(files_in(folder), MOST_FILES + 1))
    size = sum(path.stat().st_size for path in files if path.is_file())
    return files if len(files) <= MOST_FILES and size <= MOST_BYTES else []


def _inputs(job: Job) -> Iterator[str]:
    for ref in job.inputs.values():
        if ref is not None:
            yield from (ref.digest, *ref.references)


def _first_of(places: tuple[Path, ...], path: Path) -> Path:
    return next(place for place in places if path.is_relative_to(place))


def lay_out(files: dict[str, str], store: ArtifactStore, folder: Path) -> None:
    for path, digest in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(store.view(digest))
