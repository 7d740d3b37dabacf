"""Which notebook a kernel belongs to: by what its front end says, else by the cells that it ran."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from jupyter_pipes.kernel.notebook import saved
from jupyter_pipes.kernel.notebook.saved import SavedNotebook
from jupyter_pipes.model.digests import digest
from jupyter_pipes.pipelines.declarations.cells import PAPERMILLS_LINE

_SESSION = "JPY_SESSION_NAME"
_VS_CODE = "__vsc_ipynb_file__"
_PAPERMILL = "PAPERMILL_INPUT_PATH"


class Execution(Struct, frozen=True):
    """A cell that a kernel ran: its id, None where the front end sends none, and its text."""

    cell_id: str | None
    source: str


def told_path(namespace: Mapping[str, Any]) -> Path | None:
    """Return the notebook that the front end names, whether or not this machine has such a file.

    Args:
        namespace: the kernel's variables: VS Code says it there, JupyterLab's server to the process.
    """
    names = (namespace.get(_VS_CODE), _session_name())
    paths = (Path(name).absolute() for name in names if isinstance(name, str))
    return next((path for path in paths if path.suffix == ".ipynb"), None)


def _session_name() -> str | None:
    """Return what the server says; a notebook that runs another one hands on what it was told itself."""
    name = os.environ.get(_SESSION)
    return name if name and _environment_of_starter().get(_SESSION) != name else None


def _environment_of_starter() -> Mapping[str, str]:
    import psutil

    try:
        return psutil.Process(os.getppid()).environ()
    except psutil.Error:
        return {}


def find(executions: Sequence[Execution], folder: Path, namespace: Mapping[str, Any]) -> Path | None:
    """Return the notebook whose cells these are, if just one can be it; None if none or several can.

    Args:
        executions: all that the kernel ran, in order.
        folder: where to look, behind the notebooks that were named to the program that started the kernel.
        namespace: the kernel's variables: papermill tells there what it runs, if it is asked to.
    """
    named = _fitting(executions, [*_injected_path(namespace), *_named_to_starter()])
    paths = named or _fitting(executions, sorted(folder.glob("*.ipynb")))
    return paths[0] if len(paths) == 1 else None


def _fitting(executions: Sequence[Execution], paths: Iterable[Path]) -> list[Path]:
    """Return the notebooks that fit, each once: papermill's outputs stand for what they were made from."""
    notebooks = filter(None, map(saved.read, paths))
    fitting = [notebook for notebook in notebooks if _fits(executions, notebook)]
    if any(execution.cell_id for execution in executions):
        # A copy has the same ids.
        fitting = [each for each in fitting if _has_texts(executions, each)] or fitting
    return list(dict.fromkeys(notebook.made_from or notebook.path for notebook in fitting))


def _fits(executions: Sequence[Execution], notebook: SavedNotebook) -> bool:
    """Whether the notebook has one of the ids; where none are sent, whether its first cells were run."""
    ids = {execution.cell_id for execution in executions if execution.cell_id}
    if ids:
        return not ids.isdisjoint(cell.id for cell in notebook.cells)
    ran = [execution.source for execution in executions if not _is_injected(execution.source)]
    texts = [cell.source for cell in notebook.cells if cell.is_code and cell.source.strip()]
    own = [text for text in texts if not _is_injected(text)]
    return bool(ran) and own[: len(ran)] == ran


def _is_injected(source: str) -> bool:
    """Whether papermill may have put this cell in: it stands in its output only."""
    return source.startswith(f"{PAPERMILLS_LINE}\n")


def _has_texts(executions: Sequence[Execution], notebook: SavedNotebook) -> bool:
    texts = {cell.source for cell in notebook.cells}
    return all(execution.source in texts for execution in executions if execution.cell_id)


def _injected_path(namespace: Mapping[str, Any]) -> list[Path]:
    name = namespace.get(_PAPERMILL)
    return [Path(name).absolute()] if isinstance(name, str) else []


def _named_to_starter() -> list[Path]:
    """Return the notebooks on the command line of the program that started this kernel.

    Of papermill's two only the first is run.
    """
    import psutil

    try:
        starter = psutil.Process(os.getppid())
        words, folder = starter.cmdline(), Path(starter.cwd())
    except psutil.Error:
        return []
    paths = [folder / word for word in words if word.endswith(".ipynb")]
    is_papermill = any(Path(word).name == "papermill" for word in words)
    return [path for path in paths[: 1 if is_papermill else None] if path.is_file()]


def path_of_cell(cell_id: str) -> Path | None:
    """Return the notebook that an id of VS Code's names (`vscode-notebook-cell:/…/a.ipynb#W0`); else None."""
    address = urlsplit(cell_id)
    path = Path(unquote(address.path))
    return path if address.scheme == "vscode-notebook-cell" and path.suffix == ".ipynb" else None


def name_of(path: Path, folder: Path) -> str:
    """Return what a notebook's pipeline is called: as the file, with the way to it from another folder."""
    path, folder = Path(os.path.normpath(path.absolute())), folder.absolute()
    if path.parent != folder and path.is_relative_to(folder):
        return path.relative_to(folder).with_suffix("").as_posix()
    return path.stem


def name_of_unknown(executions: Sequence[Execution]) -> str:
    """Return a name that no other notebook has, and this one has again: by a cell's id, else by all texts."""
    own = [execution for execution in executions if not _is_injected(execution.source)]
    cell_id = next((execution.cell_id for execution in own if execution.cell_id), None)
    texts = "\0".join(execution.source for execution in own)
    return f"notebook-{digest(cell_id or texts)[:8]}"
