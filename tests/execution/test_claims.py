"""Several processes run the same signature at once: one computes, the others take its result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.model.views import StepView
from tests.acceptance.project import Project
from tests.waiting import until

pytestmark = pytest.mark.slow

STEP = """%%step slow
import os
import time
from pathlib import Path
with open(os.environ['TOLD'], 'a') as file:
    file.write('computed\\n')
while not Path(os.environ['GO']).exists():
    time.sleep(0.01)
x = 1
"""
NEXT = "%%step after\ny = x + 1"


class Race:
    """A project whose step tells outside of it that it was computed, and ends once it may."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._told, self._go = folder / "told", folder / "go"
        self.project = Project(project, STEP, NEXT)
        self.history = History(f"sqlite:///{self._made(project)}")
        self.processes: list[subprocess.Popen[str]] = []

    def _made(self, project: Path) -> Path:
        _ = self.project.pipeline().workspace.history
        return project / ".jupyter_pipes" / "history.db"

    def start(self, *words: str) -> subprocess.Popen[str]:
        self.processes.append(self.project.start("run", "study.ipynb", "--json", *words))
        return self.processes[-1]

    @property
    def computed(self) -> int:
        return len(self._told.read_text().splitlines()) if self._told.exists() else 0

    def may_end(self) -> None:
        self._go.touch()

    def steps(self, name: str = "slow") -> list[StepView]:
        """Return a step of each run, the newest run first."""
        return [self.history.view(run.run).steps[name] for run in self.history.runs()]

    def waits(self, name: str = "slow") -> bool:
        return any("which computes the same" in step.reason for step in self.steps(name))

    def close(self) -> None:
        self.may_end()
        self.history.close()
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Race]:
    for name in ("outside", "project"):
        (tmp_path / name).mkdir()
    # A file that is named in the code would be part of the signature.
    monkeypatch.setenv("TOLD", str(tmp_path / "outside" / "told"))
    monkeypatch.setenv("GO", str(tmp_path / "outside" / "go"))
    found = Race(tmp_path / "outside", tmp_path / "project")
    yield found
    found.close()


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


def test_the_second_waits_and_takes_the_result_of_the_first(race: Race) -> None:
    first = race.start()
    until(lambda: race.computed == 1, "the first")
    second = race.start()
    until(race.waits, "the second")
    waiting = race.steps()[0]
    assert (waiting.status, waiting.attempts) == ("pending", [])
    assert waiting.reason.startswith("waits for step slow of run ")
    race.may_end()
    assert (ended(first), ended(second)) == (0, 0)
    assert race.computed == 1
    assert [step.status for step in race.steps()] == ["cached", "completed"]
    assert [run.status for run in race.history.runs()] == ["completed", "completed"]


def test_when_the_first_is_killed_the_second_takes_over(race: Race) -> None:
    first = race.start()
    until(lambda: race.computed == 1, "the first")
    second = race.start()
    until(race.waits, "the second")
    os.killpg(first.pid, signal.SIGKILL)
    until(lambda: race.computed == 2, "the second's own attempt")
    race.may_end()
    assert ended(second) == 0
    assert race.computed == 2
    assert race.steps()[0].status == "completed"


def test_when_the_first_is_cancelled_the_second_takes_over(race: Race) -> None:
    first = race.start()
    until(lambda: race.computed == 1, "the first")
    second = race.start()
    until(race.waits, "the second")
    first.send_signal(signal.SIGINT)
    assert ended(first) == 3
    until(lambda: race.computed == 2, "the second's own attempt")
    race.may_end()
    assert ended(second) == 0
    assert [step.status for step in race.steps()] == ["completed", "cancelled"]


def test_one_that_is_cancelled_while_it_waits_leaves_the_first_alone(race: Race) -> None:
    first = race.start()
    until(lambda: race.computed == 1, "the first")
    second = race.start()
    until(race.waits, "the second")
    second.send_signal(signal.SIGINT)
    assert ended(second) == 3
    third = race.start()
    until(lambda: len(race.steps()) == 3 and race.waits(), "the third")
    race.may_end()
    assert (ended(first), ended(third)) == (0, 0)
    assert race.computed == 1


def test_who_is_told_to_compute_waits_for_nobody(race: Race) -> None:
    race.start()
    until(lambda: race.computed == 1, "the first")
    race.start("--force", "slow")
    until(lambda: race.computed == 2, "the forced one")


def test_two_steps_of_a_run_that_are_the_same_are_computed_once(race: Race) -> None:
    step = race.project.pipeline().cells[0].source
    race.project.write(step, step.replace("%%step slow", "%%step twin"))
    process = race.start()
    until(lambda: race.computed == 1, "one of them")
    until(lambda: race.waits("twin") or race.waits("slow"), "the other")
    race.may_end()
    assert ended(process) == 0
    assert race.computed == 1


AT_ONCE = """
import sys
from jupyter_pipes import Pipeline
pipeline = Pipeline.from_notebook("study.ipynb")
pipeline.workspace.history
print("ready", flush=True)
sys.stdin.readline()
print(pipeline.run().steps["slow"].status, flush=True)
"""


def test_of_many_that_begin_at_once_one_computes(race: Race) -> None:
    race.may_end()
    many = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE],
            cwd=race.project.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(3)
    ]
    race.processes += many
    for process in many:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in many:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    answers = sorted(process.communicate(timeout=60)[0].strip() for process in many)
    assert answers == ["cached", "cached", "completed"]
    assert race.computed == 1
