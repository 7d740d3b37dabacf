"""Whether a controller on another machine would reach all that a run needs, as a process there finds out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.execution.executors.remote.versions import versions, what_differs
from jupyter_pipes.history.history import History
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.storage.settings import load, sqlite_file
from jupyter_pipes.system.processes import system

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace


class Need(Struct, frozen=True):
    """What a controller has to reach, as it is where the run is started.

    Attributes:
        directory: the notebook's folder.
        witnesses: files that were just made, in the folder of logs and in the store: both are to be seen.
        history, store: where they are.
        system: the start of an operating system that a SQLite file can be shared in.
        versions: of what is handed over.
    """

    directory: str
    witnesses: tuple[str, ...]
    history: str
    store: str
    system: str
    versions: dict[str, str]


@contextmanager
def need_of(workspace: Workspace) -> Generator[Need]:
    """Yield what a controller of a project has to reach; the witnesses are there for as long."""
    settings = workspace.settings
    is_folder = "://" not in settings.store
    folders = (settings.folder, *([Path(settings.store)] if is_folder else []))
    witnesses = [_witness(folder) for folder in folders]
    try:
        yield Need(
            str(settings.directory), tuple(witnesses), settings.history, settings.store, system(),
            dict(versions()),
        )  # fmt: skip
    finally:
        for witness in witnesses:
            Path(witness).unlink(missing_ok=True)


def _witness(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(prefix="witness-", dir=folder)
    os.close(file)
    return name


def what_is_missing(need: Need) -> str:
    """Return why a controller in this process could not drive the run, in words; "" if it could."""
    differing = what_differs(versions(), need.versions)
    if differing:
        return differing
    for witness in need.witnesses:
        if not Path(witness).exists():
            return f"the folder {Path(witness).parent} is not to be seen: share it, by NFS for example"
    if sqlite_file(need.history) is not None and not (need.system and need.system == system()):
        return (
            "the history is a SQLite file, which only processes of one machine can share: name a PostgreSQL "
            "(history = ... in pipes.toml)"
        )
    return _what_is_wrong_with_the_history(need)


def _what_is_wrong_with_the_history(need: Need) -> str:
    try:
        settings = load(Path(need.directory))
        if (settings.history, settings.store) != (need.history, need.store):
            return f"the settings of {need.directory} name another history or store"
        with closing(History(need.history)) as history:
            history.running()
    except PipesError as error:
        return str(error)
    return ""
