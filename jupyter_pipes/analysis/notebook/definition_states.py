"""What definitions and modules hold besides their code goes from step to step: who takes and changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.local_modules import is_installed
from jupyter_pipes.analysis.notebook.settings import Setting, seen_by
from jupyter_pipes.analysis.notebook.statements import plain_texts
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline, code_of
from jupyter_pipes.analysis.settings.attributes import attributes_set, attributes_set_later, calls_anything
from jupyter_pipes.analysis.states import OF_LOCAL_MODULES, definition_of, state_of, state_of_module
from jupyter_pipes.model.steps import Cell, Step


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


def definitions_of(step: Step, of_steps: Mapping[str, Set[str]]) -> frozenset[str]:
    """Return the definitions that a step's values, and those that it reads, may be made with.

    Args:
        step: the step.
        of_steps: step -> the same of those before it.
    """
    producers = (of_steps.get(owner, frozenset[str]()) for owner in step.inputs.values())
    return frozenset(map(definition_of, (*step.plain, *step.reads))).union(*producers) - {""}


def states_of_modules(modules: Iterable[str]) -> frozenset[str]:
    """Return the names for what these top-level modules hold."""
    return frozenset(state_of_module(each) if is_installed(each) else OF_LOCAL_MODULES for each in modules)


def with_states_of_modules(
    step: Step, timeline: Timeline, place: Place, modules: frozenset[str], changed: Iterable[str]
) -> Step:
    """Return the step with what modules hold among what it reads, leaves, and finds in its process.

    Args:
        step: the step.
        timeline, place: where it stands.
        modules: those that it may reach.
        changed: those in which its code sets something.
    """
    reached = states_of_modules((*modules, *changed))
    seen = reached | states_of_modules(seen_by(modules))
    owners = {state: owner for state in sorted(seen) if (owner := _owner(timeline, state, place))}
    is_said = step.options.outputs is not None
    return replace(
        step,
        reads=step.reads | owners,
        writes=step.writes if is_said else (*step.writes, *sorted(states_of_modules(changed))),
        plain=(*step.plain, *sorted(reached - owners.keys())),
    )


def set_in_modules(step: Step, cells: Iterable[Cell], settings: Iterable[Setting]) -> tuple[str, ...]:
    """Return the attributes that a step may set in modules, but for settings that later steps make as well.

    Args:
        step: the step.
        cells: those of the notebook up to it: any function of theirs may be called, by any name.
        settings: those of the step's own cells.
    """
    repeated = {code_of(each.binding).source for each in settings}
    texts = [text for part in step.parts for text in plain_texts(part) or (part,) if text not in repeated]
    others = [cell.body for cell in cells if cell.role != "markdown"]
    later = map(attributes_set_later, others if any(map(calls_anything, texts)) else ())
    return tuple(sorted(frozenset[str]().union(*map(attributes_set, texts), *later)))


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
