"""Functions that steps name as their callbacks: they stand at the module's top, where `@step` names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.callbacks import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.placing.pieces import Piece, StepCode
    from jupyter_pipes.model.steps import Step


def with_callbacks(step: Step, callbacks: Mapping[str, Step]) -> Step:
    """Return the step with the code of the functions that it names: a module has them where it names them."""
    pieces = [piece for _, name in named(step.options) for piece in callbacks[name].prelude]
    if not pieces:
        return step
    every = {(piece.cell, piece.line): piece for piece in (*step.prelude, *pieces)}
    return replace(step, prelude=tuple(every[place] for place in sorted(every)))


def check_callbacks(top: Iterable[Piece], codes: Sequence[StepCode], callbacks: Mapping[str, Step]) -> None:
    """Refuse callbacks that cannot stand at the module's top.

    Raises:
        NotebookError: one uses what is inside of a step's function: a parameter, or a name that it binds.
    """
    there = set[str]().union(*(piece.chunk.binds for piece in top))
    for code in codes:
        for _, name in named(code.step.options):
            if name not in there or callbacks[name].reads:
                raise NotebookError(
                    f"step {code.step.name} names the callback {name}, which uses parameters or names that a "
                    "module has only inside of steps: use what it is told (step, params), and other names",
                    step=code.step.name,
                )
