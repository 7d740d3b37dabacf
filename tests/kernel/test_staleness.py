"""Rules of what is stale: a kept result that a run now would not just reuse, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.kernel.stale import stale
from tests.conftest import MakePipeline

PARAMS = "%%params\nn: int = 1"
HELPER = "def twice(value):\n    return 2 * value"
A = "%%step a\nx = 1"
B = "%%step b\ny = twice(x)"
C = "%%step c\nz = y + n"
CELLS = (PARAMS, HELPER, A, B, C)


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
