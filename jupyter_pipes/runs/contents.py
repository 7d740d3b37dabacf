"""What a run holds, by name: its steps, and the values that they left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.model.errors import StepUnknown, UsageError, place_text
from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.shown.monitoring import is_monitored
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.pipelines.arguments import shown


def failures(view: RunView) -> list[StepView]:
    """Return the steps for which a run failed."""
    failed = [step for step in view.steps.values() if step.status is Status.FAILED]
    return [step for step in failed if step.planned.options.on_fail != "ignore"]


def nested_in(step: StepView, view: RunView) -> StepView | None:
    """Return the step itself where it is one of another pipeline, that a step of the run is; else None."""
    is_nested = is_child(step.name) and bool(view.steps[step_of(step.name)].planned.options.pipeline)
    return step if is_nested else None


def nested_run(step: StepView) -> str:
    """Return the run of the pipeline that a step is, once it is known; "" for a step that is none."""
    if not step.planned.options.pipeline:
        return ""
    return next((each.source_run for each in step.children.copy().values()), "")


def failure(view: RunView) -> tuple[str, str | None, int | None]:
    """Return in words why a run failed, and the step and line of its first failure."""
    failed = failures(view)
    reasons = "; ".join(f"{place_text(step.name, step.error)}: {step.reason}" for step in failed)
    first = failed[0] if failed else None
    hint = f". Its log: %pipeline logs {first.name}" if first else ""
    text = f"run {view.run} failed: {reasons or view.reason}{hint}"
    return text, first.name if first else None, first.error.line if first and first.error else None


def where_it_ran(
    run: str, step: StepView, source_of: Callable[[StepView], RunView | None]
) -> tuple[str, StepView | None]:
    """Return the run that has a step's attempts, and how it stands there; None if that run has gone.

    A step of a pipeline that is a step is found in the run of that, which may have it from an earlier one.

    Args:
        run: the id of the run whose step it is.
        step: the step.
        source_of: gives the run with the outputs of a step that has them from another one.
    """
    while step.source_run:
        source, run = source_of(step), step.source_run
        if source is None:
            return run, None
        step = source.step(step.source_step)
    return run, step


def monitored_series(view: RunView, shown: Callable[[str], AttemptView | None]) -> dict[str, Series]:
    """Return all points of what steps put on a run, by `STEP/NAME`; `shown` gives the attempt of a step."""
    monitoring = [step for step in view.steps_and_elements if step.planned.options.monitor]
    return {
        f"{step.name}/{name}": points
        for step in monitoring
        if (attempt := shown(step.name)) is not None
        for name, points in attempt.metrics.items()
        if is_monitored(step.planned.options.monitor, "metric", name)
    }


def gate_named(view: RunView, step: str | None) -> str:
    """Return the step that waits for approval: the one of that name; without one, the only one.

    Raises:
        UsageError: it does not wait, or no step does, or several do.
    """
    gates = view.gates if not view.status.is_final else {}
    if step is None and len(gates) == 1:
        return next(iter(gates))
    if step is None:
        which = f"say which of {', '.join(gates)}" if gates else "no step waits"
        raise UsageError(f"run {view.run} has not one step that waits for approval: {which}")
    if step not in gates:
        stands = StepsByName(view.run, view.steps)[step]
        how = f"{stands.status} ({stands.reason})" if stands.reason else stands.status
        raise UsageError(f"step {step} of run {view.run} does not wait for approval: it is {how}")
    return step


class StepsByName(Mapping[str, StepView]):
    """The steps of a run by name, in order; live while the run goes on."""

    def __init__(self, run: str, steps: Mapping[str, StepView]) -> None:
        self._run = run
        self._steps = steps

    def _elements(self, name: str) -> Mapping[str, StepView]:
        step = self._steps.get(step_of(name))
        return step.children if step is not None else {}

    def __getitem__(self, name: str) -> StepView:
        """Return how a step stands.

        Raises:
            StepUnknown: the run has no such step.
        """
        if name not in self:
            near = nearest(str(name), self._steps)
            hint = f"; did you mean {near}? It" if near else "; it"
            raise StepUnknown(
                f"run {self._run} has no step {shown(name)}{hint} has: {', '.join(self._steps)}"
            )
        return self._elements(name)[name] if is_child(name) else self._steps[name]

    def __contains__(self, name: object) -> bool:
        """Return whether the run has such a step, or such an element of one (`score[3]`)."""
        return isinstance(name, str) and (name in self._steps or name in self._elements(name))

    def __iter__(self) -> Iterator[str]:
        """Yield the names, in order."""
        return iter(self._steps)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._steps)

    def __repr__(self) -> str:
        return repr(dict(self._steps))


def named_artifact(view: RunView, name: str) -> ArtifactRef | None:
    """Return what a run kept last under a name, or under `STEP.NAME`; None if nothing."""
    step, dot, variable = name.rpartition(".")
    for owner, artifact in reversed(list(artifacts(view))):
        if artifact.name == name or (dot and owner == step and artifact.name == variable):
            return artifact
    return None


def artifacts(view: RunView) -> Iterator[tuple[str, ArtifactRef]]:
    """Yield each artifact that is a value of the notebook, with the step that left it."""
    for step in view.steps.values():
        yield from ((step.name, artifact) for artifact in values_among(step.artifacts))
