"""Facts of a step that is a pipeline of its own (`--pipeline`): its run, and how that goes on."""

from __future__ import annotations

from jupyter_pipes.model.shown.kinds import AttemptEvent
from jupyter_pipes.model.steps import Status


class PipelineStarted(AttemptEvent, frozen=True):
    """The attempt began a run of the pipeline that its step is (`--pipeline`), with these steps."""

    run: str
    steps: tuple[str, ...]


class PipelineStepChanged(AttemptEvent, frozen=True):
    """A step of the pipeline that the step is stands otherwise; its own run has all of it.

    Attributes:
        seconds: what its attempts took so far; 0 for one that has none, or in a run of an earlier version.
    """

    name: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
