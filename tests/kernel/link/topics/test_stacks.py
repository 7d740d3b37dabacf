"""A running step says in which calls it is, with the lines of the notebook's cells, whatever it does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.link.conftest import WAIT, AskedKernel

pytestmark = pytest.mark.slow

HELPER = "import time\ndef größer(seconds):\n    time.sleep(seconds)\n    return seconds"
READY = "from pathlib import Path\nPath('ready').touch()\n"


@contextmanager
def running(kernel: AskedKernel, folder: Path, **cells: str) -> Iterator[None]:
    """Run the cells in the background, from when the step made a file `ready` until the block ends."""
    kernel.show(**cells)
    kernel.answer("run")
    run = kernel.session.run
    assert run is not None
    end = time.monotonic() + WAIT
    # The step's process may be ahead of what the run has heard of it.
    while not run.has_ended and time.monotonic() < end:
        if (folder / "ready").exists() and "running" in {step.status for step in run.steps.values()}:
            break
        time.sleep(0.02)
    try:
        yield
    finally:
        run.cancel()
        run.wait(WAIT)


Frames = list[dict[str, Any]]


def frames_until(kernel: AskedKernel, step: str, matches: Callable[[Frames], bool]) -> Frames:
    """Return the calls of a step when they are as they come to be."""
    end = time.monotonic() + WAIT
    while True:
        frames = kernel.answer("where", step=step)["frames"]
        if matches(frames) or time.monotonic() > end:
            return frames


def ends_in_cell_line(text: str) -> Callable[[Frames], bool]:
    return lambda frames: bool(frames) and frames[-1]["is_of_notebook"] and text in frames[-1]["code"]


def lines_of_notebook(frames: Frames) -> list[str]:
    return [frame["code"] for frame in frames if frame["is_of_notebook"]]


def told(frame: dict[str, Any]) -> tuple[str, int, str, str]:
    return frame["place"], frame["line"], frame["function"], frame["code"]


def test_calls_are_told_with_the_lines_of_their_cells(kernel: AskedKernel, tmp_path: Path) -> None:
    step = f"%%step slow\n{READY}\nx = größer(600)"
    with running(kernel, tmp_path, helper=HELPER, slow=step):
        frames = frames_until(kernel, "slow", ends_in_cell_line("sleep"))
        assert list(map(told, frames)) == [
            ("Step slow", 5, "<module>", "x = größer(600)"),
            ("cell 1", 3, "größer", "time.sleep(seconds)"),
        ]
        assert kernel.answer("where", step="slow")["cells"]["1"] == "helper"


def test_the_code_is_that_of_the_run_when_the_cell_was_edited_since(
    kernel: AskedKernel, tmp_path: Path
) -> None:
    with running(kernel, tmp_path, slow=f"%%step slow\nimport time\n{READY}time.sleep(600)"):
        kernel.show(slow="%%step slow\nx = 1")
        frames = frames_until(kernel, "slow", ends_in_cell_line("sleep"))
        assert told(frames[-1]) == ("Step slow", 5, "<module>", "time.sleep(600)")


COMPILED = "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')"
"""One call of compiled code that goes on for ages and lets no other thread run."""


@pytest.mark.parametrize(
    ("code", "last"),
    [
        (COMPILED, r"re.match"),
        ("while True:\n    pass", "while True:|pass"),
        ("import subprocess\nsubprocess.run(['sleep', '600'])", "subprocess.run"),
        ("import threading\nthreading.Event().wait()", "wait"),
        (
            "import threading, time\nfor _ in range(3):\n"
            "    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\ninput_ = None\n"
            "time.sleep(600)",
            "time.sleep",
        ),
        ("def deep(n):\n    while n == 0:\n        pass\n    deep(n - 1)\ndeep(150)", "while n == 0|pass"),
        ("%%time\nwhile True:\n    pass", "while True:|pass"),
    ],
    ids=["compiled", "loop", "program", "lock", "threads", "deep", "magic"],
)
def test_it_answers_whatever_it_does(kernel: AskedKernel, tmp_path: Path, code: str, last: str) -> None:
    magic = code.startswith("%%time")
    body = f"%%time\n{READY}{code.removeprefix('%%time')}" if magic else READY + code
    with running(kernel, tmp_path, slow=f"%%step slow\n{body}"):
        frames = frames_until(
            kernel, "slow", lambda frames: bool(re.search(last, "\n".join(lines_of_notebook(frames)[-1:])))
        )
        assert re.search(last, lines_of_notebook(frames)[-1])


def test_asking_leaves_no_trace_in_the_step(kernel: AskedKernel, tmp_path: Path) -> None:
    code = (
        "%%step slow\nimport time\nprint('a')\n"
        + READY
        + ("while not Path('go').exists():\n    time.sleep(0.01)\nx = 1")
    )
    with running(kernel, tmp_path, slow=code):
        for _ in range(20):
            kernel.answer("where", step="slow")
        (tmp_path / "go").touch()
        run = kernel.session.run
        assert run is not None
        run.wait(WAIT)
        assert run.status == "completed"
        assert run.logs("slow") == "a\n"
        assert run["x"] == 1
        assert "does not run" in kernel.refusal("where", step="slow")


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.closerange(3, 5000)\n",
        "import signal\nsignal.signal(signal.SIGURG, signal.SIG_IGN)\n",
    ],
    ids=["closed its files", "takes the signal"],
)
def test_a_step_that_cannot_answer_goes_on_and_a_reason_is_told(
    kernel: AskedKernel, tmp_path: Path, code: str
) -> None:
    step = (
        f"%%step slow\nimport time\n{code}{READY}while not Path('go').exists():\n    time.sleep(0.01)\nx = 1"
    )
    with running(kernel, tmp_path, slow=step):
        assert re.search("cannot be asked|does not answer", kernel.refusal("where", step="slow"))
        (tmp_path / "go").touch()
        run = kernel.session.run
        assert run is not None
        run.wait(WAIT)
        assert run.status == "completed"


def test_a_step_that_does_not_run_says_so(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    assert "has not run yet" in kernel.refusal("where", step="a")
