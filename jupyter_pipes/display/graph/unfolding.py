"""Pipelines that steps are, unfolded: their steps beside those of the pipeline whose steps they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.mapping.children import child_name, inner_name, is_child, step_of
from jupyter_pipes.model.steps import PARAMS_OWNER

if TYPE_CHECKING:
    from jupyter_pipes.model.events import PlannedStep
    from jupyter_pipes.model.views import RunView, StepView

Inside = Callable[["StepView"], "RunView | None"]
"""Returns how the pipeline stands that a step is; None where that is not known."""


def unfolded(view: RunView, names: Collection[str], inside: Inside) -> dict[str, StepView]:
    """Return the steps of a run, behind each that is unfolded those of its pipeline: `prep[load]`.

    Args:
        view: the run.
        names: the steps to unfold; `prep[more]` is one of an unfolded pipeline.
        inside: gives how their pipelines stand.
    """
    steps: dict[str, StepView] = {}
    for step in tuple(view.steps.values()):
        steps[step.name] = step
        nested = inside(step) if step.name in names else None
        if nested is not None:
            deeper = {inner_name(name) for name in names if is_child(name) and step_of(name) == step.name}
            steps |= _below(step.name, unfolded(nested, deeper, inside))
    return steps


def _below(outer: str, steps: Mapping[str, StepView]) -> dict[str, StepView]:
    named = partial(child_name, outer)
    return {
        named(name): replace(step, name=named(name), planned=_planned_below(outer, step.planned))
        for name, step in steps.items()
    }


def _planned_below(outer: str, planned: PlannedStep) -> PlannedStep:
    named = partial(child_name, outer)
    reads = {name: owner if owner == PARAMS_OWNER else named(owner) for name, owner in planned.reads.items()}
    return replace(
        planned,
        name=named(planned.name),
        upstream=tuple(map(named, planned.upstream)),
        reads=reads,
        files_from={path: named(owner) for path, owner in planned.files_from.items()},
        options=replace(planned.options, after=tuple(map(named, planned.options.after))),
    )
