"""The functions and classes that code at one point of a notebook can call."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from jupyter_pipes.analysis.effects import kinds
from jupyter_pipes.analysis.effects.sharing import shared_by
from jupyter_pipes.analysis.effects.summaries import ClassSummary, Environment, Summary
from jupyter_pipes.analysis.effects.values import FUNCTION, Value

_MOST_BASES = 50


class Repertoire:
    """What is known of functions and classes while a cell is walked; grows with what the cell defines."""

    def __init__(self, environment: Environment) -> None:
        self.functions = dict(environment.functions)
        self.classes = dict(environment.classes)
        self.kinds = dict(environment.kinds)
        self._methods: dict[str, list[tuple[str, Summary]]] = {}
        self.sharing = dict(environment.sharing)
        self.shared = frozenset[str]().union(*(each.along | each.inside for each in self.sharing.values()))

    def add_function(self, key: str, summary: Summary) -> None:
        """Add what a function does; a key may stand for several."""
        self.functions[key] = (*self.functions.get(key, ()), summary)

    def add_class(self, name: str, summary: ClassSummary) -> None:
        """Add what the methods of a class do."""
        self.classes[name] = summary
        self._methods.clear()

    def left_by(self, values: Mapping[str, Value]) -> Environment:
        """Return what later cells must know of what a cell binds.

        Args:
            values: the names that the cell binds, with what is known of their values.
        """
        functions: dict[str, tuple[Summary, ...]] = {}
        classes: dict[str, ClassSummary] = {}
        for name, value in values.items():
            keys = sorted(value.reached)
            functions[name] = tuple(each for key in keys for each in self.functions.get(key, ()))
            for plain in (key.removeprefix(FUNCTION) for key in keys):
                if plain in self.classes and name == plain:
                    classes[name] = self.classes[plain]
        self._add_mentioned(functions, classes)
        return Environment(
            tuple((name, each) for name, each in functions.items() if each),
            tuple(classes.items()),
            tuple((name, value.kind) for name, value in values.items()),
            shared_by(values),
        )

    def _add_mentioned(
        self, functions: dict[str, tuple[Summary, ...]], classes: dict[str, ClassSummary]
    ) -> None:
        """Add the functions without a name of the module that these hand to others."""
        waiting: list[Summary | ClassSummary] = [*chain.from_iterable(functions.values()), *classes.values()]
        while waiting:
            mentioned = {key for key in waiting.pop().mentions() if key.startswith(FUNCTION)}
            for key in mentioned & self.functions.keys() - functions.keys():
                functions[key] = self.functions[key]
                waiting += functions[key]

    def follows(self, name: str) -> frozenset[str]:
        """Return the module-level names that a value reads when it is used: those of its functions."""
        kind = self.kinds.get(name, "")
        known = [*self.functions.get(name, ())]
        for each in self._line(kind.removeprefix(kinds.INSTANCE)) if kind.startswith(kinds.INSTANCE) else ():
            known += [summary for _, summary in self.classes[each].methods]
        return frozenset[str]().union(*(summary.free for summary in known)) - {name}

    def kind_of(self, name: str) -> str:
        """Return the kind of a value from outside, "" if it is unknown."""
        return self.kinds.get(name) or kinds.kind_of_name(name)

    def methods(self, kind: str, method: str) -> list[tuple[str, Summary]]:
        """Return the methods that a call on an object of this kind may reach, each with its class."""
        if kind.startswith(kinds.INSTANCE):
            return self._of_class(kind.removeprefix(kinds.INSTANCE), method)
        if kind:
            return []
        return self._by_method().get(method, [])

    def _by_method(self) -> dict[str, list[tuple[str, Summary]]]:
        if not self._methods:
            for name, each in self.classes.items():
                for method, summary in each.methods:
                    self._methods.setdefault(method, []).append((name, summary))
        return self._methods

    def _of_class(self, name: str, method: str) -> list[tuple[str, Summary]]:
        line = (self._own(each, method) for each in self._line(name))
        inherited = next((pairs for pairs in line if pairs), list[tuple[str, Summary]]())
        overrides = [
            (other, summary)
            for other, each in self.classes.items()
            if other != name and name in self._line(other)
            for summary in each.named(method)
        ]
        return [*inherited, *overrides]

    def _own(self, name: str, method: str) -> list[tuple[str, Summary]]:
        return [(name, each) for each in self.classes[name].named(method)]

    def _line(self, name: str) -> list[str]:
        """Return the notebook's classes that a class inherits from, itself first."""
        line, waiting = list[str](), [name]
        while waiting and len(line) < _MOST_BASES:
            current = waiting.pop(0)
            if current in self.classes and current not in line:
                line.append(current)
                waiting += self.classes[current].bases
        return line

    def has_property(self, name: str) -> bool:
        """Whether a class of the notebook has a property of this name."""
        return any(name in each.properties for each in self.classes.values())
