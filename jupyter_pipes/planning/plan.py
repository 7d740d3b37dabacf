"""What a run would do, step by step, without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.made.options import key_of
from jupyter_pipes.pipelines.options.nesting import is_open
from jupyter_pipes.planning.decision import Decision
from jupyter_pipes.planning.nesting.decision import decide_nested
from jupyter_pipes.planning.nesting.requests import child_of
from jupyter_pipes.planning.observations import in_words
from jupyter_pipes.planning.preparation import decider_of
from jupyter_pipes.planning.settling.options import known_later, open_kinds

if TYPE_CHECKING:
    from jupyter_pipes.planning.decision import Decider
    from jupyter_pipes.planning.observations import ObservedSteps
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

    def referred(self, step: Step) -> dict[str, ArtifactRef | None] | None:
        """Return what the step's options refer to; None while some of that is not known."""
        if not all(self.has(owner) for owner, _ in step.option_needs):
            return None
        return {key_of(owner, name): self._outputs[owner].get(name) for owner, name in step.option_needs}

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
    steps, outputs = request.steps(), KnownOutputs(request.taken)
    left_out = set(request.arguments.selection.skipped)
    comes: list[str] = []
    skipped: dict[str, str] = {}
    for name in steps.names():
        if name in left_out or left_out.intersection(steps[name].upstream):
            left_out.add(name)
            continue
        if cause := _skipped_with(steps[name], skipped):
            skipped[name] = cause
            yield _would_be_skipped(steps[name], cause), Decision("cached", (cause,))
            continue
        decision = _foreseen(request, decider, steps, name, outputs, comes)
        while steps.take(name, decision) and name not in request.taken:
            decision = _foreseen(request, decider, steps, name, outputs, comes)
        outputs.add(name, decision)
        comes += [] if outputs.has(name) else [name]
        # Where nothing runs, nobody waits.
        known = as_known(steps[name], decider, outputs)
        edges = () if decision.result else (*edges_of(known, decision), *_asking(known))
        edges = (*_called_before(steps[name]), *edges)
        if decision.skipped:
            skipped[name] = f"{name} was skipped"
            yield _would_be_skipped(steps[name], "; ".join(decision.reasons)), decision
            continue
        yield PlannedDecision(known, decision.decision, (*decision.reasons, *edges)), decision


def as_known(step: Step, decider: Decider, outputs: KnownOutputs) -> Step:
    """Return a step with what its options come to, if they are open and a kept result tells that."""
    referred = outputs.referred(step) if step.options.made else None
    found = None if referred is None else decider.recalled(step, referred)
    return found[0] if found else step


def edges_of(step: Step, decision: Decision) -> tuple[str, ...]:
    """Return in words what a step waits for, by what runs showed and by options that are not known yet."""
    return (*in_words(step), *_still_open(step, decision))


def _still_open(step: Step, decision: Decision) -> tuple[str, ...]:
    return (
        () if decision.result else tuple(each for each in known_later(step) if each not in decision.reasons)
    )


def _asking(step: Step) -> tuple[str, ...]:
    return (f"waits for approval: {step.options.gate}",) if step.options.gate else ()


def _called_before(step: Step) -> tuple[str, ...]:
    before = step.options.before
    return (f"{' and '.join(before)} called before",) if before else ()


def _skipped_with(step: Step, skipped: Mapping[str, str]) -> str:
    """Return why a step would be skipped with another one that its `--when` skips; "" if it would not."""
    causes = (skipped[name] for name in step.upstream if name in skipped and step.is_skipped_with(name))
    return next(causes, "")


def _would_be_skipped(step: Step, why: str) -> PlannedDecision:
    return PlannedDecision(step, "cached", (f"would be skipped: {why}",))


def _foreseen(
    request: RunRequest,
    decider: Decider,
    steps: ObservedSteps,
    name: str,
    outputs: KnownOutputs,
    comes: Sequence[str],
) -> Decision:
    """Return what a run would do with a step; `comes` are those before it that may run."""
    if name in request.taken:
        return request.taken[name]
    step, arguments = as_known(steps[name], decider, outputs), request.arguments
    if name in request.children:
        return decide_child(request, decider, step)
    inputs = outputs.inputs(step)
    made = {each: owner for each, owner in step.inputs.items() if each not in inputs}
    unknown = {**steps.files_to_come(step, comes), **made}
    forced = name in arguments.selection.forced
    # What is called before it may change them.
    values = {} if step.options.before else arguments.values_of(name)
    return decider.foresee(step, values, inputs, unknown, forced=forced)


def decide_child(request: RunRequest, decider: Decider, step: Step) -> Decision:
    """Return the decision for a step that is another pipeline, by what a run of that would do."""
    workspace = decider.workspace
    child = child_of(request, step, workspace)
    foreseen = foresee(child, decider_of(child.definition, workspace))
    decisions = [(planned.name, decision) for planned, decision in foreseen]
    forced = step.name in request.arguments.selection.forced
    decision = decide_nested(step, decisions, request.definition.pipeline, workspace.history, forced=forced)
    if decision.decision == "depends" and is_open(step.options):
        return replace(decision, reasons=tuple(known_later(step)))
    return decision


def settled(
    request: RunRequest, decider: Decider, is_asked: Callable[[str], bool] = lambda step: False
) -> dict[str, Decision]:
    """Return the decisions of all steps that are cached behind cached ones only: nothing can change them.

    Args:
        request: what the run is to do.
        decider: decides.
        is_asked: whether somebody has a say before a step is decided: it is left out.
    """
    decider.look_up_all()
    steps, outputs = request.steps(), KnownOutputs(request.taken)
    decisions: dict[str, Decision] = {}
    for name in steps.names():
        if is_asked(name):
            continue
        decision = _settled(request, decider, steps[name], outputs)
        while decision is not None and steps.take(name, decision):
            decision = _settled(request, decider, steps[name], outputs)
        if decision is not None:
            decisions[name] = decision
        if decision is not None and not decision.skipped:
            outputs.add(name, decision)
    return decisions


def _settled(request: RunRequest, decider: Decider, step: Step, outputs: KnownOutputs) -> Decision | None:
    """Return the decision of a step that is cached behind cached ones only, None for others."""
    name, selection = step.name, request.arguments.selection
    if name in request.taken or name in selection.skipped or not outputs.has_all(step):
        return None
    step = as_known(step, decider, outputs)
    if open_kinds(step.options):
        return None
    values, forced = request.arguments.values_of(name), name in selection.forced
    if name in request.children:
        decision = decide_child(request, decider, step)
        return decision if decision.result is not None else None
    decision = decider.decide(step, values, outputs.inputs(step), forced=forced)
    return decision if decision.result is not None else None


def in_order(request: RunRequest) -> Iterator[Step]:
    """Yield the selected steps, each behind all that it waits for."""
    steps = request.steps()
    return (steps[name] for name in steps.names())
