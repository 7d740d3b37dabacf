"""A pipeline's version: its last number goes up, and comes back, with its code, edges and defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.planning.signing.signature import code_digest

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.planning.request import RunRequest


def state(graph: Graph) -> str:
    """Return a digest of the pipeline's code, edges and parameter defaults, not of layout and comments."""
    parameters = [(spec.name, spec.annotation, spec.default) for spec in graph.parameters]
    return digest(msgspec.json.encode([parameters, [_state_of(step) for step in graph.steps]]))


def numbered(request: RunRequest, history: History) -> RunRequest:
    """Return the request with its pipeline's state, and the version that it has in this state."""
    now = request.state or state(request.definition)
    runs = history.runs(request.definition.pipeline)
    version = choose(request.version, [(run.version, run.state) for run in runs], now)
    return msgspec.structs.replace(request, version=version, state=now)


def _state_of(step: Step) -> tuple[object, ...]:
    pieces = [code_digest(piece.source) for piece in step.pieces if not piece.for_effect]
    return (step.name, code_digest(step.body), pieces, sorted(step.reads.items()), sorted(step.upstream))


def choose(base: str, earlier: Iterable[tuple[str, str]], now: str) -> str:
    """Return the version of a pipeline that is in a state now.

    Args:
        base: the version that was set: numbering goes on from there.
        earlier: version and state of earlier runs, newest first.
        now: the state.
    """
    first = _numbers(base)
    versions = [(_numbers(version), at_it) for version, at_it in earlier]
    line = [(number, at_it) for number, at_it in versions if number[:-1] == first[:-1] and number >= first]
    same = next((number for number, at_it in line if at_it == now), None)
    if same is not None or not line:
        return _text(same or first)
    newest = max(number for number, _ in line)
    return _text((*newest[:-1], newest[-1] + 1))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _text(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
