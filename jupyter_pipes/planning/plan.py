"""What a run would do, step by step, without running anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines import graph

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decider, Decision
    from jupyter_pipes.planning.request import RunRequest


class PlannedDecision(Struct, frozen=True):
    """What a run would do with a step, and why."""

    step: Step
    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name


class Plan(Struct, frozen=True):
    """What a run would do: one decision per step, in order."""

    pipeline: str
    steps: tuple[PlannedDecision, ...]

    def __repr__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        return "\n".join(
            f"{step.name:{width}}  {step.decision:7}  {'; '.join(step.reasons)}" for step in self.steps
        )


class KnownOutputs:
    """The outputs of steps that a look ahead knows already.

    Args:
        taken: step -> the kept outputs that are taken as they are.
    """

    def __init__(self, taken: Mapping[str, Decision]) -> None:
        self._outputs: dict[str, dict[str, ArtifactRef]] = {}
        for name, decision in taken.items():
            self.add(name, decision)

    def add(self, step: str, decision: Decision) -> None:
        """Take the outputs that a decision reuses, if it does."""
        if decision.result is not None:
            self._outputs[step] = {artifact.name: artifact for artifact in decision.result.artifacts}

    def inputs(self, step: Step) -> dict[str, ArtifactRef | None]:
        """Return what the step reads, as far as its producers are known; the others are left out."""
        made = {name: owner for name, owner in step.inputs.items() if owner in self._outputs}
        return {name: self._outputs[owner].get(name) for name, owner in made.items()}

    def has(self, step: str) -> bool:
        """Whether the outputs of a step are known."""
        return step in self._outputs

    def has_all(self, step: Step) -> bool:
        """Whether all steps that this one waits for are known."""
        return all(map(self.has, step.upstream))


def foresee(request: RunRequest, decider: Decider) -> Iterator[tuple[PlannedDecision, Decision]]:
    """Yield the decision for each selected step, in an order in which they could run.

    Args:
        request: what the run would be; skipped steps and those that hang on them are left out.
        decider: decides, as it will in a run.
    """
    selection, taken = request.arguments.selection, request.taken
    outputs = KnownOutputs(taken)
    left_out = set(selection.skipped)
    for step in in_order(request):
        if step.name in left_out or left_out.intersection(step.upstream):
            left_out.add(step.name)
            continue
        decision = taken.get(step.name)
        if decision is None:
            inputs, values = outputs.inputs(step), request.arguments.values_of(step.name)
            unknown, forced = frozenset(step.inputs) - inputs.keys(), step.name in selection.forced
            decision = decider.foresee(step, values, inputs, unknown, forced=forced)
            outputs.add(step.name, decision)
        yield PlannedDecision(step, decision.decision, decision.reasons), decision


def settled(request: RunRequest, decider: Decider) -> dict[str, Decision]:
    """Return the decisions of all steps that are cached behind cached ones only: nothing can change them."""
    decider.look_up_all()
    selection, outputs = request.arguments.selection, KnownOutputs(request.taken)
    decisions: dict[str, Decision] = {}
    for step in in_order(request):
        if step.name in request.taken or step.name in selection.skipped or not outputs.has_all(step):
            continue
        values, forced = request.arguments.values_of(step.name), step.name in selection.forced
        decision = decider.decide(step, values, outputs.inputs(step), forced=forced)
        if decision.result is not None:
            outputs.add(step.name, decision)
            decisions[step.name] = decision
    return decisions


def in_order(request: RunRequest) -> Iterator[Step]:
    """Yield the selected steps, each behind all that it waits for."""
    chosen = set(request.arguments.selection.steps)
    by_name = {step.name: step for step in request.definition.steps}
    return (by_name[name] for name in graph.order(request.definition) if name in chosen)
