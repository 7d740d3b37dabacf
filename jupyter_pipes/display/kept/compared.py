"""Two kept runs as one graph, with what differs between them, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.kept.lines import line_of
from jupyter_pipes.display.kept.model import (
    ComparedRuns,
    CurvePair,
    DifferenceLine,
    Mark,
    MetricPair,
    Point,
)
from jupyter_pipes.display.kept.opened import curves_of
from jupyter_pipes.model.shown.thinning import is_number
from jupyter_pipes.model.steps import PARAMS_OWNER
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.comparing.comparison import Difference, differences, values_text
from jupyter_pipes.runs.kept import side

if TYPE_CHECKING:
    from jupyter_pipes.runs.run import Run

_INCIDENTAL = ("seconds", "decision")
"""Kinds of differences that say nothing about what a step gives."""


def compared(a: Run, b: Run, width: float, height: float) -> ComparedRuns:
    """Return two runs as one graph, laid out for so much room in px.

    Raises:
        UntrustedStore: another user could have written values that are held against each other.
    """
    a.workspace.check_values(trust=False)
    steps = _united(a.view, b.view)
    differing = tuple(_lines(differences(side(a), side(b)), steps))
    return ComparedRuns(
        line_of(a.view),
        line_of(b.view),
        board_of(msgspec.structs.replace(b.view, steps={step.name: step for step in steps})),
        arrange_within([step.planned for step in steps], width, height, frozenset()),
        {step.name: _mark(step.name, a.view, b.view, differing) for step in steps},
        differing,
        tuple(_metrics(a.view, b.view, steps)),
        tuple(_curves(a, b, steps)),
    )


def _united(a: RunView, b: RunView) -> Sequence[StepView]:
    """Return the steps of both; one of `a` alone stands behind the step that it stood behind there."""
    steps, behind = list(b.steps.values()), 0
    for name, step in a.steps.items():
        places = [place for place, other in enumerate(steps) if other.name == name]
        if not places:
            steps.insert(behind, step)
        behind = places[0] + 1 if places else behind + 1
    return steps


def _mark(name: str, a: RunView, b: RunView, lines: Iterable[DifferenceLine]) -> Mark:
    if name not in a.steps:
        return "only in b"
    if name not in b.steps:
        return "only in a"
    is_changed = any(line.step == name and line.what not in _INCIDENTAL for line in lines)
    return "changed" if is_changed else "same"


def _lines(differing: Iterable[Difference], steps: Sequence[StepView]) -> Iterator[DifferenceLine]:
    """Yield the differences as lines; one of a parameter stands with each step that reads it as well."""
    for each in differing:
        line = DifferenceLine(each.step, each.what, each.name, *values_text(each), each.diff)
        yield line
        if each.step is None and each.what == "parameter":
            yield from (
                msgspec.structs.replace(line, step=step.name) for step in steps if _reads(step, each.name)
            )


def _reads(step: StepView, parameter: str) -> bool:
    """Return whether a step reads a parameter, which may be one of a step alone (`STEP.NAME`)."""
    owner, _, name = parameter.rpartition(".")
    return step.planned.origins.get(name) == PARAMS_OWNER and owner in ("", step.name)


def _metrics(a: RunView, b: RunView, steps: Iterable[StepView]) -> Iterator[MetricPair]:
    for step in steps:
        old, new = (view.steps[step.name].last_metrics if step.name in view.steps else {} for view in (a, b))
        for name in dict.fromkeys((*old, *new)):
            yield MetricPair(step.name, name, _number(old.get(name)), _number(new.get(name)))


def _number(value: Any) -> float | None:
    return float(value) if is_number(value) else None


def _curves(a: Run, b: Run, steps: Iterable[StepView]) -> Iterator[CurvePair]:
    for step in steps:
        old, new = (_series(run, step.name) for run in (a, b))
        for name in dict.fromkeys((*old, *new)):
            yield CurvePair(step.name, name, old.get(name, ()), new.get(name, ()))


def _series(run: Run, step: str) -> dict[str, tuple[Point, ...]]:
    if step not in run.steps:
        return {}
    attempt = run.shown_attempt(step)[1]
    return curves_of(attempt.metrics) if attempt else {}
