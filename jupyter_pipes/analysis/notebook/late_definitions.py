"""Code of other cells that needs a step's output when it runs: it runs once the inputs are there.

`def near(x, limit=LIMIT)`, where a step computes LIMIT, is code of every step that calls it, and LIMIT an
input of those steps; so is `plt.rcParams["font.size"] = SIZE` of those that draw. Values that untagged cells
compute from a step's output are no such thing: they would be computed again by every reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from jupyter_pipes.analysis.notebook.statements import Statement
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, code_of


class Waiting(Struct, frozen=True):
    """Code that waits for an input.

    Attributes:
        binding: the code.
        name: the input.
        root: the name in the step's own cell through which it is needed.
    """

    binding: Binding
    name: str
    root: str


class Late(Struct, frozen=True):
    """What must run late, and what cannot.

    Attributes:
        places: where the code stands that runs once the inputs are there.
        blocked: (statement, for whose input it would have to wait) of what may not wait, or would find
            another value of a name there than the notebook has where it stands.
    """

    places: frozenset[Place] = frozenset()
    blocked: tuple[tuple[Binding, Waiting], ...] = ()


def can_wait(binding: Binding) -> bool:
    """Return whether the code of a binding may run after the inputs: definitions and settings may."""
    statement = code_of(binding)
    is_definition = statement.is_definition and not statement.is_import
    return (is_definition or binding.only_sets) and not binding.is_setup


def settle(code: Sequence[Binding], waiting: Sequence[Waiting], inputs: Mapping[str, str]) -> Late:
    """Return which of the code runs late: what waits, and what needs that when it runs.

    Settings behind one that is late are late as well: what is set last holds.

    Args:
        code: all code that the step reaches, in notebook order.
        waiting: those of it that read an input when they run.
        inputs: all names that the step reads -> their owners.
    """
    by_place = {each.binding.place: each for each in waiting}
    needs = {name for each in waiting for name in (each.name,)}
    bound: dict[str, Waiting] = {}
    blocked: list[tuple[Binding, Waiting]] = []
    late_setting: Waiting | None = None
    for binding in code:
        names = frozenset(names_when_run(code_of(binding), code))
        cause = by_place.get(binding.place) or next(
            (bound[name] for name in sorted(names & bound.keys())), None
        )
        if binding.only_sets:
            late_setting = cause = cause or late_setting
        if cause is None:
            continue
        if not can_wait(binding) or (names & inputs.keys()) - needs:
            blocked.append((binding, cause))
        by_place[binding.place] = cause
        bound |= dict.fromkeys(code_of(binding).binds, cause)
    return Late(frozenset(by_place), tuple(blocked))


def dependents(code: Sequence[Binding], start: Binding) -> tuple[int, ...]:
    """Return the numbers of the other cells whose values hang on what `start` binds, in order."""
    bound, cells = set(code_of(start).binds), dict[int, None]()
    for binding in code:
        statement = code_of(binding)
        if binding.place > start.place and bound & set(names_when_run(statement, code)):
            bound |= statement.binds
            if not statement.is_definition and binding.cell != start.cell:
                cells[binding.cell] = None
    return tuple(cells)


def names_when_run(statement: Statement, code: Sequence[Binding]) -> Iterator[str]:
    """Yield the names that a statement needs when it runs, through the functions that it calls as well."""
    yield from statement.reads | statement.optional_reads
    waiting, seen = [*statement.calls], set(statement.calls)
    while waiting:
        called = waiting.pop()
        for function in (code_of(each) for each in code if called in code_of(each).binds):
            more = function.deferred | function.deferred_optional
            yield from more
            waiting += more - seen
            seen |= more
