"""Rules of stale steps: which they are and why; looked for in the background, seldom, and never told late."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.kernel.stale import Marks, stale
from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.runs.pipeline import Pipeline
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow

PARAMS = "%%params\nn: int = 1"
HELPER = "def twice(value):\n    return 2 * value"
A = "%%step a\nx = 1"
B = "%%step b\ny = twice(x)"
C = "%%step c\nz = y + n"
CELLS = (PARAMS, HELPER, A, B, C)

WAIT = 60.0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({HELPER: f"# a comment\n{HELPER}"}, {}),
        (
            {HELPER: HELPER.replace("2", "3")},
            {"b": "helper twice changed", "c": "runs if b gives other outputs"},
        ),
        (
            {A: "%%step a\nx = 2"},
            {
                "a": "code changed",
                "b": "runs if a gives other outputs",
                "c": "runs if b gives other outputs",
            },
        ),
        ({PARAMS: "%%params\nn: int = 2"}, {"c": "parameter n 1 → 2"}),
        ({A: "%%step a --always\nx = 1"}, {}),
        (
            {A: f"{A}|%%step fresh\nx = x + 0"},
            {"b": "runs if fresh gives other outputs", "c": "runs if b gives other outputs"},
        ),
        ({C: f"{C}|%%step fresh\nw = z"}, {}),
    ],
    ids=[
        *("nothing", "a comment", "a helper", "code", "a parameter", "one that always runs"),
        *("a new step before", "a new step behind"),
    ],
)
def test_which_steps_are_stale_and_why(
    pipeline_of: MakePipeline, changes: dict[str, str], expected: dict[str, str]
) -> None:
    pipeline_of(*CELLS).run()
    changed = [cell for old in CELLS for cell in changes.get(old, old).split("|")]
    found = stale(pipeline_of(*changed).foreseen())
    assert {step: "; ".join(decision.reasons) for step, decision in found.items()} == expected


def test_nothing_is_stale_that_never_ran(pipeline_of: MakePipeline) -> None:
    assert stale(pipeline_of(*CELLS).foreseen()) == {}


def test_values_that_a_run_was_given_count_when_it_is_asked_with_them(pipeline_of: MakePipeline) -> None:
    pipeline_of(*CELLS).run(params={"n": 5})
    assert stale(pipeline_of(*CELLS).foreseen(params={"n": 5})) == {}
    assert list(stale(pipeline_of(*CELLS).foreseen())) == ["c"]


def test_a_lost_output_makes_its_step_stale(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of(*CELLS)
    run = pipeline.run()
    Path(run.uri(run.artifact("y")).removeprefix("file://")).unlink()
    found = stale(pipeline.foreseen())
    assert found["b"].reasons == ("output y is missing",)


class Told:
    """What was told, and a look that waits until it may go on."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.found: list[list[str]] = []
        self.threads: list[threading.Thread] = []
        self.looks = 0
        self.told, self.looking, self.may_look = threading.Event(), threading.Event(), threading.Event()
        self.may_look.set()
        self._pipeline = pipeline
        self.marks = Marks(self._look, dict, self._tell)

    def _look(self) -> Pipeline:
        self.looks += 1
        self.looking.set()
        assert self.may_look.wait(WAIT)
        return self._pipeline

    def _tell(self, found: dict[str, Any]) -> None:
        self.found.append(list(found))
        self.threads.append(threading.current_thread())
        self.told.set()


@pytest.fixture
def edited(pipeline_of: MakePipeline) -> Told:
    """A pipeline whose step was edited behind its run."""
    pipeline_of("%%step a\nx = 1").run()
    return Told(pipeline_of("%%step a\nx = 2"))


def test_stale_steps_are_told_on_another_thread(edited: Told) -> None:
    edited.marks.request()
    assert edited.told.wait(WAIT)
    assert edited.found == [["a"]]
    assert edited.threads[0] is not threading.current_thread()


def test_many_requests_give_few_looks(edited: Told) -> None:
    edited.may_look.clear()
    edited.marks.request()
    assert edited.looking.wait(WAIT)
    for _ in range(100):
        edited.marks.request()
    edited.may_look.set()
    while len(edited.found) < 2:
        edited.told.clear()
        assert edited.told.wait(WAIT)
    assert edited.looks == 2


def test_a_look_that_a_run_overtakes_is_not_told(edited: Told) -> None:
    """It looked at how things were before; the run's end asks again."""
    edited.may_look.clear()
    edited.marks.request()
    assert edited.looking.wait(WAIT)
    edited.marks.take_back()
    edited.told.clear()
    edited.marks.request()
    edited.may_look.set()
    assert edited.told.wait(WAIT)
    assert edited.found == [[], ["a"]]
    assert edited.looks == 2


def test_a_pipeline_with_problems_has_no_marks(pipeline_of: MakePipeline) -> None:
    pipeline_of("%%step a\nx = 1").run()
    broken = pipeline_of("%%step a\nx = 2", "%%step b\ny = nowhere")
    with pytest.raises(InvalidPipeline):
        broken.plan()
    told = Told(broken)
    told.marks.request()
    assert told.told.wait(WAIT)
    assert told.found == [[]]


def test_looking_makes_no_folder(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    told = Told(pipeline_of("%%step a\nx = 2"))
    told.marks.request()
    assert told.told.wait(WAIT)
    assert told.found == [[]]
    assert not (tmp_path / ".jupyter_pipes").exists()


def test_a_copy_has_marks_as_soon_as_it_ran(pipeline_of: MakePipeline) -> None:
    """Its results are the original's; only what it was called when they were made differs."""
    pipeline_of(*CELLS).run()
    assert [step.status for step in pipeline_of(*CELLS, name="copy").run().steps.values()] == ["cached"] * 3
    changed = [cell.replace("2 *", "3 *") for cell in CELLS]
    marks = stale(pipeline_of(*changed, name="copy").foreseen())
    assert {step: "; ".join(decision.reasons) for step, decision in marks.items()} == {
        "b": "helper twice changed",
        "c": "runs if b gives other outputs",
    }
    assert stale(pipeline_of(*changed, name="another").foreseen()) == {}
