"""What `show --json` of a run of many cached steps costs, beside `show`."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from benchmarks.measure import Figure, beside, milliseconds
from benchmarks.reruns import many_cached

STEPS = 2_000
TIMES = 5


def measure() -> list[Figure]:
    """Return the time of both commands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many_cached(folder, STEPS).run()
        shown = milliseconds(lambda: _show(folder), TIMES)
        documents = milliseconds(lambda: _show(folder, "--json"), TIMES)
    return [
        Figure(f"documents: show of {STEPS:,} cached steps", shown, "ms"),
        beside(f"documents: show --json of {STEPS:,} cached steps", documents, "ms", shown, "show"),
    ]


def _show(folder: Path, *words: str) -> None:
    subprocess.run(["jupyter", "pipes", "show", "last", *words], check=True, capture_output=True, cwd=folder)
