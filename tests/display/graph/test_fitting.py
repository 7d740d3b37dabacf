"""A graph is arranged, and its stages folded, so that its text can be read in the room that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.display.graph import fitting
from jupyter_pipes.display.graph.density import NAME_SIZE
from jupyter_pipes.display.graph.fitting import (
    READABLE_SIZE,
    arrange_within,
    folded_in,
    scale_within,
    stages_of,
)
from jupyter_pipes.display.graph.layout import Layout, arrange, stage_node
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.steps import StepOptions

STAGES = ("data", "features", "models", "choice", "report", "cards")
NARROW, WIDE = (430.0, 640.0), (1000.0, 700.0)


def staged(count: int, stages: int) -> list[PlannedStep]:
    """Steps of which each reads the one before and one some places before, in stages one behind the other."""
    steps: list[PlannedStep] = []
    for number in range(count):
        reads = {f"x{other}": f"step_{other}" for other in {number - 1, number - 4} if other >= 0}
        stage = STAGES[number * stages // count] if stages else None
        upstream = tuple(dict.fromkeys(reads.values()))
        steps.append(
            PlannedStep(f"step_{number}", upstream=upstream, reads=reads, options=StepOptions(stage=stage))
        )
    return steps


@pytest.mark.parametrize("room", [NARROW, WIDE])
@pytest.mark.parametrize(("count", "stages"), [(3, 0), (12, 3), (120, 6), (300, 6), (1000, 6)])
def test_text_can_be_read_without_scrolling(count: int, stages: int, room: tuple[float, float]) -> None:
    layout = arrange_within(staged(count, stages), *room)
    assert scale_within(layout, *room) * NAME_SIZE >= READABLE_SIZE


def test_few_steps_have_two_lines_and_labels_and_more_have_names_alone() -> None:
    few, more = arrange_within(staged(3, 0), *NARROW), arrange_within(staged(14, 0), *NARROW)
    assert (few.lines, any(edge.label for edge in few.edges)) == (2, True)
    assert (more.lines, any(edge.label for edge in more.edges)) == (1, False)
    assert all(edge.names for edge in more.edges)


def test_stages_are_folded_only_as_far_as_it_takes() -> None:
    steps = staged(60, 6)
    narrow, wide = arrange_within(steps, *NARROW), arrange_within(steps, 4000, 4000)
    assert any(len(members) > 1 for members in narrow.members.values())
    assert set(wide.nodes) == {step.name for step in steps}


def test_what_could_not_be_read_is_folded_the_largest_stages_first() -> None:
    steps = staged(120, 6)
    assert folded_in(arrange_within(steps, 10_000, 10_000), steps) == frozenset()
    assert folded_in(arrange_within(steps, 1, 1), steps) == stages_of(steps)
    folded = folded_in(arrange_within(steps, 860, 700), steps)
    assert frozenset() < folded <= stages_of(steps)
    unstaged = staged(120, 0)
    assert folded_in(arrange_within(unstaged, 860, 700), unstaged) == frozenset()


def test_of_two_directions_that_can_be_read_the_better_one_is_taken() -> None:
    steps = staged(3, 0)
    assert arrange_within(steps, *WIDE).direction == "TB"
    assert arrange_within(steps, *WIDE, directions=("LR", "TB")).direction == "LR"


def test_of_many_stages_few_foldings_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"stage_{number:02}" for number in range(64)]
    steps = [
        PlannedStep(f"step_{number}", options=StepOptions(stage=names[number // 4])) for number in range(256)
    ]
    tried: list[frozenset[str]] = []

    def counted(steps: Sequence[PlannedStep], *, collapsed: frozenset[str], **options: Any) -> Layout:
        tried.append(collapsed)
        return arrange(steps, collapsed=collapsed, **options)

    monkeypatch.setattr(fitting, "arrange", counted)
    assert len(arrange_within(steps, *NARROW).nodes) < len(steps)
    assert len(set(tried)) <= 7


def test_stages_that_somebody_folds_are_those_that_are_folded() -> None:
    steps = staged(120, 6)
    assert set(arrange_within(steps, *NARROW, frozenset()).nodes) == {step.name for step in steps}
    layout = arrange_within(staged(6, 2), *WIDE, frozenset({"data"}))
    assert layout.members[stage_node("data")] == ("step_0", "step_1", "step_2")
    assert "step_3" in layout.nodes


@settings(max_examples=25)
@given(st.integers(0, 30), st.integers(0, 6), st.floats(1, 2000), st.floats(1, 2000))
def test_every_step_is_behind_exactly_one_node(count: int, stages: int, width: float, height: float) -> None:
    layout = arrange_within(staged(count, stages), width, height)
    members = [name for names in layout.members.values() for name in names]
    assert sorted(members) == sorted(f"step_{number}" for number in range(count))
