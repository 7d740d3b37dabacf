"""Rules of looking for stale steps: in the background, seldom, and never telling what is overtaken."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.kernel.stale import Marks
from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.runs.pipeline import Pipeline
from tests.conftest import MakePipeline

WAIT = 30.0


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
