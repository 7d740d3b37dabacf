"""What a step puts on its run (`--monitor`), by `STEP/NAME`: last values of metrics, and artifacts."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.shown.monitoring import is_monitored
from jupyter_pipes.model.steps import JsonValue
from jupyter_pipes.model.views import RunView, StepView


def monitored_on(view: RunView) -> dict[str, JsonValue]:
    """Return what is on a run: last values of metrics, and types of artifacts."""
    steps = tuple(view.steps.values())
    artifacts = {name: each.type for step in steps for name, each in monitored_artifacts(step)}
    return artifacts | {name: value for step in steps for name, value in monitored_metrics(step)}


def monitored_metrics(step: StepView) -> Iterator[tuple[str, JsonValue]]:
    """Yield the last value of each metric that a step puts on its run, of its elements as well."""
    for each in _with_elements(step):
        said = each.planned.options.monitor
        found = (item for item in each.last_metrics.items() if is_monitored(said, "metric", item[0]))
        yield from ((f"{each.name}/{name}", value) for name, value in found)


def monitored_artifacts(step: StepView) -> Iterator[tuple[str, ArtifactRef]]:
    """Yield what a step, and its elements, kept and put on the run: artifacts, models among them."""
    for each in _with_elements(step):
        said = each.planned.options.monitor
        for artifact in values_among(each.artifacts):
            is_model = artifact.model is not None and is_monitored(said, "model", artifact.name)
            if is_model or is_monitored(said, "artifact", artifact.name):
                yield f"{each.name}/{artifact.name}", artifact


def _with_elements(step: StepView) -> tuple[StepView, ...]:
    return (*step.children.values(), step) if step.planned.options.monitor else ()
