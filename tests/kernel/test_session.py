"""What a kernel's displays say about steps while cells are run again, between runs and behind a restart."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.analysis import analyze
from jupyter_pipes.kernel import cell_outputs
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.step_options import parse_step
from jupyter_pipes.runs.run import Run

pytestmark = pytest.mark.slow

WAIT = 60.0
CELLS = {
    "params": "%%params\nn: int = 1",
    "helper": "def twice(value):\n    return 2 * value",
    "a": "%%step a\nx = 1",
    "b": "%%step b\ny = twice(x)",
    "c": "%%step c\nz = y + n",
}


class Screen:
    """What the displays show, by display id, in the order in which they were opened."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._changed = threading.Condition()

    def publish(self, data: dict[str, str], metadata: Any = None, **more: Any) -> None:
        with self._changed:
            display = more.get("transient", {}).get("display_id")
            self._shown[display or str(len(self._shown))] = data["text/plain"]
            self._changed.notify_all()

    def wait_for(self, *wanted: str, without: str = "\0") -> None:
        """Wait until these beginnings of lines are shown, and nothing with `without` in it."""

        def is_there() -> bool:
            text = self.text
            return all(f"\n{line}" in text for line in wanted) and without not in text

        with self._changed:
            assert self._changed.wait_for(is_there, WAIT), self.text

    @property
    def text(self) -> str:
        return "\n" + "\n".join(self._shown.values())


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(cell_outputs, "_publisher", lambda: screen)
    return screen


class Kernel:
    """A session whose cells are run by hand."""

    def __init__(self, folder: Path) -> None:
        self.session = Session(folder, None, {}, live=True)
        # The widget has tests of its own.
        self.session.show_if_live = lambda: None
        for cell in CELLS:
            self.run(cell, CELLS[cell])

    def run(self, cell: str, source: str) -> None:
        self.session.define(cell, source, 1)
        if source.startswith("%%step"):
            self.session.show_step(cell, cell)
        self.session.look_for_stale()

    def go(self, **params: object) -> None:
        self.session.start((), {"params": params}).wait(WAIT)
        self.session.settle()


@pytest.fixture
def kernel(tmp_path: Path, screen: Screen) -> Kernel:
    return Kernel(tmp_path)


def test_nothing_is_stale_before_and_behind_the_first_run(kernel: Kernel, screen: Screen) -> None:
    screen.wait_for("Step a", "Step b", "Step c", without="stale")
    kernel.go()
    screen.wait_for("a, completed", "b, completed", "c, completed", without="stale")


def test_a_redefined_helper_marks_what_reaches_it_until_a_run_ends(kernel: Kernel, screen: Screen) -> None:
    kernel.go()
    kernel.run("helper", "def twice(value):\n    return value * 2")
    screen.wait_for("a, completed  ", "b, completed, stale  ", "c, completed, stale  ")
    assert "helper twice changed" in screen.text
    assert "runs if b gives other outputs" in screen.text
    kernel.go()
    screen.wait_for("a, cached  ", "b, completed  ", "c, cached  ", without="stale")


def test_a_redefined_step_shows_its_definition_with_the_mark(kernel: Kernel, screen: Screen) -> None:
    kernel.go()
    kernel.run("b", "%%step b\ny = twice(x) + 1")
    screen.wait_for("Step b (stale: code changed)", "c, completed, stale")
    kernel.run("b", CELLS["b"])
    screen.wait_for("Step b\n", "c, completed  ")


@pytest.mark.parametrize(
    ("cell", "source", "marked"),
    [
        ("params", "%%params\nn: int = 2", "c, completed, stale"),
        ("setup", "%%setup\nimport math", "a, completed, stale"),
    ],
)
def test_parameters_and_setup_count_as_well(
    kernel: Kernel, screen: Screen, cell: str, source: str, marked: str
) -> None:
    kernel.go()
    kernel.run(cell, source)
    screen.wait_for(marked)


