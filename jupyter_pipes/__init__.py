"""jupyter_pipes: turn a notebook into a pipeline without rewriting it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_pipes.errors import PipesError, RunCancelled, RunFailed
    from jupyter_pipes.functions import step
    from jupyter_pipes.magics import load_ipython_extension
    from jupyter_pipes.params import Parameter, Range
    from jupyter_pipes.pipeline import Pipeline
    from jupyter_pipes.run import Run
    from jupyter_pipes.worker.current import current

__version__ = "0.2.0"

# Loaded when first asked for: `import jupyter_pipes` must cost next to nothing.
_HOMES = {
    "Parameter": "params",
    "Pipeline": "pipeline",
    "PipesError": "errors",
    "Range": "params",
    "Run": "run",
    "RunCancelled": "errors",
    "RunFailed": "errors",
    "current": "worker.current",
    "load_ipython_extension": "magics",
    "step": "functions",
}

__all__ = [
    "Parameter",
    "Pipeline",
    "PipesError",
    "Range",
    "Run",
    "RunCancelled",
    "RunFailed",
    "current",
    "load_ipython_extension",
    "step",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"jupyter_pipes.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'jupyter_pipes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
