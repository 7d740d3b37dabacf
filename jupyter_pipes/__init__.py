"""jupyter_pipes: turn a notebook into a pipeline without rewriting it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.version import __version__

if TYPE_CHECKING:
    from jupyter_pipes.cli.module import main
    from jupyter_pipes.execution.worker.current import current
    from jupyter_pipes.kernel.magics import load_ipython_extension
    from jupyter_pipes.model.errors import PipesError, RunCancelled, RunFailed
    from jupyter_pipes.pipelines.functions import step
    from jupyter_pipes.pipelines.parameters import Parameter, Range
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep


# Loaded when first asked for: `import jupyter_pipes` must cost next to nothing.
_HOMES = {
    "Parameter": "pipelines.parameters",
    "Pipeline": "runs.pipeline",
    "PipesError": "model.errors",
    "Range": "pipelines.parameters",
    "Run": "runs.run",
    "RunCancelled": "model.errors",
    "RunFailed": "model.errors",
    "Sweep": "runs.sweeping.sweep",
    "current": "execution.worker.current",
    "load_ipython_extension": "kernel.magics",
    "main": "cli.module",
    "step": "pipelines.functions",
}

__all__ = [
    "Parameter",
    "Pipeline",
    "PipesError",
    "Range",
    "Run",
    "RunCancelled",
    "RunFailed",
    "Sweep",
    "__version__",
    "current",
    "load_ipython_extension",
    "main",
    "step",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"jupyter_pipes.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'jupyter_pipes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
