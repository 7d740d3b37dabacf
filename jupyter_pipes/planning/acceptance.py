"""Accepts the present outputs of steps as they are, after a change that does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.planning.plan import KnownOutputs, as_known, decide_child, in_order
from jupyter_pipes.planning.settling.options import known_later, open_kinds

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.decision import Decider, Decision
    from jupyter_pipes.planning.request import RunRequest


def accept(request: RunRequest, decider: Decider, steps: Sequence[str]) -> None:
    """Keep the newest outputs of the steps as the results of their signatures as they are now.

    The facts go to the runs that made the outputs.

    Args:
        request: the steps and all that they need, with the values that they read.
        decider: decides for them.
        steps: those to accept.

    Raises:
        ArtifactMissing: a step has no kept outputs.
        UsageError: a step that it reads from is not up to date itself, or a parameter has no value yet.
    """
    history = decider.workspace.history
    outputs = KnownOutputs({})
    for step in in_order(request):
        if step.name in request.children:
            known = as_known(step, decider, outputs)
            outputs.add(step.name, _accepted_child(request, decider, known, steps))
            continue
        values = request.arguments.values_of(step.name)
        to_come = [name for name in step.parameters if name not in values]
        if to_come and step.name in steps:
            raise _undecided(step, to_come)
        step = as_known(step, decider, outputs)
        if is_open := bool(open_kinds(step.options)):
            _check_is_left_alone(step, steps)
        if step.name in steps:
            _check_inputs(step, outputs)
            decision, result = decider.accept(step, values, outputs.inputs(step))
            parts, content = decision.packed_parts()
            history.keep_attachments({parts: content})
            fact = ev.ResultAccepted(result.step, decision.signature, parts, result.files)
            history.remark(result.run, fact)
        if outputs.has_all(step) and not (to_come or is_open):
            outputs.add(step.name, decider.decide(step, values, outputs.inputs(step)))


def _accepted_child(request: RunRequest, decider: Decider, step: Step, steps: Sequence[str]) -> Decision:
    if step.name in steps:
        message = f"step {step.name} is {step.options.pipeline}: accept steps of that one"
        raise UsageError(message, step=step.name)
    return decide_child(request, decider, step)


def _undecided(step: Step, to_come: Sequence[str]) -> UsageError:
    return UsageError(
        f"step {step.name} cannot be accepted: it depends on {', '.join(to_come)}, which is computed when a "
        f"run starts; say the value: -p {to_come[0]}=…",
        step=step.name,
    )


def _check_is_left_alone(step: Step, steps: Sequence[str]) -> None:
    if step.name in steps:
        message = f"step {step.name} cannot be accepted: {' '.join(known_later(step))}, by a run; run it"
        raise UsageError(message, step=step.name)


def _check_inputs(step: Step, outputs: KnownOutputs) -> None:
    missing = [name for name in step.upstream if not outputs.has(name)]
    if missing:
        raise UsageError(
            f"step {step.name} cannot be accepted: {', '.join(missing)}, which it reads from, "
            "is not up to date; run it, or accept it as well",
            step=step.name,
        )
