"""What callbacks and plugins are told of runs, and may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_pipes.hooks.told import RunTold, StepTold

if TYPE_CHECKING:
    from jupyter_pipes.hooks.specification import hookimpl

__all__ = ["RunTold", "StepTold", "hookimpl"]


def __getattr__(name: str) -> Any:
    # Only plugins mark hooks, and where there is none nothing of pluggy is needed.
    if name == "hookimpl":
        from jupyter_pipes.hooks.specification import hookimpl

        return hookimpl
    raise AttributeError(f"module 'jupyter_pipes.hooks' has no attribute {name!r}")
