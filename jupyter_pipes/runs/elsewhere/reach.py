"""Whether a controller on another machine would reach all that a run needs, as a process there finds out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.execution.executors.remote.versions import versions, what_differs
from jupyter_pipes.history.history import History
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.runs.elsewhere.luggage import Wanted, outside
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.settings import load, sqlite_file
from jupyter_pipes.storage.signing import Signing
from jupyter_pipes.system.machine import system

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import RunRequest


class Need(Struct, frozen=True):
    """What a controller has to reach, as it is where the run is started.

    Attributes:
        directory: the notebook's folder.
        witness: a file that was just made in the folder of logs.
        blob: the digest of what was just kept in the store.
        history, store: where they are.
        signing: where the team's key is.
        system: the start of an operating system that a SQLite file can be shared in.
        versions: of what is handed over.
        outside: what steps declare that is not in the notebook's folder.
    """

    directory: str
    witness: str
    blob: str
    history: str
    store: str
    signing: Signing | None
    system: str
    versions: dict[str, str]
    outside: tuple[Wanted, ...] = ()


class Reached(Struct, frozen=True):
    """What a process there found: what is in the way, in words, and whether it does not see the folder."""

    trouble: str
    is_away: bool


@contextmanager
def need_of(workspace: Workspace, request: RunRequest) -> Generator[Need]:
    """Yield what a controller of a run has to reach; the witness is there for as long."""
    settings = workspace.settings
    witness = _witness(settings.folder)
    try:
        yield Need(
            str(settings.directory),
            witness,
            workspace.store.put_bytes(_WITNESS),
            settings.history,
            settings.store,
            settings.signing,
            system(),
            dict(versions()),
            tuple(outside(request)),
        )
    finally:
        Path(witness).unlink(missing_ok=True)


_WITNESS = b"Whoever can read this reaches the store."


def _witness(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(prefix="witness-", dir=folder)
    os.close(file)
    return name


def reached(need: Need) -> Reached:
    """Return whether a controller in this process could drive the run."""
    is_away = not Path(need.witness).exists()
    differing = what_differs(versions(), need.versions)
    return Reached(differing or "; ".join(_troubles(need, is_away=is_away)), is_away)


def _troubles(need: Need, *, is_away: bool) -> Iterator[str]:
    yield from _of_the_store(need)
    if is_away:
        yield from (wanted.words for wanted in need.outside if not _is_there(wanted))
    file = sqlite_file(need.history)
    if file is not None and not (need.system and need.system == system() and file.exists()):
        yield (
            "the history is a SQLite file, which only processes of one machine can share: name a PostgreSQL "
            "(history = ... in pipes.toml)"
        )
    else:
        yield from _of_the_history(need, is_away=is_away)


def _is_there(wanted: Wanted) -> bool:
    return bool(wanted.path) and Path(wanted.path).exists()


def _of_the_store(need: Need) -> Iterator[str]:
    try:
        if ArtifactStore(need.store).blobs.size(need.blob) is None:
            yield (
                f'the store {need.store} is not to be seen: name one that all reach (store = "s3://…" or a '
                "shared folder, in pipes.toml)"
            )
    except PipesError as error:
        yield str(error)


def _of_the_history(need: Need, *, is_away: bool) -> Iterator[str]:
    try:
        if need.signing is not None:
            need.signing.signer()
        settings = None if is_away else load(Path(need.directory))
        if settings and (settings.history, settings.store) != (need.history, need.store):
            yield f"the settings of {need.directory} name another history or store"
            return
        with closing(History(need.history)) as history:
            history.running()
    except PipesError as error:
        yield str(error)
