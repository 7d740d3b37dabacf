"""Analysing a notebook of 200 cells, from nothing and after one cell changed."""

from __future__ import annotations

from benchmarks.measure import Figure, milliseconds
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines import graph, notebook

PAIRS = 100
TIMES = 5


def measure() -> list[Figure]:
    """Return the time for the whole notebook."""
    fresh = iter(range(1000))
    cold = milliseconds(lambda: graph.build(_cells(next(fresh))), TIMES)
    kept = _cells(2000)
    graph.build(kept)
    changed = milliseconds(lambda: graph.build([*kept[:-1], *_cells(next(fresh))[-1:]]), TIMES)
    return [
        Figure("analysis: 200 cells", cold, "ms"),
        Figure("analysis: 200 cells of which one changed", changed, "ms"),
    ]


def _cells(salt: int) -> list[Cell]:
    """Return cells whose texts no other call has: what is known of a text is kept."""
    sources: list[str] = []
    for n in range(PAIRS):
        helper = f"def helper_{n}(value):\n    return math.sqrt(value) * scale_{n}"
        sources.append(f"import math\nscale_{n} = {salt}\n\n{helper}")
        earlier = f"rows_{n - 1}" if n else f"list(range({salt + 10}))"
        sources.append(
            f"%%step step_{n}\nrows_{n} = [helper_{n}(row) for row in {earlier} if row > {salt}]\n"
            f"for row in rows_{n}[:3]:\n    print(f'{{row:.2f}}')\ntotal_{n} = sum(rows_{n})\ntotal_{n}"
        )
    return [notebook.cell_from_source(f"c{n}", n + 1, source)[0] for n, source in enumerate(sources)]
