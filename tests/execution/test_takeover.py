"""Runs whose controllers are killed, stopped, renamed or in containers: who takes them over, and when."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.repeat import resume
from tests.acceptance.project import Project
from tests.execution.test_claims import STEP
from tests.kernels import run_cells
from tests.waiting import until

CONTAINER = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
NAMED = ["sh", "-c", 'hostname pod-1 && exec "$@"', "sh"]
CLOCK = ["unshare", "--time", "--monotonic", "1000", "--boottime", "1000"]


def _can(*words: str) -> bool:
    return (
        shutil.which("unshare") is not None
        and not subprocess.run([*words, "true"], capture_output=True, check=False).returncode
    )


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _can(*CONTAINER, *NAMED), reason="needs namespaces, as root has them"),
]

QUICK = "%%step quick\ny = 2"


class Scene:
    """A project, and processes that run it, in containers or not; the lease is short."""

    def __init__(self, folder: Path) -> None:
        self._told, self.go = folder / "told", folder / "go"
        place = folder / "project"
        place.mkdir()
        (place / "pipes.toml").write_text('lease = "3s"\n')
        self.project = Project(place, QUICK, STEP)
        self.workspace = self.project.pipeline().workspace
        self.history: History = self.workspace.history
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *around: str, words: tuple[str, ...] = ("run", "study.ipynb")) -> subprocess.Popen[str]:
        """Start a run and return when its step has begun."""
        before = self.computed
        process = subprocess.Popen(
            [*around, sys.executable, "-m", "jupyter_pipes", *words],
            cwd=self.project.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        until(lambda: self.computed > before or self.waits, "the step, or its wait")
        return process

    @property
    def computed(self) -> int:
        return len(self._told.read_text().splitlines()) if self._told.exists() else 0

    @property
    def newest(self) -> str:
        return self.history.runs()[0].run

    @property
    def waits(self) -> str:
        runs = self.history.runs()
        reason = self.history.view(runs[0].run).steps["slow"].reason if runs else ""
        return reason if reason.startswith("waits for step slow") else ""

    def status(self, run: str) -> Status:
        return self.history.view(run).status

    def close(self) -> None:
        self.go.touch()
        self.history.close()
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            if process.stdout and not process.stdout.closed:
                process.communicate()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("GO", str(tmp_path / "go"))
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_run_killed_in_a_container_is_waited_for_with_its_owner_and_then_taken_over(scene: Scene) -> None:
    kill(scene.start(*CONTAINER, *NAMED))
    first = scene.newest
    second = scene.start()
    until(lambda: scene.newest != first and (scene.waits or scene.computed == 2), "the second run")
    told = [record.event for record in scene.history.records(scene.newest)]
    assert any(
        f"waits for step slow of run {first}, which computes the same, on pod-1, last seen" in str(event)
        for event in told
    )
    until(lambda: scene.computed == 2, "the second's own attempt")
    scene.go.touch()
    assert second.wait(60) == 0
    assert scene.status(first) is Status.INTERRUPTED
    assert "on pod-1) has given no sign of life for" in scene.history.view(first).reason


def test_a_run_killed_in_a_container_keeps_nothing_from_being_collected(scene: Scene) -> None:
    kill(scene.start(*CONTAINER, *NAMED))
    run = scene.newest
    answer = scene.project.jupyter_pipes("gc", "--keep-runs", "0", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["runs"] == [run]


def test_a_run_in_a_container_that_lives_is_left_alone_however_often_one_looks(scene: Scene) -> None:
    process = scene.start(*CONTAINER, *NAMED)
    run = scene.newest
    lease = scene.history.leases.look(run).lease
    assert lease is not None

    def renewals() -> int:
        scene.history.settle_interrupted()
        now = scene.history.leases.look(run).lease
        return now.renewals if now else -1

    until(lambda: renewals() > lease.renewals + 8, "more renewals than a term has")
    assert scene.status(run) is Status.RUNNING
    scene.go.touch()
    assert process.wait(60) == 0
    assert scene.status(run) is Status.COMPLETED


def test_a_run_killed_before_the_machine_was_renamed_is_taken_over_at_once(scene: Scene) -> None:
    kill(scene.start("unshare", "--uts", *NAMED))
    assert scene.history.settle_interrupted() == [scene.newest]


def test_a_run_on_a_machine_that_was_renamed_goes_on(scene: Scene) -> None:
    process = scene.start("unshare", "--uts", *NAMED)
    assert scene.history.settle_interrupted() == []
    assert "on this machine" in str(scene.history.leases.look(scene.newest))
    scene.go.touch()
    assert process.wait(60) == 0


@pytest.mark.skipif(not _can(*CLOCK), reason="needs clocks of one's own")
def test_a_controller_whose_clock_is_another_one_goes_on(scene: Scene) -> None:
    process = scene.start(*CLOCK)
    assert scene.history.settle_interrupted() == []
    scene.go.touch()
    assert process.wait(60) == 0
    assert scene.status(scene.newest) is Status.COMPLETED


def test_a_run_is_ended_without_its_controller_which_learns_it(scene: Scene) -> None:
    process = scene.start(*CONTAINER, *NAMED)
    run = scene.newest
    answer = scene.project.jupyter_pipes("cancel", run, "--force", "--json")
    assert (answer.code, answer.document["status"]) == (0, "cancelled"), answer.err
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1, out
    assert f"run {run} was taken over or ended by another process" in out
    assert scene.computed == 1
    assert scene.status(run) is Status.CANCELLED


def test_a_run_is_taken_over_from_a_controller_that_may_be_there(scene: Scene) -> None:
    process = scene.start(*CONTAINER, *NAMED)
    run = scene.newest
    refused = scene.project.jupyter_pipes("resume", run)
    assert refused.code == 2
    assert f"run {run} is still going on, on pod-1, last seen" in refused.err
    assert f"resume {run} --force takes it over" in refused.err
    os.killpg(process.pid, signal.SIGSTOP)
    scene.go.touch()
    answer = scene.project.jupyter_pipes("resume", run, "--force", "--json")
    assert answer.code == 0, answer
    assert (answer.code, answer.document["run"], answer.document["status"]) == (0, run, "completed")


def asleep(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Stop a controller with all that it started, as a laptop that sleeps does; return them."""
    controller = psutil.Process(process.pid)
    sleepers = [controller, *controller.children(recursive=True)]
    for each in sleepers:
        each.suspend()
    return sleepers