def test_values_that_the_run_was_given_make_nothing_stale(kernel: Kernel, screen: Screen) -> None:
    kernel.go(n=5)
    kernel.run("helper", "def twice(value):\n    return value * 2")
    screen.wait_for("b, completed, stale")
    assert "parameter n" not in screen.text


def test_a_failed_step_is_failed_and_not_stale(kernel: Kernel, screen: Screen) -> None:
    kernel.go()
    kernel.run("b", "%%step b\ny = twice(x) / 0")
    screen.wait_for("Step b (stale: code changed)")
    kernel.go()
    screen.wait_for("b, failed", "c, skipped", without="stale")
    kernel.run("a", "%%step a\nx = 2")
    screen.wait_for("Step a (stale: code changed)", "b, failed", "c, skipped")


def test_a_step_that_a_smaller_run_left_out_keeps_what_it_shows(kernel: Kernel, screen: Screen) -> None:
    kernel.go()
    kernel.session.start(("a",), {}).wait(WAIT)
    kernel.session.settle()
    screen.wait_for("a, cached", "b, completed  ", "c, completed  ")


def test_a_run_that_is_being_started_here_is_not_taken_up_as_somebody_elses(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front end that connects meanwhile finds it going on; graphs and marks would have two `Run`s of it."""
    followed: list[Run] = []
    monkeypatch.setattr(kernel.session, "follow", lambda run, **_: followed.append(run))

    def start_while_a_front_end_connects() -> Run:
        run = kernel.session.pipeline().start()
        front_end = threading.Thread(target=kernel.session.join)
        front_end.start()
        front_end.join(WAIT)
        return run

    run = kernel.session.drive(start_while_a_front_end_connects)
    run.wait(WAIT)
    assert followed == [run]


def test_why_tells_the_mark_before_the_run(kernel: Kernel, screen: Screen) -> None:
    kernel.go()
    assert kernel.session.run is not None
    step = kernel.session.run.steps["b"]
    assert kernel.session.why(step, kernel.session.run).reasons == ("first run",)
    kernel.run("helper", "def twice(value):\n    return value * 2")
    screen.wait_for("b, completed, stale")
    told = kernel.session.why(step, kernel.session.run)
    assert told.reasons == ("helper twice changed",)
    assert "+    return value * 2" in told.changes[0].diff


def test_a_fresh_kernel_shows_what_is_kept_and_what_is_stale(
    kernel: Kernel, tmp_path: Path, screen: Screen
) -> None:
    kernel.go()
    assert kernel.session.run is not None
    again = Kernel(tmp_path)
    again.run("d", "%%step d\nw = z")
    view = idle_view(again.session.pipeline())
    assert [(step.status, step.reason) for step in view.steps.values()] == [
        *[(Status.COMPLETED, f"in run {kernel.session.run.id}")] * 3,
        (Status.PENDING, "not run yet"),
    ]
    again.run("c", "%%step c\nz = y - n")
    screen.wait_for("Step c (stale: code changed)", "Step d\n")


def test_an_idle_view_makes_no_folder(kernel: Kernel, tmp_path: Path) -> None:
    view: RunView = idle_view(kernel.session.pipeline())
    assert {step.status for step in view.steps.values()} == {Status.PENDING}
    assert not (tmp_path / ".jupyter_pipes").exists()


def test_a_cell_more_is_analysed_alone_however_many_there_are(kernel: Kernel) -> None:
    def done() -> int:
        return analyze.cache_info().misses + parse_step.cache_info().misses

    counts: list[int] = []
    for n in range(100):
        before = done()
        kernel.run(f"helper_{n}", f"def helper_{n}(value):\n    return value + {n}")
        kernel.run(f"made_{n}", f"%%step made_{n} --stage s{n}\nrow_{n} = helper_{n}({n})\nrow_{n}")
        counts.append(done() - before)
    assert counts[-1] == counts[9]
    before = done()
    assert len(kernel.session.pipeline().graph.steps) == 103
    assert done() == before
