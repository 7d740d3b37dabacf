"""What a run would do, step by step, without running anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from jupyter_pipes import graph as graphs
from jupyter_pipes.model import PARAMS_OWNER, ArtifactRef

if TYPE_CHECKING:
    from jupyter_pipes.decision import Decider, Decision
    from jupyter_pipes.graph import Graph


class PlannedDecision(Struct, frozen=True):
    """What a run would do with a step, and why."""

    name: str
    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]
    reads: dict[str, str]
    writes: tuple[str, ...]
    after: tuple[str, ...]


class Plan(Struct, frozen=True):
    """What a run would do: one decision per step, in order."""

    pipeline: str
    steps: tuple[PlannedDecision, ...]

    def __repr__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        return "\n".join(
            f"{step.name:{width}}  {step.decision:7}  {'; '.join(step.reasons)}" for step in self.steps
        )


def foresee(
    graph: Graph,
    decider: Decider,
    selected: Sequence[str],
    values: Mapping[str, Mapping[str, Any]],
    forced: frozenset[str],
) -> Iterable[tuple[PlannedDecision, Decision]]:
    """Yield the decision for each selected step, in an order in which they could run.

    Args:
        graph: the whole pipeline.
        decider: decides, as it will in a run.
        selected: names of the steps, with all that they need.
        values: step -> parameter -> value.
        forced: steps that run whatever is kept.
    """
    known: dict[str, dict[str, ArtifactRef]] = {}
    for name in graphs.order(graph):
        if name not in selected:
            continue
        step = graph.step(name)
        owners = {read: owner for read, owner in step.reads.items() if owner != PARAMS_OWNER}
        inputs = {read: known[owner].get(read) for read, owner in owners.items() if owner in known}
        unknown = frozenset(owners) - inputs.keys()
        decision = decider.foresee(step, values[name], inputs, unknown, forced=name in forced)
        if decision.result is not None:
            known[name] = {artifact.name: artifact for artifact in decision.result.artifacts}
        planned = PlannedDecision(
            name, decision.decision, decision.reasons, step.reads, step.writes, step.options.after
        )
        yield planned, decision
