"""The hooks that a plugin may implement; one that needs fewer arguments names fewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from jupyter_pipes.hooks.group import GROUP

if TYPE_CHECKING:
    from jupyter_pipes.hooks.told import RunTold, StepTold
    from jupyter_pipes.model.results import ArtifactRef

_hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as what implements the hook of its name."""


@_hookspec
def before_run(run: RunTold) -> None:
    """Called before anything of a run is decided."""


@_hookspec
def after_run(run: RunTold) -> None:
    """Called when all steps have ended, before the run's end is told: `run.status` is how it ends."""


@_hookspec
def before_step(step: StepTold, params: Mapping[str, Any]) -> object:
    """Called when all that a step waits for is there, before it is decided whether it has to run.

    Returns:
        False to skip the step, a dict of parameters to change, or nothing.
    """


@_hookspec
def after_step(step: StepTold) -> None:
    """Called when a step has ended, however."""


@_hookspec
def on_status(step: StepTold, old: str, new: str) -> None:
    """Called when a step's status has changed."""


@_hookspec
def artifact_stored(step: StepTold, artifact: ArtifactRef) -> None:
    """Called when a value of a step is in the store: `artifact` has its name, type, bytes and digest."""
