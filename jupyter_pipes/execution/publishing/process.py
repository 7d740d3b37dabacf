"""Has a process of its own load kept values and write them: their classes stay out of this one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.execution.publishing.orders import Order, Orders
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.catalog.writing import Written

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import Definition

_PROGRAM = (sys.executable, "-P", "-m", "jupyter_pipes.execution.publishing")


def carried_out(
    orders: Sequence[Order], definition: Definition, workspace: Workspace, *, only_look: bool = False
) -> list[Written]:
    """Carry out orders, or only say what would come of them; return what came of each.

    Raises:
        StoreError: the process ended without having told.
    """
    whole = Orders(tuple(orders), workspace.settings.store, definition.directory, only_look)
    # Values may be instances of classes in modules beside the notebook.
    places = [*definition.python_path, os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    with tempfile.TemporaryDirectory(prefix="jupyter-pipes-") as folder:
        asked, answered = Path(folder, "orders"), Path(folder, "outcomes")
        asked.write_bytes(msgspec.json.encode(whole))
        words = [*_PROGRAM, str(asked), str(answered)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if not answered.exists():
            last = done.stderr.strip().splitlines()[-1:]
            raise StoreError(f"outputs could not be written to the catalog's places: {''.join(last)}")
        return msgspec.json.decode(answered.read_bytes(), type=list[Written])
