"""Whether a step that is another pipeline runs: what a run of that would do decides, and says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.decision import Decision
from jupyter_pipes.planning.signing.signature import changes, combine

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History, Result

_MOST_REASONS = 5

_NOT_ITS_OWN = ("input", "name")
"""Kinds of parts of the other pipeline's steps that follow from the rest."""

Foreseen = Sequence[tuple[str, Decision]]
"""What a run of the other pipeline would do: each of its steps, in order, with the decision."""


def decide_nested(
    step: Step, foreseen: Foreseen, pipeline: str, history: History, *, forced: bool
) -> Decision:
    """Return the decision for a step that is another pipeline.

    It is cached if nothing of the other pipeline would run, and a kept result of the step holds the very
    artifacts that are kept of those steps.

    Args:
        step: the step.
        foreseen: what a run of the other pipeline would do.
        pipeline: the name of the step's own pipeline.
        history: where results are kept.
        forced: whether it runs whatever is kept.
    """
    parts = tuple(_parts(foreseen))
    signature = combine(parts)
    if forced or step.options.always:
        return Decision("run", ("forced" if forced else "--always",), signature, parts)
    results = list(history.results_of(pipeline, step.name))
    running = [(name, decision) for name, decision in foreseen if decision.result is None]
    if not running:
        outputs = _outputs(step, foreseen)
        for result in results:
            if {each.name: each.digest for each in result.artifacts} == outputs:
                why = f"nothing changed since run {result.run}"
                return Decision("cached", (why,), result.signature, parts, result, result)
    latest = next(iter(results), None)
    reasons = tuple(_reasons(running, parts, latest, history)) or ("all of its steps are kept",)
    kind = "run" if any(decision.decision == "run" for _, decision in running) or not running else "depends"
    is_first = latest is None
    return Decision(kind, _shortened(reasons), signature, parts, compared=latest, is_first=is_first)


def _parts(foreseen: Foreseen) -> Iterator[Part]:
    for name, decision in foreseen:
        for part in decision.parts:
            if part.kind not in _NOT_ITS_OWN:
                yield replace(part, name=f"{part.name} of {name}" if part.name else name)


def _outputs(step: Step, foreseen: Foreseen) -> dict[str, str]:
    """Return the step's outputs -> digests, as the other pipeline's steps have them, the last one each."""
    kept: dict[str, ArtifactRef] = {}
    for _, decision in foreseen:
        kept |= {each.name: each for each in decision.result.artifacts} if decision.result else {}
    return {name: kept[name].digest for name in step.writes if name in kept}


def _reasons(
    running: Foreseen, parts: Sequence[Part], latest: Result | None, history: History
) -> Iterator[str]:
    """Yield what changed in the other pipeline, and why else its steps run."""
    old = history.parts(latest.parts) if latest else None
    told = {change.words: change for change in changes(old, parts)} if old is not None else {}
    yield from told
    for name, decision in running:
        if not told or decision.decision == "run":
            before = history.parts(decision.compared.parts) if decision.compared else None
            own = [change.words for change in changes(before or decision.parts, decision.parts)]
            yield from (f"{name}: {reason}" for reason in decision.reasons if not told or reason not in own)


def _shortened(reasons: tuple[str, ...]) -> tuple[str, ...]:
    more = len(reasons) - _MOST_REASONS
    return (*reasons[:_MOST_REASONS], f"and {more} more") if more > 0 else reasons
