"""The address of steps' functions in kept code and signatures: it stays, wherever the functions move."""

from jupyter_pipes.pipelines.functions import FunctionStep, step, unpack

__all__ = ["FunctionStep", "step", "unpack"]
