"""The facts that end the steps of a run whose controller ends it, or is gone."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView


def ending_facts(view: RunView, reason: str) -> list[ev.AnyEvent]:
    """Return the facts that end, as cancelled, all steps that are under way or wait."""
    return [fact for step in view.steps_and_elements for fact in _ending_facts(step, reason)]


def lost_facts(steps: Iterable[str], reason: str) -> list[ev.AnyEvent]:
    """Return the facts that end, as cancelled, steps that had ended otherwise."""
    return [
        fact
        for step in steps
        for fact in (ev.StepReopened(step, reason), ev.StepEnded(step, Status.CANCELLED, reason))
    ]


def _ending_facts(step: StepView, reason: str) -> list[ev.AnyEvent]:
    if step.status.is_final:
        return []
    facts: list[ev.AnyEvent] = []
    if step.latest is not None and not step.latest.status.is_final:
        facts.append(ev.AttemptEnded(step.name, step.latest.number, "cancelled", reason))
    return [*facts, ev.StepEnded(step.name, Status.CANCELLED, reason)]
