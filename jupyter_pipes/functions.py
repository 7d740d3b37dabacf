"""What runs kept by version 0.2.0 import from here: their code is kept as it was."""

from jupyter_pipes.pipelines.functions import FunctionStep, step, unpack

__all__ = ["FunctionStep", "step", "unpack"]
