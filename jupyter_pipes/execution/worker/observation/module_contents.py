"""What a module holds that steps may change: all data of a local one, attributes of an installed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import FunctionType, ModuleType
from typing import Any

from jupyter_pipes.analysis.states import ANY_ATTRIBUTE, STREAMS
from jupyter_pipes.execution.worker.observation.definitions import First, changed_since, is_still
from jupyter_pipes.storage.serializers import holdings
from jupyter_pipes.storage.serializers.holdings import Gone
from jupyter_pipes.storage.unchanged import Snapshot

_INSIDE = ":"
"""Stands between a class or function of a module and what it holds."""


class LocalContent:
    """What a module beside the notebook holds, now and by and by: its data, its classes and functions.

    Args:
        module: the module, whose code has run.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        held = _data_of(module)
        self._data = {name: value for name, value in held.items() if not _is_own_code(value, module)}
        self._kept = Snapshot(self._data)
        code = held.keys() - self._data.keys()
        self._code = {name: First(held[name], is_remembered=False) for name in sorted(code)}

    def changes(self) -> dict[str, Any]:
        """Return what it holds otherwise by now, by name."""
        now = _data_of(self._module)
        data = {name: value for name, value in now.items() if name not in self._code}
        bound = {name for name, value in data.items() if not is_still(self._data, name, value)}
        changed = bound.union(self._kept.changed({name: data[name] for name in data.keys() - bound}))
        gone = self._data.keys() - data.keys()
        inside = {
            f"{name}{_INSIDE}{path}": value
            for name, first in self._code.items()
            if now.get(name) is first.definition
            for path, value in first.changes().items()
        }
        return {name: now.get(name, Gone.GONE) for name in sorted(changed | gone)} | inside


class InstalledContent:
    """What a module that is installed, and its classes, hold under some names.

    Args:
        module: the module.
        names: of attributes.
    """

    def __init__(self, module: ModuleType, names: Set[str]) -> None:
        self._module = module
        self._names = names
        self._first = dict(self._held())

    def changes(self) -> dict[str, Any]:
        """Return what they hold otherwise by now, by name."""
        return changed_since(self._first, dict(self._held()))

    def _held(self) -> Iterator[tuple[str, Any]]:
        content = vars(self._module)
        yield from ((name, content[name]) for name in self._among(content))
        top = self._module.__name__.partition(".")[0]
        classes = ((name, value) for name, value in list(content.items()) if isinstance(value, type))
        for name, cls in classes:
            if cls.__module__.partition(".")[0] == top:
                attributes = vars(cls)
                yield from ((f"{name}{_INSIDE}{each}", attributes[each]) for each in self._among(attributes))

    def _among(self, content: Mapping[str, Any]) -> list[str]:
        names = {name for name in content if not name.startswith("_")} if ANY_ATTRIBUTE in self._names else ()
        there = (name for name in {*names, *self._names} - STREAMS if name in content)
        return [name for name in there if not isinstance(content[name], ModuleType)]


def value_of(module: ModuleType, name: str) -> Any:
    """Return what stands under a name of a module, or of something inside; `Gone.GONE` if nothing does."""
    first, _, inside = name.partition(_INSIDE)
    held = vars(module).get(first, Gone.GONE)
    return held if not inside else holdings.held(held).get(inside, Gone.GONE)


def put(module: ModuleType, name: str, value: Any) -> None:
    """Let a module, or a class or function of it, hold a value; `Gone.GONE` takes one away."""
    first, _, inside = name.partition(_INSIDE)
    if inside:
        holder = vars(module).get(first)
        if isinstance(holder, type) and "/" not in inside:
            _set(holder, inside, value)
        else:
            holdings.hold(holder, {inside: value})
    else:
        _set(module, first, value)


def _set(holder: type | ModuleType, name: str, value: Any) -> None:
    if value is not Gone.GONE:
        setattr(holder, name, value)
    elif name in vars(holder):
        delattr(holder, name)


def _data_of(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in list(vars(module).items())
        if not (name.startswith("__") and name.endswith("__")) and not isinstance(value, ModuleType)
    }


def _is_own_code(value: object, module: ModuleType) -> bool:
    return isinstance(value, type | FunctionType) and value.__module__ == module.__name__
