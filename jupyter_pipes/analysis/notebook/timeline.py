"""Where in a notebook each name gets its values: bindings by name, in notebook order."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from operator import attrgetter

from msgspec import Struct

from jupyter_pipes.analysis.notebook.statements import NO_NAMES, Statement
from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.model.steps import CodePiece

Place = tuple[int, int]
"""Where a binding stands: the cell's index in the notebook, the statement's index in the cell."""

BEFORE_STATEMENTS = -1
"""Index, within its cell, of all that a step as a whole reads and writes."""


class Binding(Struct, frozen=True):
    """One place in the notebook where a name gets a value or changes it.

    Attributes:
        place: where it stands.
        cell: number of the cell, as people count.
        owner: the step that writes it, `PARAMS_OWNER` for a parameter, "" for code.
        statement: the code that binds it, None for a step's or parameter's value.
        defined_in: the step in whose cell the code stands, "" for other cells.
        is_setup: whether the code is part of a `%%setup` cell.
        only_sets: whether the code does nothing but set something in a module: it may run late.
    """

    place: Place
    cell: int
    owner: str = ""
    statement: Statement | None = None
    defined_in: str = ""
    is_setup: bool = False
    only_sets: bool = False


_place = attrgetter("place")


class Timeline:
    """All bindings of a notebook, by name, in notebook order. Knows places; does not judge them."""

    def __init__(self) -> None:
        self._bindings: dict[str, list[Binding]] = {}

    def copy(self) -> Timeline:
        """Return the same, to add other bindings to it."""
        other = Timeline()
        other._bindings = {name: [*bindings] for name, bindings in self._bindings.items()}
        return other

    def add_all(self, names: Iterable[str], binding: Binding) -> None:
        """Record that `binding` gives all of `names` a value."""
        for name in names:
            bisect.insort(self._bindings.setdefault(name, []), binding, key=_place)

    def before(self, name: str, place: Place) -> Iterator[Binding]:
        """Yield the bindings of `name` that stand before `place`, the nearest first."""
        bindings = self._bindings.get(name, [])
        return reversed(bindings[: bisect.bisect_left(bindings, place, key=_place)])

    def after(self, name: str, place: Place) -> Iterator[Binding]:
        """Yield the bindings of `name` that stand behind `place`, in notebook order."""
        bindings = self._bindings.get(name, [])
        return iter(bindings[bisect.bisect_right(bindings, place, key=_place) :])

    def names(self) -> frozenset[str]:
        """Return every name that is bound anywhere."""
        return frozenset(name for name in self._bindings.keys() - NO_NAMES if not is_state(name))

    def all(self, name: str) -> tuple[Binding, ...]:
        """Return every binding of `name`, in notebook order."""
        return tuple(self._bindings.get(name, ()))

    def is_definition(self, name: str, place: Place) -> bool:
        """Return whether what `name` is at `place` is code: an import, a function or a class."""
        maker = self._maker(name, place)
        return maker is not None and maker.is_definition

    def is_import(self, name: str, place: Place) -> bool:
        """Return whether what `name` is at `place` is imported."""
        maker = self._maker(name, place)
        return maker is not None and maker.is_import

    def _maker(self, name: str, place: Place) -> Statement | None:
        """Return the code that surely binds `name` last before `place`; None if a step or parameter does."""
        for binding in self.before(name, place):
            if binding.statement is None or name in binding.statement.firm:
                return binding.statement
        return None

    def is_class(self, name: str, place: Place) -> bool:
        """Return whether what `name` is at `place` is a class that a cell defines."""
        nearest = next(self.before(name, place), None)
        statement = nearest.statement if nearest else None
        return (
            statement is not None
            and statement.is_definition
            and not (statement.is_import or statement.is_function)
        )

    def changed_by_calls(self, calls: Iterable[str], place: Place) -> frozenset[str]:
        """Return the names that calls of these functions at `place` change, through others as well."""
        changed: set[str] = set()
        waiting, seen = list(calls), set(calls)
        while waiting:
            name = waiting.pop()
            nearest = next(self.before(name, place), None)
            if nearest is None or nearest.statement is None or not nearest.statement.is_definition:
                continue
            changed |= nearest.statement.deferred_changes
            waiting += nearest.statement.deferred_calls - seen
            seen |= nearest.statement.deferred_calls
        return frozenset(changed)

    def changed_by_deriving(self, classes: Iterable[str], place: Place) -> frozenset[str]:
        """Return the names that deriving a class from these at `place` changes: where they register it."""
        changed: set[str] = set()
        waiting, seen = list(classes), set(classes)
        while waiting:
            name = waiting.pop()
            maker = self._maker(name, place)
            if maker is not None and maker.is_definition:
                changed |= maker.deferred_changes if maker.runs_for_subclasses else frozenset()
                waiting += maker.derives - seen
                seen |= maker.derives
        return frozenset(changed)

    def registers_in(self, binding: Binding) -> frozenset[str]:
        """Return the names whose objects a definition changes when it is made: where it registers itself."""
        statement = code_of(binding)
        if not statement.is_definition or statement.is_import:
            return frozenset()
        return statement.changes | self.changed_by_deriving(statement.derives, binding.place)

    def seeded_by_calls(self, calls: Iterable[str], place: Place) -> frozenset[str]:
        """Return the global streams of random numbers that calls of these functions at `place` seed."""
        nearest = (next(self.before(name, place), None) for name in calls)
        functions = (binding.statement for binding in nearest if binding is not None and binding.statement)
        return frozenset[str]().union(*(statement.deferred_seeds for statement in functions))


def code_of(binding: Binding) -> Statement:
    """Return the statement of a binding by code."""
    assert binding.statement is not None, "steps and parameters own values, not code"
    return binding.statement


def piece(
    binding: Binding,
    *,
    is_late: bool = False,
    for_effect: bool = False,
    registers_in: Iterable[str] = (),
    position: int = 0,
) -> CodePiece:
    """Return a statement of another cell as code to run, before or after the step's inputs are loaded."""
    statement = code_of(binding)
    at_once = statement.reads | statement.optional_reads
    return CodePiece(
        f"cell {binding.cell}" if binding.cell else _label_of_catalog(statement),
        statement.line,
        statement.source,
        names=tuple(sorted(statement.binds - NO_NAMES)),
        is_late=is_late,
        registers_in=tuple(sorted(registers_in)),
        position=position,
        cell=binding.cell,
        uses=tuple(sorted(at_once | statement.deferred | statement.deferred_optional)),
        uses_at_once=tuple(sorted(at_once)),
        is_definition=statement.is_definition,
        for_effect=for_effect,
    )


def _label_of_catalog(statement: Statement) -> str:
    """Return where code comes from that stands in no cell: it loads an input that the catalog has."""
    return "the catalog" if statement.is_import else f"the catalog's {' '.join(sorted(statement.firm))}"
