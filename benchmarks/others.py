"""The same chain of 20 cached steps beside joblib.Memory, doit, Luigi and redun, in one process.

`pip install joblib doit luigi redun` first; what is not installed is left out. They keep an integer per step;
none of them looks at helpers, packages and files as jupyter_pipes does: the comparison is generous to them.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, beside, milliseconds, write_notebook

STEPS = 20
TIMES = 7


def measure() -> list[Figure]:
    """Return, for each tool, how long it takes to find that nothing is to do."""
    with tempfile.TemporaryDirectory() as folder:
        ours = _measured(_ours(Path(folder)))
        figures = [Figure(f"others: jupyter_pipes, {STEPS} cached steps", ours, "ms")]
        for name, prepare in _TOOLS.items():
            try:
                again = prepare(Path(folder))
            except ImportError:
                continue
            taken = _measured(again)
            figures.append(beside(f"others: {name}", taken, "ms", ours, "jupyter_pipes"))
    return figures


def _measured(again: Callable[[], object]) -> list[float]:
    with _quietly():
        again()
        return milliseconds(again, TIMES)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _ours(folder: Path) -> Callable[[], object]:
    from jupyter_pipes import Pipeline

    path = folder / "chain.ipynb"
    bodies = ["x0 = 1", *(f"x{n} = x{n - 1} + 1" for n in range(1, STEPS))]
    write_notebook(path, [f"%%step s{n}\n{body}" for n, body in enumerate(bodies)])
    return Pipeline.from_notebook(path).run


def _joblib(folder: Path) -> Callable[[], object]:
    from joblib import Memory

    memory = Memory(folder / "joblib", verbose=0)
    kept = [memory.cache(_function(n)) for n in range(STEPS)]

    def again() -> object:
        value = 0
        for function in kept:
            value = function(value)
        return value

    return again


def _function(number: int) -> Callable[[int], int]:
    # joblib looks for a function's source by its file: each has a file of its own.
    folder = Path(tempfile.mkdtemp())
    path = folder / f"step_{number}.py"
    path.write_text(f"def step_{number}(x):\n    return x + 1\n")
    namespace: dict[str, Any] = {"__name__": f"step_{number}"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    return namespace[f"step_{number}"]


def _doit(folder: Path) -> Callable[[], object]:
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    def write(number: int) -> None:
        before = int((folder / f"doit{number - 1}").read_text()) if number else 0
        (folder / f"doit{number}").write_text(str(before + 1))

    def task_step() -> Iterator[dict[str, Any]]:
        for number in range(STEPS):
            yield {
                "name": str(number),
                "actions": [(write, [number])],
                "file_dep": [str(folder / f"doit{number - 1}")] if number else [],
                "targets": [str(folder / f"doit{number}")],
                "uptodate": [True],
            }

    config = {"dep_file": str(folder / "doit.db"), "verbosity": 0}
    loader = ModuleTaskLoader({"task_step": task_step, "DOIT_CONFIG": config})
    return lambda: DoitMain(loader).run([])


def _luigi(folder: Path) -> Callable[[], object]:
    import luigi

    class Link(luigi.Task):
        number = luigi.IntParameter()

        def requires(self) -> list[Any]:
            return [Link(number=self.number - 1)] if self.number else []

        def output(self) -> Any:
            return luigi.LocalTarget(str(folder / f"luigi{self.number}"))

        def run(self) -> None:
            before = int(Path(self.input()[0].path).read_text()) if self.number else 0
            with self.output().open("w") as file:
                file.write(str(before + 1))

    last = Link(number=STEPS - 1)
    return lambda: luigi.build([last], local_scheduler=True, log_level="CRITICAL")


def _redun(folder: Path) -> Callable[[], object]:
    from redun import Scheduler, task
    from redun.config import Config

    @task(namespace="chain")
    def link(x: int) -> int:
        return x + 1

    def chain() -> Any:
        value: Any = 0
        for _ in range(STEPS):
            value = link(value)
        return value

    scheduler = Scheduler(config=Config({"backend": {"db_uri": f"sqlite:///{folder / 'redun.db'}"}}))
    scheduler.load()
    return lambda: scheduler.run(chain())


_TOOLS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "joblib.Memory": _joblib,
    "doit": _doit,
    "Luigi": _luigi,
    "redun": _redun,
}
