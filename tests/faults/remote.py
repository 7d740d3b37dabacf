"""The scene on a queue: runs of forty steps; in each, a worker, the scheduler or the controller dies."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.run import Run
from tests.acceptance.project import Project
from tests.execution.executors.cluster import running_cluster
from tests.faults import checks
from tests.faults.attacked import LONGEST, environment
from tests.waiting import until

CHAINS, LENGTH = 4, 10
"""The run: so many chains of so many steps, each of which reads the one before."""

VICTIMS = ("worker", "worker's process", "scheduler", "controller")
"""What is killed: a worker as if its machine were gone, or its process alone, which is started anew."""

WORKERS = 3

SETTINGS = {"DASK_JUPYTER_PIPES__LONGEST_SILENCE": "5s"}
"""What nobody asks for any more is given up sooner than in two minutes."""

_STEP = """\
%%step s{chain}_{place} --queue far
import os, time
from jupyter_pipes import current
with open({effects!r}, "a") as file:
    file.write(f"{{current.run.id}} {{current.step.name}} {{current.step.attempt}}\\n")
time.sleep(0.05)
x{chain}_{place} = {before} * 3 + n + {chain}
"""


@dataclass(frozen=True)
class Kill:
    """A round.

    Attributes:
        seed: gives this very round again.
        victim: one of `VICTIMS`.
        effects: so many steps have had their effect when it dies.
    """

    seed: int
    victim: str
    effects: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"round {self.seed}: {self.victim} killed after {self.effects} effects"


def draw(seed: int) -> Kill:
    """Return the round of a seed; each victim comes as often as the others."""
    return Kill(seed, VICTIMS[seed % len(VICTIMS)], random.Random(seed).randrange(1, CHAINS * LENGTH - 2))


class RemoteScene:
    """A project whose steps run on workers that do not see its folder; they live through all rounds.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self._effects = folder / "effects"
        self._project = _project(folder / "project", self._effects)
        self._place = folder / "cluster"
        self._place.mkdir()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start a scheduler and workers."""
        hidden = self._project.folder if _can_hide() else None
        self._cluster = self._stack.enter_context(
            running_cluster(self._place, hidden, WORKERS, settings=SETTINGS)
        )
        (self._project.folder / "pipes.toml").write_text(
            f'[queues.far]\nscheduler = "{self._cluster.address}"\n'
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._stack.close()

    def carry_out(self, kill: Kill) -> bool:
        """Carry out a round and check everything; return whether the run was still under way.

        Raises:
            AssertionError: something was lost, wrong, done twice or left.
        """
        mark = f"{self._place.parent.name}-{kill.seed}"
        before = len(self._done())
        program = self._start(mark, "run", "study.ipynb", "-p", f"n={kill.seed}")
        until(
            lambda: len(self._done()) - before >= kill.effects or program.poll() is not None,
            "so many effects",
            LONGEST,
        )
        is_hit = program.poll() is None
        run = self._done()[-1].split()[0]
        self._strike(kill, program)
        code = self._code_of(program)
        if is_hit and kill.victim == "controller":
            assert code == -signal.SIGKILL
            code = self._code_of(self._start(mark, "resume", run))
        assert code == 0, (self._place / "controller.log").read_text()
        checks.check_no_process_left(mark)
        self._check(kill, run, self._done()[before:])
        return is_hit

    def _code_of(self, program: subprocess.Popen[bytes]) -> int:
        try:
            return program.wait(LONGEST)
        except subprocess.TimeoutExpired:
            program.kill()
            raise AssertionError((self._place / "controller.log").read_text()) from None

    def _start(self, mark: str, *words: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", "jupyter_pipes", *words]
        with (self._place / "controller.log").open("wb") as log:
            return subprocess.Popen(
                program,
                cwd=self._project.folder,
                env=environment(mark, "here", self._place / "clock"),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _strike(self, kill: Kill, program: subprocess.Popen[bytes]) -> None:
        if kill.victim == "controller":
            program.kill()
        elif kill.victim == "scheduler":
            self._cluster.restart()
        else:
            name = random.Random(kill.seed).choice([*self._cluster.workers])
            self._cluster.kill(name, with_nanny=kill.victim == "worker")
            if kill.victim == "worker":
                self._cluster.add_worker(name)

    def _done(self) -> list[str]:
        """Return what steps said of their effects: run, step and attempt."""
        return self._effects.read_text().splitlines() if self._effects.exists() else []

    def _check(self, kill: Kill, run: str, done: list[str]) -> None:
        twice = [line for line, count in Counter(done).items() if count > 1]
        assert twice == [], "an attempt had its effect more than once"
        workspace = Workspace(self._project.folder)
        # A step of an earlier round, whose worker or controller died, may have been at work still.
        own = {tuple(line.split()[1:]) for line in done if line.startswith(run)}
        _check_run(Run(workspace, run), kill.seed, own)
        checks.check_history(workspace)
        checks.check_leftovers(workspace)
        workspace.history.close()
        until(lambda: self._left() == [], f"the end of what the round left: {self._left()}")

    def _left(self) -> list[str]:
        """Return what is left of attempts with the scheduler and its workers."""
        (queue,) = self._project.jupyter_pipes_here("queues", "--json").document["queues"]
        counted = [f"{queue[what]} {what}" for what in ("busy", "waiting") if queue[what]]
        places = (place for folder in self._cluster.folders() for place in folder.rglob("attempt-*"))
        return [*counted, *map(str, places)]


def _check_run(run: Run, n: int, effects: set[tuple[str, ...]]) -> None:
    assert run.status is Status.COMPLETED, run.reason
    for chain in range(CHAINS):
        value = chain
        for place in range(LENGTH):
            value = value * 3 + n + chain
            assert run[f"x{chain}_{place}"] == value
    for name, step in run.steps.items():
        completed = [each.number for each in step.attempts if each.status is Status.COMPLETED]
        assert len(completed) == 1, f"{name} has {len(completed)} results"
        assert (name, str(completed[0])) in effects


def _project(folder: Path, effects: Path) -> Project:
    folder.mkdir()
    steps = [
        _STEP.format(
            chain=chain,
            place=place,
            effects=str(effects),
            before=f"x{chain}_{place - 1}" if place else chain,
        )
        for place in range(LENGTH)
        for chain in range(CHAINS)
    ]
    return Project(folder, "%%params\nn: int = 0", *steps)


def _can_hide() -> bool:
    return not subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode
