"""What definitions hold besides their code goes from step to step: who takes it, who leaves it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from msgspec import Struct

from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline, code_of
from jupyter_pipes.analysis.states import state_of


class States(Struct, frozen=True):
    """What a step has to do with the states of definitions, by their names (see `analysis.states`).

    Attributes:
        reads: name -> the step that changed it last.
        writes: those that the step's code changes.
        plain: those that no step before is known to change.
    """

    reads: dict[str, str]
    writes: tuple[str, ...]
    plain: tuple[str, ...]


def states(
    timeline: Timeline, place: Place, code: Iterable[Binding], own: Set[str], changed: Set[str]
) -> States:
    """Return what a step has to do with states.

    Args:
        timeline: the notebook's bindings.
        place: up to where it sees the notebook.
        code: the statements of other cells that run in its process.
        own: names of definitions in its own cells.
        changed: names of definitions of other cells that its code changes.
    """
    reached = {name: state_of(name, _number(timeline, name, place)) for name in _defined(code)}
    behind = (place[0] + 1, 0)
    made = {name: state_of(name, _number(timeline, name, behind)) for name in own}
    owners = {state: owner for state in reached.values() if (owner := _owner(timeline, state, place))}
    return States(
        owners,
        tuple(sorted(reached[name] for name in changed & reached.keys())),
        tuple(sorted({*reached.values(), *made.values()} - owners.keys())),
    )


class TooEarly(NamedTuple):
    """Code that looks at what a definition holds and that is not there any more; whose change it needs."""

    code: Binding
    state: str
    owner: str


def too_early(timeline: Timeline, code: Iterable[Binding], place: Place) -> Iterator[TooEarly]:
    """Yield the statements of plain cells that use what a step before them changed in a definition.

    They run with what the last step left there; so they may only look, and no step may change it behind them.

    Args:
        timeline: the notebook's bindings.
        code: the statements.
        place: where the step stands that needs them.
    """
    for binding in code:
        statement = code_of(binding)
        names = frozenset[str]() if statement.is_definition else statement.reads
        for name in sorted(names):
            state = state_of(name, _number(timeline, name, binding.place))
            owner = _owner(timeline, state, binding.place)
            if not owner:
                continue
            changes_itself = name in statement.calls and _changes_itself(timeline, name, binding.place)
            is_there = owner == _owner(timeline, state, place)
            if changes_itself or name in statement.changes or not is_there:
                yield TooEarly(binding, state, owner)


def _changes_itself(timeline: Timeline, name: str, place: Place) -> bool:
    return any(
        binding.statement is not None and name in binding.statement.deferred_changes
        for binding in timeline.before(name, place)
    )


def _defined(code: Iterable[Binding]) -> Iterator[str]:
    for binding in code:
        statement = code_of(binding)
        if statement.is_definition and not statement.is_import:
            yield from statement.binds - statement.changes


def _number(timeline: Timeline, name: str, place: Place) -> int:
    """Return which definition of that name holds at `place`, from 1."""
    return max(1, sum(_defines(binding, name) for binding in timeline.before(name, place)))


def _defines(binding: Binding, name: str) -> bool:
    statement = binding.statement
    return statement is not None and statement.is_definition and name in statement.firm


def _owner(timeline: Timeline, state: str, place: Place) -> str:
    return next((binding.owner for binding in timeline.before(state, place)), "")
