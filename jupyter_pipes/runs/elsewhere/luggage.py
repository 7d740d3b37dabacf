"""What a controller takes along that does not see the notebook's folder: files in the store, and settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.local_modules import imported, reach
from jupyter_pipes.execution.executors.remote.luggage import little
from jupyter_pipes.planning.fingerprints import files_named, named_files
from jupyter_pipes.storage.out_files import keep_content
from jupyter_pipes.storage.queues import Queue
from jupyter_pipes.storage.settings import FOLDER
from jupyter_pipes.storage.signing import Signing

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.request import RunRequest


_SETTINGS = ("pipes.toml", "pyproject.toml")
"""Files that may say how to get into the history: the store is not told."""


class Given(Struct, frozen=True):
    """The settings of a project as they travel: to the worker that has the controller, never to the store.

    Attributes:
        directory: the notebook's folder.
        store, history, lease, queues, signing: as `Settings` has them.
        certificates: path -> content, of the files that queues name.
    """

    directory: str
    store: str
    history: str
    lease: float
    queues: dict[str, Queue]
    signing: Signing | None
    certificates: dict[str, bytes]


class Wanted(Struct, frozen=True):
    """What a step says that it needs, and does not travel.

    Attributes:
        words: whose it is and what, for people.
        path: where it has to be; "" if nowhere else than in the notebook's folder.
    """

    words: str
    path: str = ""


def packed(workspace: Workspace) -> bytes:
    """Return the settings as they travel.

    Raises:
        OSError: a certificate cannot be read.
    """
    settings = workspace.settings
    secured = [queue.tls for queue in settings.queues.values() if queue.tls]
    files = [path for tls in secured for path in msgspec.structs.astuple(tls)]
    given = Given(
        str(settings.directory),
        settings.store,
        settings.history,
        settings.lease,
        workspace.queues,
        settings.signing,
        {path: Path(path).read_bytes() for path in files},
    )
    return msgspec.msgpack.encode(given)


def keep_folder(request: RunRequest, workspace: Workspace) -> dict[str, str]:
    """Bring to the store what a run needs of the notebook's folder; return path -> digest.

    Raises:
        OSError: a file cannot be read.
        StoreError: the store cannot be written.
    """
    store, folder = workspace.store, request.directory
    files = {name: path for path in _files(request, folder) if (name := _inside(path, folder))}
    # What packages and revisions came to when somebody looked last holds there as well.
    locks = (path for path in workspace.settings.folder.glob("environments/*") if path.is_file())
    files |= {f"{FOLDER}/environments/{path.name}": path for path in sorted(locks)}
    return {name: keep_content(store, path) for name, path in files.items()}


def outside(request: RunRequest) -> Iterator[Wanted]:
    """Yield what steps declare that is not in the notebook's folder."""
    folder = request.directory
    for step in _steps(request):
        for pattern in step.options.files:
            if not all(_inside(path, folder) for path in files_named(pattern, folder)):
                words = f"step {step.name} needs {pattern} (--file), outside of the notebook's folder"
                yield Wanted(words, pattern if Path(pattern).is_absolute() else "")
    for place in map(Path, request.definition.python_path):
        if not (_inside(place, folder) or place.samefile(folder)):
            yield Wanted(f"modules are imported from {place}, outside of the notebook's folder")


def _inside(path: Path, folder: Path) -> str:
    """Return the path of what is in a folder, from there on; "" for what is not."""
    name = os.path.relpath(path, folder)
    return "" if name == os.curdir or Path(name).parts[0] == os.pardir else name


def _steps(request: RunRequest) -> Iterator[Step]:
    """Yield the steps that may run, and below each that is another pipeline those of that."""
    decided = set(request.arguments.selection.decided)
    for step in request.definition.steps:
        if step.name in decided:
            yield step
            if step.name in request.children:
                yield from _steps(request.children[step.name])


def _files(request: RunRequest, folder: Path) -> Iterator[Path]:
    """Yield what the code and `--file` name, local modules, and the rest of the folder if it is little."""
    for step in _steps(request):
        yield from (path for seen in named_files(step, folder) if (path := folder / seen.path).is_file())
        yield from (path for pattern in step.options.files for path in files_named(pattern, folder))
        names = [name for source in step.sources for name in imported(source)]
        yield from reach((*step.imports, *names), map(Path, request.definition.python_path)).local
    yield from (path for path in little(folder) if path.name not in _SETTINGS)
