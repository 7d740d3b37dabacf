"""`current` in a plain run: cells of a step have its name and parameters, and what is told goes nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_pipes.execution.worker.current import Context, current
from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.model.events import AnyEvent
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.artifacts import ArtifactStore

_kept: dict[str, Any] = {}
_metrics: dict[str, MetricBuffer] = {}


def enter(name: str, parameters: Iterable[str], namespace: Mapping[str, Any]) -> None:
    """Have `current` be of a step: called in the kernel before each of the step's cells.

    Args:
        name: the step's, or "" for a cell that is none.
        parameters: the names of those that the step reads.
        namespace: the notebook's names.
    """
    if not name:
        current.enter(None)
        return
    job = Job("plain", "", Step(name, 0, "", ""), attempt=1)
    values = {each: namespace[each] for each in parameters if each in namespace}
    metrics = _metrics.setdefault(name, MetricBuffer(job, _tell_nobody))
    current.enter(Context(job, metrics, _keep, values))


def last_values(step: str) -> dict[str, float]:
    """Return the last value of each metric that a step reported."""
    return _metrics[step].last_values() if step in _metrics else {}


def kept() -> Mapping[str, Any]:
    """Return what cells kept beside their names (`current.artifact`)."""
    return _kept


def _tell_nobody(_: AnyEvent) -> None:
    return


def _keep(name: str, value: object) -> ArtifactRef:
    """Keep a value as it is now: what cannot be stored fails here as in the step."""
    store = ArtifactStore("memory://plain")
    artifact = store.put(name, value)
    _kept[name] = store.get(artifact)
    return artifact
