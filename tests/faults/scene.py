"""The scene of attacks: a project whose store lives through all of them, so that wrong hits are many."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.steps import Status
from tests.acceptance.project import Project
from tests.faults import checks, disks
from tests.faults.attacked import ELSEWHERE, SIGNALS, Attacked, stopped
from tests.faults.rounds import Round
from tests.faults.staging import BEGIN, NEW, Stage
from tests.faults.study import CELLS
from tests.waiting import until

LOCKED = 4.0
"""Seconds for which somebody else locks the history: longer than a lease lasts."""

LEASE = 3.0
"""Seconds without a sign of life after which a run elsewhere may be taken over."""

STOPPED, STOPPED_ELSEWHERE = 1.0, 2 * LEASE
"""Seconds for which a process stands still: elsewhere until its run may be taken over."""

ROOM = 2 * 1024 * 1024
"""Bytes that a full disk has left, at most."""

CLOCK_STEPS = {"clock steps on": 3600, "clock steps back": -3600}
"""Seconds by which a clock is set in the middle of a round."""


class Scene:
    """A folder with the notebook and all that rounds have left there.

    Args:
        folder: where the project is; a small disk, for attacks that fill it.
        outputs: where goes what its processes print, a file for each; another disk.

    Attributes:
        whole_run: the id of a run that completed.
    """

    def __init__(self, folder: Path, outputs: Path) -> None:
        self.folder = folder / "project"
        self.outputs = outputs
        self.outputs.mkdir(parents=True)
        (self.folder / "made").mkdir(parents=True)
        (self.folder / "pipes.toml").write_text(f'lease = "{LEASE:g}s"\n')
        self.project = Project(self.folder, *CELLS)
        self._notebook = self.project.path.read_bytes()
        self._history = self.folder / ".jupyter_pipes" / "history.db"
        self._blobs = checks.Blobs(self.folder / ".jupyter_pipes" / "artifacts")
        self._lengths: dict[str, float] = {}
        self._done: list[int] = []
        self._newest = 0
        self._name = uuid4().hex[:8]
        self.whole_run = ""
        self._check_run(0)

    def carry_out(self, attack: Round) -> bool:
        """Carry out a round and check everything; return whether somebody was there to be attacked.

        Raises:
            AssertionError: something was lost, wrong or left.
        """
        chance = random.Random(attack.seed)
        length = self._length(attack.verb) if attack.events is None else 0
        mark, n = f"{self._name}-{attack.seed}", self._value(attack.verb, chance)
        with Stage(self, mark, attack.place, chance) as stage:
            attacked = BEGIN[attack.verb](stage, n)
            companion = stage.beside("run", "study.ipynb", "-p", f"n={n}") if attack.companion else None
            moment = _Moment(self, attacked, attack, length)
            moment.wait(0.5)
            if attack.place in CLOCK_STEPS:
                stage.clock.write_text(str(CLOCK_STEPS[attack.place]))
            moment.wait(1)
            hit = self._strike(attack, attacked)
            code = attacked.finish()
            assert code == 0 or not _must_complete(attack), attacked.out.read_text()
            if companion is not None and companion.finish() != 0:
                assert attack.verb == "cancel" or attack.fault == "full disk", companion.out.read_text()
            if attack.fault == "full disk":
                self._check_full_disk()
        checks.check_no_process_left(mark)
        self._check_aftermath(n)
        return hit

    def check_end(self) -> None:
        """Check what must hold after all rounds: `gc` and `history rebuild` lose nothing, old values stay."""
        workspace = Workspace(self.folder)
        checks.check_collection(workspace)
        assert self.project.jupyter_pipes_here("history", "rebuild").code == 0
        checks.check_history(workspace)
        workspace.history.close()
        for n in self._done[-5:]:
            self._check_run(n)

    def events(self) -> int:
        """Return how many events the history has."""
        return self._ask("SELECT count(*) FROM events")[0]

    def last_written(self) -> tuple[str, ...]:
        """Return the id of the run that the newest event is of."""
        return self._ask("SELECT run FROM events ORDER BY rowid DESC LIMIT 1")

    def _ask(self, question: str) -> tuple[Any, ...]:
        with closing(sqlite3.connect(f"file:{self._history}?mode=ro", uri=True, timeout=60)) as connection:
            return connection.execute(question).fetchone()

    def _value(self, verb: str, chance: random.Random) -> int:
        if verb not in NEW:
            return chance.choice(self._done[-3:])
        self._newest += 1
        return self._newest

    def _length(self, verb: str) -> float:
        """Return the seconds that a verb takes when nothing befalls it."""
        if verb not in self._lengths:
            chance = random.Random(verb)
            mark, n = f"{self._name}-{verb.replace(' ', '-')}", self._value(verb, chance)
            with Stage(self, mark, "here", chance) as stage:
                attacked, started = BEGIN[verb](stage, n), time.monotonic()
                assert attacked.finish() == 0, attacked.out.read_text()
                self._lengths[verb] = time.monotonic() - started
            checks.check_no_process_left(mark)
            self._check_aftermath(n)
        return self._lengths[verb]

    def _strike(self, attack: Round, attacked: Attacked) -> bool:
        """Attack as soon as there is somebody to be attacked; return whether there was, before the end."""
        while (controller := attacked.controller) is not None and not attacked.has_ended():
            if self._befall(attack, controller):
                return True
            time.sleep(0.005)
        return False

    def _befall(self, attack: Round, controller: psutil.Process) -> bool:
        if attack.fault == "lock":
            with closing(sqlite3.connect(self._history, timeout=60, isolation_level=None)) as connection:
                connection.execute("BEGIN EXCLUSIVE")
                time.sleep(LOCKED)
            return True
        if attack.fault == "full disk":
            disks.fill(self.folder.parent, int(attack.share * ROOM))
            return True
        if attack.fault == "stop and go on":
            return stopped(controller, STOPPED_ELSEWHERE if attack.place in ELSEWHERE else STOPPED)
        return SIGNALS[attack.fault](controller)

    def _check_full_disk(self) -> None:
        """Check that a full disk can be looked at and cleaned; then make room."""
        answers = [
            self.project.jupyter_pipes_here(*words) for words in (["runs"], ["gc", "--keep-runs", "2"])
        ]
        disks.make_room(self.folder.parent)
        assert [answer.code for answer in answers] == [0, 0], answers
        self._done = []

    def _check_aftermath(self, n: int) -> None:
        workspace = Workspace(self.folder)
        history = workspace.history
        self._check_run(n, checks.completed_steps(workspace, n))
        # What another machine left is known to be left once its lease has lapsed.
        until(lambda: (history.settle_interrupted(), history.running())[1] == [], "the end of all runs")
        checks.check_history(workspace)
        checks.check_leftovers(workspace)
        history.close()
        assert self.project.path.read_bytes() == self._notebook

    def _check_run(self, n: int, completed: frozenset[str] = frozenset()) -> None:
        """Check that a run completes with the right values, without doing anything again, and is kept."""
        pipeline = self.project.pipeline()
        run = pipeline.run(params={"n": n})
        assert run.status is Status.COMPLETED
        self.whole_run = run.id
        again = {name for name in completed if run.steps[name].status is not Status.CACHED}
        assert again == set(), "completed steps ran again"
        checks.check_values(run, n)
        self._blobs.check()
        planned = pipeline.plan(params={"n": n})
        assert {step.decision for step in planned.steps} == {"cached"}, planned
        if n not in self._done:
            self._done.append(n)


def _must_complete(attack: Round) -> bool:
    """Whether what befell the verb is no reason to end: elsewhere, who stands still may be replaced."""
    if attack.verb in ("cancel", "resume"):
        # There may be nothing to cancel or take up.
        return False
    return attack.fault == "lock" or (attack.fault == "stop and go on" and attack.place not in ELSEWHERE)


class _Moment:
    """The instant of an attack, which is waited for in shares."""

    def __init__(self, scene: Scene, attacked: Attacked, attack: Round, length: float) -> None:
        self._scene = scene
        self._attacked = attacked
        self._begun = time.monotonic()
        self._first = scene.events()
        self._seconds = attack.share * length
        self._events = attack.events

    def wait(self, share: float) -> None:
        """Wait until the instant is so near, or who is attacked has ended."""
        while not self._attacked.has_ended() and not self._is_past(share):
            time.sleep(0.005)

    def _is_past(self, share: float) -> bool:
        if self._events is not None:
            return self._scene.events() - self._first >= self._events * share
        return time.monotonic() - self._begun >= self._seconds * share
