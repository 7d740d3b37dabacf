"""The place of a run on a machine that does not see its notebook's folder: what travelled, laid out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import astuple, replace

from jupyter_pipes.execution.executors.remote.luggage import lay_out
from jupyter_pipes.execution.executors.remote.programs import GIVEN
from jupyter_pipes.history.seals import attachment_of
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import PipesError, UntrustedStore, described
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.elsewhere.luggage import Given
from jupyter_pipes.storage.queues import Queue, Tls
from jupyter_pipes.storage.settings import FOLDER, Settings


def settled(home: Path, run: str) -> Workspace:
    """Return a run's project as it is in a folder of its own, with the files that travelled.

    Args:
        home: the folder; what is given to it is taken out.
        run: the run that is driven there.

    Raises:
        PipesError: what it needs cannot be laid out; the run has ended with that.
    """
    home = home.resolve()
    given = msgspec.msgpack.decode((home / GIVEN).read_bytes(), type=Given)
    (home / GIVEN).unlink()
    workspace = Workspace(_settings(home, given), given.directory)
    try:
        files = workspace.history.view(run).folder
        _check(files, workspace.settings.directory)
        lay_out(files, workspace.store, workspace.settings.directory)
    except (OSError, PipesError) as error:
        reason = f"its folder could not be laid out: {described(error)}"
        workspace.history.end(run, Status.FAILED, reason)
        raise PipesError(f"run {run}: {reason}") from error
    return workspace


def _check(files: Mapping[str, str], folder: Path) -> None:
    """Refuse files that no controller of the team sent: modules are among them, which steps run."""
    for path, digest in files.items():
        _, is_unsigned = attachment_of(digest)
        if is_unsigned or not Path(os.path.normpath(folder / path)).is_relative_to(folder):
            raise UntrustedStore(f"nobody of the team can have sent the file {path}")


def _settings(home: Path, given: Given) -> Settings:
    work = home / "work"
    work.mkdir()
    queues = {name: _with_certificates(queue, home, given) for name, queue in given.queues.items()}
    return Settings(work, work / FOLDER, given.store, given.history, given.lease, queues, given.signing)


def _with_certificates(queue: Queue, home: Path, given: Given) -> Queue:
    """Return a queue with its certificates where only this user can read them."""
    if queue.tls is None:
        return queue
    places = [home / f"{queue.name}-{number}.pem" for number in range(len(astuple(queue.tls)))]
    for place, path in zip(places, astuple(queue.tls), strict=True):
        place.touch(0o600)
        place.write_bytes(given.certificates[path])
    return replace(queue, tls=Tls(*map(str, places)))
