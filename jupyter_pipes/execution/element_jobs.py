"""The jobs of a step with a `--map`: the one that finds its elements, theirs, and the one that gathers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.mapping.children import element_of
from jupyter_pipes.model.mapping.clauses import element_names
from jupyter_pipes.model.results import ArtifactRef

if TYPE_CHECKING:
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.model.views import StepView


def element_inputs(step: Step, element: StepView) -> dict[str, ArtifactRef]:
    """Return the values of an element by the names that its step's code knows them by.

    Args:
        step: the step, or an element of it.
        element: the element as it stands.
    """
    names = element_names(step.options.map)
    return {name: value.named(name) for name, value in zip(names, element.values, strict=True)}


def element_template(job: Job) -> Job:
    """Return what the jobs of all elements have in common, from a job of their step."""
    step = element_of(job.step, job.step.name)
    inputs = {name: ref for name, ref in job.inputs.items() if name in step.reads}
    return replace(
        job, step=step, inputs=inputs, holders={n: p for n, p in job.holders.items() if n in inputs}
    )


def finding(job: Job) -> Job:
    """Return the job that looks for the elements of a step."""
    return replace(job, finds_elements=True)


def gathering(job: Job, elements: Mapping[str, StepView]) -> Job:
    """Return the job that makes lists of what the elements of a step left."""
    refs: dict[str, ArtifactRef | None] = {}
    lists: dict[str, tuple[str | None, ...]] = {}
    left = {child: {ref.name: ref for ref in view.artifacts} for child, view in elements.items()}
    for name in job.step.writes:
        keys = tuple(f"{child}.{name}" if view.status.is_done else None for child, view in elements.items())
        kept = [child for child, view in elements.items() if view.status.is_done and name not in left[child]]
        # What an element could not keep, and nobody reads, was told with the element.
        if not kept:
            lists[name] = keys
            refs |= {f"{child}.{name}": left[child][name] for child in left if name in left[child]}
    needed = job.inputs if job.step.late_pieces else {}
    return replace(job, inputs={**needed, **refs}, gathers=lists)
