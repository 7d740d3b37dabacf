"""joblib.Memory, which keeps what functions return by their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from joblib import Memory

_SOURCE = "def add_one(x, number):\n    return x + 1\n"


def cached(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of calls that are all kept."""
    # It looks for a function's source by its file.
    path = folder / "add_one.py"
    path.write_text(_SOURCE)
    namespace: dict[str, object] = {"__name__": "add_one"}
    exec(compile(_SOURCE, str(path), "exec"), namespace)
    add_one = Memory(folder / "joblib", verbose=0).cache(namespace["add_one"])

    def again() -> int:
        value = 0
        for number in range(steps):
            value = add_one(value, number)
        return value

    return again
