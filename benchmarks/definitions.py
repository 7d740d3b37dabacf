"""Running cells that define steps in a real kernel: CPU time of each, few and many, beside plain cells."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

from benchmarks.measure import Figure, beside

FEW, MANY = 20, 200
TIMES = 3
FIRST = ["%load_ext jupyter_pipes\nfirst = 1", "%%step first\nfirst_value = 1"]
CLOCK = "import time\nprint(time.process_time() * 1000)"


def measure() -> list[Figure]:
    """Return the time of one cell when half of them are steps and half are helpers."""
    plain = [spent([], ["x = 1"] * MANY) for _ in range(TIMES)]
    few, many = ([spent(FIRST, cells(count)) for _ in range(TIMES)] for count in (FEW, MANY))
    return [
        Figure("definitions: a cell of a kernel without us", plain, "ms CPU"),
        beside(f"definitions: a cell of {FEW}", few, "ms CPU", plain, "a cell without us"),
        beside(f"definitions: a cell of {MANY}", many, "ms CPU", few, f"a cell of {FEW}"),
    ]


def spent(first: list[str], sources: list[str]) -> float:
    """Return the kernel's milliseconds of CPU for each cell, once the first ones have loaded everything."""
    every = [*first, CLOCK, *sources, CLOCK]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in every])
    NotebookClient(notebook, timeout=600).execute()
    begun, ended = (float(notebook.cells[place].outputs[0].text) for place in (len(first), -1))
    return (ended - begun) / len(sources)


def cells(count: int) -> list[str]:
    """Return cells of which half are steps, each with a helper of its own."""
    sources: list[str] = []
    for n in range(count // 2):
        sources.append(
            f"import math\nscale_{n} = 5\n\ndef helper_{n}(value):\n    return math.sqrt(value) * scale_{n}"
        )
        earlier = f"rows_{n - 1}" if n else "[1, 2, 3]"
        sources.append(
            f"%%step step_{n}\nrows_{n} = [helper_{n}(row) for row in {earlier} if row > 0]\n"
            f"for row in rows_{n}[:3]:\n    print(f'{{row:.2f}}')\ntotal_{n} = sum(rows_{n})\ntotal_{n}"
        )
    return sources
