"""How each verb is begun in a scene: what must have happened before, and what is then attacked."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.attacked import LONGEST, Attacked, Kernel, Program, environment
from tests.faults.study import STEPS

if TYPE_CHECKING:
    from tests.faults.scene import Scene


class Stage:
    """Where the processes of one round are started; all have ended when the block ends.

    Args:
        scene: the project.
        mark: what the processes have in their environment.
        place: one of `rounds.PLACES`, for what is attacked.
        chance: draws what the round leaves open.
    """

    def __init__(self, scene: Scene, mark: str, place: str, chance: random.Random) -> None:
        self.scene = scene
        self.chance = chance
        self.clock = scene.outputs / f"{mark}.clock"
        self._place = place
        self._env = environment(mark, place, self.clock)
        self._mark = mark
        self._stack = ExitStack()
        self._started = 0

    def __enter__(self) -> Stage:
        """Begin the round."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what has not ended."""
        self._stack.close()

    def program(self, *words: str) -> Program:
        """Start a verb of the command line that is attacked."""
        return self._start(words, self._place)

    def beside(self, *words: str) -> Program:
        """Start one that is not, here."""
        return self._start(words, "here")

    def kernel(self, line: str) -> Kernel:
        """Start a kernel that is attacked, and a magic in it."""
        kernel = Kernel(self.scene.folder, line, self._place, self._env, self._output("kernel"))
        self._stack.callback(kernel.close)
        return kernel

    def _start(self, words: tuple[str, ...], place: str) -> Program:
        program = Program(self.scene.folder, words, place, self._env, self._output(words[0]))
        self._stack.callback(program.close)
        return program

    def _output(self, name: str) -> Path:
        self._started += 1
        return self.scene.outputs / f"{self._mark}.{self._started}.{name}.txt"

    def wait_for_events(self, number: int, attacked: Attacked) -> None:
        """Wait until the history has so many more events, or who would write them has ended."""
        wanted = self.scene.events() + number
        deadline = time.monotonic() + LONGEST
        while self.scene.events() < wanted and not attacked.has_ended() and time.monotonic() < deadline:
            time.sleep(0.01)


Begin = Callable[[Stage, int], Attacked]


def _run(stage: Stage, n: int) -> Attacked:
    return stage.program("run", "study.ipynb", "-p", f"n={n}")


def _resume(stage: Stage, n: int) -> Attacked:
    run = stage.beside("run", "study.ipynb", "-p", f"n={n}")
    stage.wait_for_events(stage.chance.randrange(3, 50), run)
    if run.controller is not None:
        run.controller.send_signal(signal.SIGKILL)
    run.finish()
    # Without a name, it may be an earlier run of other parameters: two such would write the same files.
    return stage.program("resume", *stage.scene.last_written())


def _cancel(stage: Stage, n: int) -> Attacked:
    run = stage.beside("run", "study.ipynb", "-p", f"n={n}")
    stage.wait_for_events(stage.chance.randrange(3, 30), run)
    return stage.program("cancel")


def _of_kept(*words: str) -> Begin:
    """Return what begins a verb that is about what is kept."""
    return lambda stage, n: stage.program(*(word.format(n=n) for word in words))


def _forced(stage: Stage, n: int) -> Attacked:
    step = stage.chance.choice(STEPS)
    return stage.program("run", "study.ipynb", step, "--force", step, "-p", f"n={n}")


NEW: Mapping[str, Begin] = {
    "run": _run,
    "run --debug": _of_kept("run", "study.ipynb", "--debug", "-p", "n={n}"),
    "resume": _resume,
    "cancel": _cancel,
    "%pipeline run": lambda stage, n: stage.kernel(f"%pipeline run -p n={n}"),
}
"""What computes new values."""

KEPT: Mapping[str, Begin] = {
    "run STEP --force": _forced,
    "get": _of_kept("get", "study.ipynb", "last", "large", "-p", "n={n}"),
    "verify": _of_kept("verify", "study.ipynb", "-p", "n={n}"),
    "export to a module": _of_kept("export", "study.ipynb", "exported.py"),
    "export to a notebook": _of_kept("export", "study.ipynb", "exported.ipynb"),
    "gc": _of_kept("gc", "--keep-runs", "25"),
    "history rebuild": _of_kept("history", "rebuild"),
    "%pipeline debug": lambda stage, n: stage.kernel(f"%pipeline debug last --run {stage.scene.whole_run}"),
}
"""What is about values that are kept."""

BEGIN = {**NEW, **KEPT}
