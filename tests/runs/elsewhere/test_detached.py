"""Runs that outlive who started them: followed, cancelled, killed and taken up from other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.kept import find_run
from tests.acceptance.project import Answer, Project
from tests.databases import MISSING, postgresql, programs
from tests.execution.executors.cluster import Cluster, running_cluster
from tests.execution.test_claims import NEXT, STEP
from tests.s3 import running_server
from tests.waiting import until

pytestmark = pytest.mark.slow

STARTING = """
from jupyter_pipes import Pipeline
run = Pipeline.from_notebook("study.ipynb").start(detach=True)
print(run.id, flush=True)
run.wait()
"""


class Scene:
    """A project whose step tells outside of it that it was computed, and ends once it may."""

    def __init__(self, folder: Path) -> None:
        self._told, self._go = folder / "told", folder / "go"
        place = folder / "project"
        place.mkdir()
        self.project = Project(place, STEP, NEXT)

    def configure(self, settings: str) -> None:
        (self.project.folder / "pipes.toml").write_text(settings)

    def ask(self, *words: str) -> Answer:
        return self.project.jupyter_pipes(*words)

    def detach(self, *words: str) -> str:
        """Start a detached run by the command line; return its id when its step has begun."""
        answer = self.ask("run", "study.ipynb", "--detach", *words)
        assert answer.code == 0, answer.err
        assert f"jupyter pipes attach {answer.out.strip()} follows it" in answer.err
        until(lambda: self.computed == 1, "the step")
        until(lambda: self.attempts(answer.out.strip()) == ["running"], "the record that it has begun")
        return answer.out.strip()

    def attached(self, run: str) -> subprocess.Popen[str]:
        return self.project.start("attach", run)

    @property
    def history(self) -> History:
        return self.project.pipeline().workspace.history

    @property
    def computed(self) -> int:
        return len(self._told.read_text().splitlines()) if self._told.exists() else 0

    def may_end(self) -> None:
        self._go.touch()

    def attempts(self, run: str) -> list[str]:
        return [str(attempt.status) for attempt in self.history.view(run).steps["slow"].attempts]


def left(run: str) -> list[str]:
    """Return the command lines of processes that are about a run."""
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if run in line]


def until_registered(cluster: Cluster) -> None:
    logs = [cluster.folder / f"{worker}.log" for worker in cluster.workers]
    until(lambda: all("Registered to" in log.read_text() for log in logs), "the workers", 120)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("GO", str(tmp_path / "go"))
    scene = Scene(tmp_path)
    yield scene
    scene.may_end()
    scene.history.close()


def test_a_run_outlives_the_process_that_started_it_and_is_followed_by_another(scene: Scene) -> None:
    starting = subprocess.Popen(
        [sys.executable, "-c", STARTING],
        cwd=scene.project.folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert starting.stdout is not None
    run = starting.stdout.readline().strip()
    until(lambda: scene.computed == 1, "the step")
    os.killpg(starting.pid, signal.SIGKILL)
    starting.communicate()
    following = scene.attached(run)
    scene.may_end()
    out, err = following.communicate(timeout=120)
    assert (following.returncode, out.strip()) == (0, "y = 2"), err
    assert f"run {run} of study: completed, 2 of 2 steps" in err
    assert (scene.computed, scene.attempts(run)) == (1, ["completed"])
    assert f"driving run {run}" in scene.project.pipeline().workspace.controller_log(run).read_text()
    until(lambda: not left(run), "the end of its processes")


def test_a_killed_controller_is_replaced_and_each_attempt_has_its_effect_once(scene: Scene) -> None:
    run = scene.detach()
    os.kill(scene.history.view(run).pid, signal.SIGKILL)
    answer = scene.ask("resume", run, "--detach")
    assert (answer.code, answer.out.strip()) == (0, run), answer.err
    scene.may_end()
    followed = scene.ask("attach", run, "--json")
    assert (followed.code, followed.document["status"]) == (0, "completed"), followed.err
    assert scene.attempts(run) == ["cancelled", "completed"]
    assert scene.computed == 2
    assert find_run(scene.project.pipeline().workspace, run)["y"] == 2
    until(lambda: not left(run), "the end of its processes")


def test_who_follows_leaves_the_run_by_an_interrupt_and_others_cancel_a_step_of_it(scene: Scene) -> None:
    run = scene.detach()
    following = scene.attached(run)
    assert following.stderr is not None
    assert "slow: running" in following.stderr.readline()
    following.send_signal(signal.SIGINT)
    _, err = following.communicate(timeout=120)
    assert following.returncode == 3, err
    assert (
        f"run {run} goes on: jupyter pipes attach {run} follows it, jupyter pipes cancel {run} ends it" in err
    )
    assert scene.history.view(run).status is Status.RUNNING
    cancelled = scene.ask("cancel", run, "slow", "--json")
    assert (cancelled.code, cancelled.step("slow")["status"]) == (0, "cancelled"), cancelled.err
    assert scene.ask("attach", run).code == 3
    assert scene.history.view(run).steps["after"].status is Status.SKIPPED
    until(lambda: not left(run), "the end of its processes")


@pytest.mark.skipif(programs() is None, reason=MISSING)
def test_a_run_whose_history_is_a_server_is_seen_and_cancelled_from_another_project(
    scene: Scene, tmp_path: Path
) -> None:
    """As from another machine: nothing but the history is shared."""
    with postgresql() as url:
        scene.configure(f'history = "{url}"\n')
        other = tmp_path / "another machine"
        other.mkdir()
        (other / "pipes.toml").write_text(f'history = "{url}"\n')
        run = scene.detach()
        listed = scene.ask("runs", "--directory", str(other), "--json").document["runs"]
        assert [(each["run"], each["status"]) for each in listed] == [(run, "running")]
        cancelled = scene.ask("cancel", run, "--directory", str(other), "--json")
        assert (cancelled.code, cancelled.document["status"]) == (0, "cancelled"), cancelled.err
        until(lambda: not left(run), "the end of its processes")
        scene.history.close()


@pytest.mark.skipif(programs() is None, reason=MISSING)
def test_a_controller_that_sees_nothing_of_the_folder_has_what_it_needs_of_it(
    scene: Scene, tmp_path: Path
) -> None:
    """Modules and data travel through the store; logs, files and values come back through it."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("folders are hidden from workers by a mount namespace, which takes root here")
    project, folder = scene.project, tmp_path / "cluster"
    project.write(
        "import lib",
        f"{STEP}\nprint('computed', flush=True)\nopen('made.txt', 'w').write('2')",
        "%%step after --gate 'go on?'\n"
        "y = lib.scale(x + int(open('in.txt').read()) + int(open('made.txt').read()))",
    )
    (project.folder / "lib.py").write_text("def scale(x):\n    return 10 * x\n")
    (project.folder / "in.txt").write_text("4")
    folder.mkdir()
    with running_server() as server, postgresql() as url:
        server.make_bucket("team")
        with running_cluster(folder, hidden=project.folder) as cluster:
            until_registered(cluster)
            settings = f'lease = "5s"\n[queues.far]\nscheduler = "{cluster.address}"\n'
            scene.configure(settings)
            refused = scene.ask("run", "study.ipynb", "--detach", "--queue", "far")
            assert "is not to be seen: name one that all reach" in refused.err
            scene.configure(f'store = "s3://team/store"\nhistory = "{url}"\n{settings}')
            run = scene.detach("--queue", "far")
            following = scene.attached(run)
            scene.may_end()
            until(lambda: bool(scene.history.view(run).gates), "the gate", 120)
            assert scene.ask("logs", run, "slow").out == "computed\n"
            assert scene.ask("approve", run, "after").code == 0
            out, err = following.communicate(timeout=120)
            assert (following.returncode, out.strip()) == (0, "y = 70"), err
            assert scene.ask("get", "study.ipynb", "y", "--run", run).out == "70\n"
            planned = scene.ask("plan", "study.ipynb", "--json").document
            assert {step["decision"] for step in planned["steps"]} == {"cached"}
            until(lambda: not left(run), "the end of its processes")
        scene.history.close()


def test_a_controller_whose_worker_is_killed_is_begun_anew_on_another(scene: Scene, tmp_path: Path) -> None:
    """The worker's step goes with it, and is begun again as another attempt."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with running_cluster(folder, workers=0) as cluster:
        for worker in ("w1", "w2"):
            cluster.add_worker(worker, threads=2)
        scene.configure(f'lease = "3s"\n[queues.far]\nscheduler = "{cluster.address}"\n')
        until_registered(cluster)
        run = scene.detach("--queue", "far")
        following = scene.attached(run)
        worker = psutil.Process(scene.history.view(run).pid).parent()
        assert worker is not None
        nanny = worker.parent()
        assert nanny is not None
        nanny.kill()
        worker.kill()
        until(lambda: scene.computed == 2, "the next attempt", 120)
        scene.may_end()
        out, err = following.communicate(timeout=120)
        assert (following.returncode, out.strip()) == (0, "y = 2"), err
        assert scene.computed == len(scene.attempts(run)) == 2
        until(lambda: not left(run), "the end of its processes")
