"""Functions that steps name (callbacks, `--retry-on`): they stand at the top, where `@step` names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.called.callbacks import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jupyter_pipes.export.placing.pieces import Piece, StepCode
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.pipelines.graph import Graph


def with_named(step: Step, graph: Graph) -> Step:
    """Return the step with the code of the functions that it names: a module has them where it names them."""
    pieces = [piece for _, _, reached in _named(step, graph) for piece in reached.prelude]
    if not pieces:
        return step
    every = {(piece.cell, piece.line, piece.source): piece for piece in (*step.prelude, *pieces)}
    in_order = sorted(every.values(), key=lambda piece: (piece.cell, piece.line))
    return replace(step, prelude=tuple(in_order))


def check_named(top: Iterable[Piece], codes: Sequence[StepCode], graph: Graph) -> None:
    """Refuse functions that cannot stand at the module's top.

    Raises:
        NotebookError: one uses what is inside of a step's function: a parameter, or a name that it binds.
    """
    there = set[str]().union(*(piece.chunk.binds for piece in top))
    for code in codes:
        for name, told, reached in _named(code.step, graph):
            if name.partition(".")[0] not in there or reached.reads:
                raise NotebookError(
                    f"step {code.step.name} names the function {name}, which uses parameters or names that a "
                    f"module has only inside of steps: use what it is told ({told}), and other names",
                    step=code.step.name,
                )


def _named(step: Step, graph: Graph) -> Iterator[tuple[str, str, Step]]:
    """Yield each function that a step names, what it is told, and what reaches its code."""
    for _, name in named(step.options):
        yield name, "step, params", graph.callbacks[name]
    for name in step.options.retry_on:
        if name in graph.retry_rules:
            yield name, "error, attempt", graph.retry_rules[name]
