"""What definitions hold otherwise than their cells made it: a step takes it over and hands it on."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import Any

from jupyter_pipes.analysis.states import definition_of
from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage.serializers import holdings, serialize
from jupyter_pipes.storage.serializers.holdings import Gone
from jupyter_pipes.storage.unchanged import UNCHANGING, Snapshot

_HOOK = "__jupyter_pipes_defined__"


class Definitions:
    """The notebook's classes and functions in the process of an attempt.

    Args:
        names: names of states (see `analysis.states`) of the definitions that the step may use.
        namespace: the step's namespace.
    """

    def __init__(self, names: Iterable[str], namespace: dict[str, Any]) -> None:
        self._states = {definition_of(name): name for name in names}
        self._states.pop("", None)
        self._namespace = namespace
        self._first: dict[str, First] = {}
        self._bare: dict[str, dict[str, Any]] = {}
        self.changed: list[str] = []
        """The states that are not as their cells make them, once `states` was called."""

    def begin(self) -> None:
        """Remember what cells made of the definitions; let them go on where earlier steps left them."""
        self.put_on(self._states.values())

    def remember_bare(self, names: Iterable[str]) -> None:
        """Remember what definitions are before code of other cells registers something there.

        What is made with them is of the same class with and without that.
        """
        for name in names:
            value = self._namespace.get(name)
            if isinstance(value, type | FunctionType) and value.__module__ == "__main__":
                self._bare.setdefault(name, holdings.remember(value))

    def put_on(self, states: Iterable[str]) -> None:
        """Do so for some, so that code which looks at them finds that; each once."""
        for state in states:
            definition = definition_of(state)
            if definition not in self._first:
                self._remember(definition)
            if definition in self._first and state in self._namespace:
                holdings.hold(self._namespace[definition], self._namespace.pop(state))

    def marks(self, states: Iterable[str]) -> dict[str, str]:
        """Return state -> digest of what its definition holds otherwise than at first, "" if it has none."""
        definitions = {definition_of(state): state for state in states}
        return {
            state: _digest(state, self._first[definition].changes())
            for definition, state in definitions.items()
            if definition in self._first
        }

    def states(self) -> dict[str, dict[str, Any]]:
        """Return state -> what its definition holds otherwise than at first; nothing where it is not there.

        Raises:
            SerializationError: one holds something that cannot be stored.
        """
        made = {
            self._states[definition]: first.changes()
            for definition, first in self._first.items()
            if self._namespace.get(definition) is first.definition
        }
        self.changed = [state for state, changes in made.items() if changes]
        before = {state: self._namespace.get(state, {}) for state in self._states.values()}
        return before | made

    @property
    def left_out(self) -> list[str]:
        """What is not handed on of the definitions, and why, in words."""
        return [text for first in self._first.values() for text in first.left_out]

    @contextmanager
    def remembered_when_made(self, shell: Any) -> Generator[None]:
        """Remember each definition of the code that the shell runs inside as soon as it is made."""
        names = self._states.keys() - self._first.keys()
        marker = _Marker(names)
        shell.ast_transformers.append(marker)
        self._namespace[_HOOK] = self._remember
        try:
            yield
        finally:
            shell.ast_transformers.remove(marker)
            del self._namespace[_HOOK]

    def _remember(self, definition: str) -> None:
        value = self._namespace.get(definition)
        if isinstance(value, type | FunctionType) and value.__module__ == "__main__":
            # What was registered there is part of what earlier steps left.
            is_left = self._states[definition] in self._namespace
            bare = self._bare.get(definition) if is_left else None
            self._first[definition] = First(value, bare)


def _digest(state: str, changes: dict[str, Any]) -> str:
    with suppress(SerializationError):
        return digest_of(serialize(state, changes)[1].buffers)
    return ""


class First:
    """What a definition held at first, and what it holds otherwise by now.

    Args:
        definition: the class or function.
        bare: what it held before code of other cells registered something there; None for what it holds now.
        is_remembered: whether that is what it is known by where it is stored.
    """

    def __init__(
        self,
        definition: type | FunctionType,
        bare: dict[str, Any] | None = None,
        *,
        is_remembered: bool = True,
    ) -> None:
        self.definition = definition
        self.left_out: list[str] = []
        now = holdings.remember(definition) if is_remembered else holdings.held(definition)
        self._held = now if bare is None else bare
        self._data = Snapshot(
            {name: value for name, value in self._held.items() if not holdings.is_code(value)}
        )

    def changes(self) -> dict[str, Any]:
        """Return what it holds otherwise, by name."""
        now = holdings.held(self.definition)
        bound = {name for name, value in now.items() if not is_still(self._held, name, value)}
        bound -= {name for name in bound if self._is_of_this_process(name, now[name])}
        changed = bound.union(self._data.changed({name: now[name] for name in now.keys() - bound}))
        gone = self._held.keys() - now.keys()
        return {name: now.get(name, Gone.GONE) for name in sorted(changed | gone)}

    def _is_of_this_process(self, name: str, value: Any) -> bool:
        """Return whether it was made when first asked for, and cannot be stored: a connection, a lock."""
        if self._held.get(name) is not None:
            return False
        try:
            serialize(name, value)
        except SerializationError as error:
            self.left_out.append(
                f"{self.definition.__qualname__} holds what others make for themselves: {error}"
            )
            return True
        return False


def is_still(before: Mapping[str, Any], name: str, value: Any) -> bool:
    """Return whether a name holds what it held before: that object, or an equal one that nobody changes."""
    if name not in before:
        return False
    first = before[name]
    return first is value or (
        type(first) is type(value) and isinstance(value, UNCHANGING) and bool(first == value)
    )


def changed_since(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that hold something else now, with that; `Gone.GONE` for what is gone."""
    changed = {name: value for name, value in now.items() if not is_still(before, name, value)}
    return changed | dict.fromkeys(before.keys() - now.keys(), Gone.GONE)


class _Marker(ast.NodeTransformer):
    """Puts a call behind each definition on the top level of a cell."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """The only nodes that are looked at."""
        node.body = [each for statement in node.body for each in self._marked(statement)]
        return node

    def _marked(self, node: ast.stmt) -> list[ast.stmt]:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name not in self._names:
            return [node]
        call = ast.Call(ast.Name(_HOOK, ast.Load()), [ast.Constant(node.name)], [])
        return [node, ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))]