def wake(sleepers: list[psutil.Process]) -> None:
    for each in reversed(sleepers):
        each.resume()


@pytest.mark.parametrize("around", [(), (*CONTAINER, *NAMED)], ids=["here", "elsewhere"])
def test_a_controller_that_slept_beyond_its_lease_finds_its_run_taken_over_and_harms_nothing(
    scene: Scene, around: tuple[str, ...]
) -> None:
    """Stopped, as a laptop that sleeps: another one completes the run meanwhile, and that stays so."""
    process = scene.start(*around)
    run = scene.newest
    sleepers = asleep(process)
    scene.go.touch()
    answer = scene.project.jupyter_pipes("resume", run, *([] if around else ["--force"]), "--json")
    while around and answer.code == 2:
        assert "is still going on, on pod-1, last seen" in answer.err
        answer = scene.project.jupyter_pipes("resume", run, "--json")
    assert (answer.code, answer.document["status"]) == (0, "completed"), answer.err
    before = scene.history.records(run)
    wake(sleepers)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1, out
    assert psutil.wait_procs(sleepers, timeout=60)[1] == []
    assert scene.history.records(run) == before
    assert scene.history.leases.look(run).lease is None
    got = scene.project.jupyter_pipes("get", "study.ipynb", "x", "--run", run)
    assert (got.code, got.out.strip()) == (0, "1"), got.err
    plan = scene.project.jupyter_pipes("plan", "study.ipynb", "--json")
    assert {step["decision"] for step in plan.document["steps"]} == {"cached"}


