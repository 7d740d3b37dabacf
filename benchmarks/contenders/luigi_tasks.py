"""Luigi, whose two workers run each task in a fork; values are handed over in files of text."""

# Its parameters are attributes of a class, which take values by name: no checker of types knows that.
# pyright: reportCallIssue=false

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

# It imports what checks JSON where that is there: 0.7 s, which an environment of its own does not cost.
sys.modules["jsonschema"] = None  # type: ignore[assignment]  # so an import of it fails

import luigi  # noqa: E402 - behind what it finds

WORKERS = 2


class Link(luigi.Task):
    """A step of a chain: one more than the step before it, if there is one."""

    folder = luigi.Parameter()
    chain = luigi.IntParameter()
    number = luigi.IntParameter()

    def requires(self) -> list[luigi.Task]:
        """Return the step before this one."""
        return [self.clone(number=self.number - 1)] if self.number else []

    def output(self) -> Any:
        """Return the file that holds the value."""
        return luigi.LocalTarget(f"{self.folder}/{self.chain}-{self.number}")

    def run(self) -> None:
        """Make the value."""
        before = int(Path(self.input()[0].path).read_text()) if self.number else 0
        with self.output().open("w") as file:
            file.write(str(before + 1))


class First(luigi.Task):
    """A step that only says when it began."""

    file = luigi.Parameter()

    def complete(self) -> bool:
        """Return that it is to run, every time."""
        return False

    def run(self) -> None:
        """Write down the time."""
        Path(str(self.file)).write_text(repr(time.time()))


def _build(tasks: list[Any], workers: int = WORKERS) -> None:
    assert luigi.build(tasks, local_scheduler=True, workers=workers, log_level="CRITICAL")


def chain(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of steps, anew each time."""
    return _anew(folder, [(0, steps - 1)])


def chains(folder: Path, steps: int) -> Callable[[], object]:
    """Many chains of ten steps, anew each time."""
    return _anew(folder, [(number, 9) for number in range(max(1, steps // 10))])


def independent(folder: Path, steps: int) -> Callable[[], object]:
    """Steps that need nothing of each other, anew each time."""
    return _anew(folder, [(number, 0) for number in range(steps)])


def _anew(folder: Path, ends: list[tuple[int, int]]) -> Callable[[], object]:
    def again() -> None:
        place = mkdtemp(dir=folder)
        _build([Link(folder=place, chain=number, number=last) for number, last in ends])

    return again


def cached(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of which nothing is to do."""
    place = folder / "luigi-cached"
    place.mkdir(exist_ok=True)
    last = Link(folder=str(place), chain=0, number=steps - 1)
    # In this process: what is measured is that nothing is left to do.
    return lambda: _build([last], workers=1)


def first(folder: Path, steps: int) -> Callable[[], object]:
    """One step, which writes down when it began."""
    return lambda: _build([First(file=str(folder / "began"))])
