"""The facts that a controller states: a run is begun or taken up again, a step is decided."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.model import events as ev
from jupyter_pipes.planning.request import RunRequest, attachment

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.system.processes import Process

Keep = Callable[[str, bytes], str]
"""Has an attachment written with the fact that refers to it, and returns its digest."""


def started(request: RunRequest, process: Process, keep: Keep, queue: str = "") -> ev.RunStarted:
    """Return that a process takes up a new run, or hands its controller to a queue."""
    definition, arguments = request.definition, request.arguments
    chosen = frozenset(arguments.selection.steps)
    steps = (step for step in definition.steps if step.name in chosen)
    return ev.RunStarted(
        pipeline=definition.pipeline,
        version=request.version,
        steps=tuple(ev.PlannedStep.of(step, chosen) for step in steps),
        parameters=arguments.shown,
        origin=definition.origin,
        directory=os.path.realpath(request.directory),
        host=process.host,
        pid=process.pid,
        diagnostics=definition.diagnostics,
        state=request.state,
        definition=keep(*attachment(definition)),
        arguments=keep(*attachment(arguments)),
        user=environment.user(),
        repeats=request.repeats,
        fail_fast=arguments.fail_fast,
        observed=request.observed,
        queue=queue,
        part_of=request.part_of,
        sweep=request.sweep,
    )


def resumed(_request: RunRequest, process: Process, _keep: Keep) -> ev.RunResumed:
    """Return that a process takes up a run again."""
    return ev.RunResumed(process.host, process.pid)


def element_decided(step: str, decision: Decision) -> ev.StepDecided:
    """Return the fact of the decision of an element: its parts are those of its step, and what it is."""
    if decision.result is None:
        return ev.StepDecided(step, "run", decision.reasons, decision.signature)
    return decided(step, decision, "", lambda digest, _: digest)


def decided(step: str, decision: Decision, reopened: str, keep: Keep) -> ev.StepDecided:
    """Return the fact of a decision, its parts kept beside it; `reopened` is why it is decided once more."""
    result, compared = decision.result, decision.compared
    against = compared.parts if compared else ""
    if result is not None:
        return ev.StepDecided(
            step,
            "skipped" if decision.skipped else "cached",
            decision.reasons,
            decision.signature,
            result.artifacts,
            result.run,
            result.parts,
            against,
            result.step,
            result.metrics,
            result.content.notes,
            result.content.observed,
            result.content.children,
        )
    reasons = (*([reopened] if reopened else []), *decision.reasons)
    parts = keep(*decision.packed_parts())
    return ev.StepDecided(step, "run", reasons, decision.signature, parts=parts, compared=against)