@pytest.mark.parametrize("around", [(), (*CONTAINER, *NAMED)], ids=["here", "elsewhere"])
def test_a_controller_that_wakes_writes_nothing_once_its_lease_is_another_ones(
    scene: Scene, around: tuple[str, ...]
) -> None:
    """Nobody wrote anything yet: it is the lease alone that keeps it from going on."""
    process = scene.start(*around)
    run = scene.newest
    sleepers = asleep(process)
    lease = scene.history.leases.take_over(scene.history.leases.look(run))
    before, results = scene.history.records(run), scene.history.newest_results("study")
    scene.go.touch()
    wake(sleepers)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1, out
    assert f"run {run} was taken over or ended by another process" in out
    assert scene.history.records(run) == before
    assert scene.history.newest_results("study") == results
    assert scene.history.leases.look(run).lease == lease


def test_a_run_of_another_process_is_cancelled_in_python(scene: Scene) -> None:
    process = scene.start()
    run = find_run(scene.workspace, scene.newest)
    run.cancel()
    assert run.status is Status.CANCELLED
    process.communicate(timeout=60)
    assert process.returncode == 3


def test_a_run_of_another_process_is_ended_in_python_whatever_its_controller_does(scene: Scene) -> None:
    process = scene.start(*CONTAINER, *NAMED)
    os.killpg(process.pid, signal.SIGSTOP)
    run = find_run(scene.workspace, scene.newest)
    with pytest.raises(UsageError, match=f"--force ends run {run.id} as a whole: leave slow out"):
        run.cancel("slow", force=True)
    run.cancel(force=True)
    assert run.status is Status.CANCELLED
    with pytest.raises(UsageError, match=f"run {run.id} does not go on: it is cancelled"):
        run.cancel(force=True)
    os.killpg(process.pid, signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == 1


def test_a_run_of_another_process_is_taken_over_in_python(scene: Scene) -> None:
    process = scene.start(*CONTAINER, *NAMED)
    run = find_run(scene.workspace, scene.newest)
    with pytest.raises(UsageError, match="is still going on, on pod-1, last seen"):
        resume(run)
    os.killpg(process.pid, signal.SIGSTOP)
    scene.go.touch()
    assert resume(run, force=True).wait(60)["x"] == 1
    assert scene.status(run.id) is Status.COMPLETED


def test_runs_of_another_process_are_cancelled_and_taken_over_in_a_kernel(scene: Scene) -> None:
    """The controllers are stopped: none of them answers."""
    first = scene.start(*CONTAINER, *NAMED)
    cancelled = scene.newest
    os.killpg(first.pid, signal.SIGSTOP)
    first_step = scene.computed
    second = scene.start(*CONTAINER, *NAMED, words=("run", "study.ipynb", "--force", "slow"))
    until(lambda: scene.computed > first_step, "the second run's step")
    taken = scene.newest
    os.killpg(second.pid, signal.SIGSTOP)
    scene.go.touch()
    ran = run_cells(
        scene.project.folder,
        [
            "%load_ext jupyter_pipes",
            f"%pipeline cancel slow --run {cancelled} --force",
            f"%pipeline cancel --run {cancelled} --force",
            f"%pipeline resume {taken}",
            f"run = %pipeline resume {taken} --force",
            "print(run.id, run.status, run['x'])",
        ],
    )
    assert f"--force ends run {cancelled} as a whole: leave slow out" in ran.error(1)[1]
    assert ran.error(2) == ("", "")
    assert f"run {taken} is still going on, on pod-1" in ran.error(3)[1]
    assert ran.text(5).strip() == f"{taken} completed 1"
    assert scene.status(cancelled) is Status.CANCELLED


HELD_UP = "waits for the history: another process has locked it"


def test_a_run_whose_history_is_locked_waits_says_so_and_goes_on(scene: Scene) -> None:
    """Longer than any wait of the database itself: until it is told."""
    process = scene.start()
    assert process.stdout is not None
    with scene.history.database.exclusive():
        scene.go.touch()
        for line in process.stdout:
            if HELD_UP in line:
                break
        else:
            pytest.fail("the run ended without a word")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "goes on" in out
    assert scene.status(scene.newest) is Status.COMPLETED
    assert all(step.status is Status.COMPLETED for step in scene.history.view(scene.newest).steps.values())
