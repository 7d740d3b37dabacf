"""Which steps are not those any more that a run had, by their code alone: a kernel finds out more."""

from __future__ import annotations

from jupyter_pipes.display.board.standing import shows_result
from jupyter_pipes.model.steps import Step
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.planning.signing.code_digests import code_digest


def edited(graph: Graph, before: Graph, run: RunView) -> dict[str, str]:
    """Return step -> why its result no longer fits, of those that show one.

    Args:
        graph: the steps as they are now.
        before: the steps as the run had them.
        run: how they stand.
    """
    codes = {step.name: _code(step) for step in before.steps}
    words: dict[str, str] = {}
    for step in graph.steps:
        if codes.get(step.name, _code(step)) != _code(step):
            words[step.name] = "edited since this run"
        elif source := next((name for name in step.upstream if name in words), None):
            words[step.name] = f"hangs on {source}, which was edited since this run"
    return {name: why for name, why in words.items() if shows_result(run.steps[name])}


def _code(step: Step) -> tuple[str, ...]:
    return (
        code_digest(step.body),
        *(code_digest(piece.source) for piece in step.pieces if not piece.for_effect),
    )
