"""jupyter_pipes: notebooks whose steps are written like those of the other tools."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from benchmarks.measure import write_notebook

NEW = "%%params\nfirst: int = 0"
"""A parameter that each run gets another value of: nothing that it makes was ever there."""


def chain_of(steps: int, name: str = "x", first: str = "0") -> list[str]:
    """Return the cells of a chain of steps."""
    bodies = [f"{name}0 = {first}", *(f"{name}{n} = {name}{n - 1} + 1" for n in range(1, steps))]
    return [f"%%step {name}s{n}\n{body}" for n, body in enumerate(bodies)]


def write_chain(path: Path, steps: int) -> None:
    """Write a notebook with a chain."""
    write_notebook(path, chain_of(steps))


def write_independent(path: Path, steps: int) -> None:
    """Write a notebook of steps that need nothing of each other."""
    write_notebook(path, [NEW, *(f"%%step s{n}\nx{n} = first + {n}" for n in range(steps))])


def write_first(path: Path) -> None:
    """Write a notebook of one step, which writes down when it began."""
    code = "import time\nfrom pathlib import Path\nPath('began').write_text(repr(time.time()))"
    write_notebook(path, [f"%%step first --always\n{code}"])


def chain(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of steps, anew each time."""
    return _anew(folder / "chain.ipynb", chain_of(steps, first="first"))


def chains(folder: Path, steps: int) -> Callable[[], object]:
    """Many chains of ten steps, anew each time."""
    many = range(max(1, steps // 10))
    cells = [cell for n in many for cell in chain_of(10, f"chain{n}_", f"first + {n}")]
    return _anew(folder / "chains.ipynb", cells)


def _anew(path: Path, cells: list[str]) -> Callable[[], object]:
    from jupyter_pipes import Pipeline

    write_notebook(path, [NEW, *cells])
    pipeline, runs = Pipeline.from_notebook(path), count(1)
    return lambda: pipeline.run(params={"first": 1000 * next(runs)})


def cached(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of which nothing is to do."""
    from jupyter_pipes import Pipeline

    path = folder / "cached.ipynb"
    write_chain(path, steps)
    return Pipeline.from_notebook(path).run


def many_cached(folder: Path, steps: int) -> Callable[[], object]:
    """Steps that read of one, of which nothing is to do."""
    from benchmarks.reruns import many_cached

    return many_cached(folder, steps).run


def first(folder: Path, steps: int) -> Callable[[], float]:
    """From the call to the first step's code, in a process that ran steps before."""
    from jupyter_pipes import Pipeline

    write_first(folder / "first.ipynb")
    pipeline = Pipeline.from_notebook(folder / "first.ipynb")

    def again() -> float:
        begun = time.time()
        pipeline.run()
        return (float((folder / "began").read_text()) - begun) * 1000

    return again


def idle(folder: Path, milliseconds: int) -> Callable[[], float]:
    """The CPU time that a second takes in which a step sleeps and another one waits at its gate."""
    from jupyter_pipes import Pipeline

    path = folder / "idle.ipynb"
    waits = "%%step asks --gate 'go on?'\ny = 1"
    write_notebook(path, ["%%step sleeps\nimport time\ntime.sleep(60)\nx = 1", waits])
    pipeline, seconds = Pipeline.from_notebook(path), milliseconds / 1000

    def again() -> float:
        run = pipeline.start(force=["all"])
        while run.steps["sleeps"].status != "running":
            time.sleep(0.01)
        # What begins a run is not waiting.
        time.sleep(0.5)
        before = cpu_seconds()
        time.sleep(seconds)
        taken = cpu_seconds(is_end=True) - before
        run.cancel()
        run.wait()
        return taken * 1000 / seconds

    return again


def cpu_seconds(*, is_end: bool = False) -> float:
    """Return the CPU time of this process and of those that it started, threads and all.

    Args:
        is_end: whether it is that of the end: what looking takes itself does not count.
    """
    import psutil

    own = _of_threads(os.getpid()) if is_end else 0.0
    others = sum(_of_threads(process.pid) for process in psutil.Process().children(recursive=True))
    return others + (own or _of_threads(os.getpid()))


def _of_threads(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
