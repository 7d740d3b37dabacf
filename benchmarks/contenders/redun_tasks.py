"""redun, which keeps what tasks return by their code and arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from redun import Scheduler, task
from redun.config import Config


@task(namespace="chain")
def link(x: int) -> int:
    """Return one more."""
    return x + 1


def cached(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of tasks that are all kept."""

    def chain() -> Any:
        value: Any = 0
        for _ in range(steps):
            value = link(value)
        return value

    scheduler = Scheduler(config=Config({"backend": {"db_uri": f"sqlite:///{folder / 'redun.db'}"}}))
    scheduler.load()
    return lambda: scheduler.run(chain())
