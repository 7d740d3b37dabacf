"""What callbacks and plugins are told of runs, and may answer."""

from jupyter_pipes.hooks.specification import hookimpl
from jupyter_pipes.hooks.told import RunTold, StepTold

__all__ = ["RunTold", "StepTold", "hookimpl"]
