"""The workspaces of this process: one for each folder, of which those used last are kept open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace

MOST = 32
"""Workspaces that are kept open: each has up to five files open, and a process may have 1,024 in all."""

_lock = threading.Lock()
_opened: OrderedDict[Path, Workspace] = OrderedDict()


def workspace_of(directory: Path) -> Workspace:
    """Return the workspace of a folder; the one that was not asked for longest lets go of its files.

    Whoever still uses that one opens them again by using it.
    """
    from jupyter_pipes.history.workspace import Workspace

    with _lock:
        workspace = _opened.pop(directory, None) or Workspace(directory)
        _opened[directory] = workspace
        superfluous = [_opened.popitem(last=False)[1] for _ in range(len(_opened) - MOST)]
    for each in superfluous:
        each.let_go()
    return workspace


def forget() -> None:
    """Have all workspaces read their settings, and open what they keep, anew."""
    with _lock:
        _opened.clear()
