"""doit, which runs actions in its own process and knows files by their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def cached(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of tasks that are all up to date."""
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    loader = ModuleTaskLoader({"task_step": lambda: tasks(folder, steps), "DOIT_CONFIG": settings(folder)})
    return lambda: DoitMain(loader).run([])


def settings(folder: Path) -> dict[str, Any]:
    """Return what doit is told beside its tasks."""
    return {"dep_file": str(folder / "doit.db"), "verbosity": 0}


def tasks(folder: Path, steps: int) -> Iterator[dict[str, Any]]:
    """Yield the tasks of a chain."""

    def write(number: int) -> None:
        before = int((folder / f"doit-{number - 1}").read_text()) if number else 0
        (folder / f"doit-{number}").write_text(str(before + 1))

    for number in range(steps):
        yield {
            "name": str(number),
            "actions": [(write, [number])],
            "file_dep": [str(folder / f"doit-{number - 1}")] if number else [],
            "targets": [str(folder / f"doit-{number}")],
            "uptodate": [True],
        }
