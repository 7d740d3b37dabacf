"""The same chain of 20 cached steps beside joblib.Memory, doit, Luigi and redun.

`pip install -r benchmarks/requirements.txt` first; what is not installed is left out. They keep an integer
per step; none of them looks at helpers, packages and files as jupyter_pipes does: that is generous to them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.comparison.processes import in_turns, prepared
from benchmarks.measure import Figure, beside

STEPS = 20
TIMES = 7
CONTENDERS = {
    "jupyter_pipes": ("ours", "cached"),
    "joblib.Memory": ("joblib_calls", "cached"),
    "doit": ("doit_tasks", "cached"),
    "Luigi": ("luigi_tasks", "cached"),
    "redun": ("redun_tasks", "cached"),
}


def measure() -> list[Figure]:
    """Return, for each tool, how long it takes to find that nothing is to do."""
    with tempfile.TemporaryDirectory() as folder, prepared(Path(folder), STEPS, CONTENDERS) as turns:
        taken = in_turns(turns, TIMES)
    ours = taken.pop("jupyter_pipes")
    return [
        Figure(f"others: jupyter_pipes, {STEPS} cached steps", ours, "ms"),
        *(beside(f"others: {name}", values, "ms", ours, "jupyter_pipes") for name, values in taken.items()),
    ]
