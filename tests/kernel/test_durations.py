"""How long a run and its steps took before: what is told of the last time."""

from __future__ import annotations

import pytest

from jupyter_pipes.kernel.durations import LastTimes
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow


def test_the_first_run_has_no_last_time(pipeline_of: MakePipeline) -> None:
    times = LastTimes(pipeline_of("%%step a\nx = 1").run())
    assert (times.of_run(), times.of_step("a"), times.of_step("no such")) == (0.0, 0.0, 0.0)


def test_a_later_run_knows_what_the_one_before_took(pipeline_of: MakePipeline) -> None:
    """A failed run in between is no measure, and nor is what the run itself took."""
    first = pipeline_of("%%step a\nx = 1").run()
    pipeline_of("%%step a\n1 / 0").run(check=False)
    times = LastTimes(pipeline_of("%%step a\nx = 2").run())
    assert times.of_step("a") == first.steps["a"].seconds
    assert times.of_run() == first.seconds
