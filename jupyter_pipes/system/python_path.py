"""Where Python looks for modules, told to a process that works in another folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def python_path(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `PYTHONPATH`, if it is set, with its relative folders as they are for this process."""
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    full = [str(Path(folder).absolute()) if folder else "" for folder in folders]
    return {"PYTHONPATH": os.pathsep.join(full)} if any(full) else {}
