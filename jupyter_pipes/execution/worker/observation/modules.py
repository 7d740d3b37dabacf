"""What modules hold otherwise than other processes find it: a step takes it over and hands it on."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

from jupyter_pipes.analysis.states import OF_LOCAL_MODULES, is_of_modules, module_of
from jupyter_pipes.execution.worker.observation.module_contents import (
    InstalledContent,
    LocalContent,
    put,
    value_of,
)
from jupyter_pipes.execution.worker.observation.surroundings import MARK, Surroundings, put_part
from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.model.job import Job
from jupyter_pipes.storage.serializers import serialize
from jupyter_pipes.storage.unchanged import UNCHANGING

_IMPORTED = re.compile(r"\b(?:import|from)\s+([\w.]+)")
_IN = "/"
"""Stands between a module and what it holds."""


class Modules:
    """The imported modules in the process of an attempt.

    Of local modules all data counts, of installed ones the attributes that the step's code may set.

    Args:
        job: the attempt.
        namespace: the step's namespace.
    """

    def __init__(self, job: Job, namespace: dict[str, Any]) -> None:
        self._names = frozenset(filter(is_of_modules, (*job.step.plain, *job.inputs, *job.step.writes)))
        self._step = job.step
        self._namespace = namespace
        self._taken_over: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, list[tuple[str, LocalContent | InstalledContent | Surroundings]]] = {}
        self._local: dict[str, ModuleType] = {}
        self._is_running = False
        self.changed: list[str] = []
        """The states that are not as the step found them, once `states` was called."""
        self.left_out: list[str] = []
        """What is not handed on, and why, in words."""

    def begin(self) -> None:
        """Let the modules go on where earlier steps left them; those yet to be imported, once they are."""
        there = self._names & self._namespace.keys()
        self._taken_over = {state: self._namespace.pop(state) for state in sorted(there)}
        for state, changes in self._taken_over.items():
            for path, value in changes.items():
                self._put(state, path, value)

    def watch(self) -> None:
        """Remember what the modules hold now that the step's own code begins."""
        self._is_running = True
        for module in self._local.values():
            self._look_at_local(module)
        for state in self._names - {OF_LOCAL_MODULES} if self._step.sets else ():
            names, top = frozenset(self._step.sets), module_of(state)
            contents = [(each.__name__, InstalledContent(each, names)) for each in self._installed(state)]
            self._contents[state] = [*contents, (top, Surroundings(top, names))]

    def loaded(self, module: ModuleType) -> None:
        """Take note of a local module whose code has run just now."""
        self._local[module.__name__] = module
        for path, value in self._taken_over.get(OF_LOCAL_MODULES, {}).items():
            if path.partition(_IN)[0] == module.__name__:
                self._put(OF_LOCAL_MODULES, path, value)
        if self._is_running:
            self._look_at_local(module)

    def states(self) -> dict[str, dict[str, Any]]:
        """Return state -> what the modules hold otherwise than other processes find it."""
        found = {state: dict(self._changes(state)) for state in sorted(self._names)}
        self.changed = [state for state, changes in found.items() if changes]
        return {
            state: self._still_held(state) | found[state]
            for state in found
            if found[state] or state in self._taken_over or state in self._step.writes
        }

    def _look_at_local(self, module: ModuleType) -> None:
        if OF_LOCAL_MODULES in self._names:
            contents = self._contents.setdefault(OF_LOCAL_MODULES, [])
            contents.append((module.__name__, LocalContent(module)))

    def _installed(self, state: str) -> Iterator[ModuleType]:
        """Yield the modules of the state that code names: `import a.b`, `from a.b import c`."""
        top = module_of(state)
        named = {name for source in self._step.sources for name in _IMPORTED.findall(source)}
        for name in sorted({top, *(each for each in named if each.partition(".")[0] == top)}):
            if isinstance(module := sys.modules.get(name), ModuleType):
                yield module

    def _changes(self, state: str) -> Iterator[tuple[str, Any]]:
        for module, content in self._contents.get(state, ()):
            for name, value in content.changes().items():
                if self._can_be_stored(f"{module}.{name}", value):
                    yield f"{module}{_IN}{name}", value

    def _can_be_stored(self, name: str, value: Any) -> bool:
        try:
            serialize(name, value)
        except SerializationError as error:
            self.left_out.append(f"what a module holds is not handed on, each step makes its own: {error}")
            return False
        return True

    def _still_held(self, state: str) -> dict[str, Any]:
        """Return what earlier steps left, as it is by now; in modules that are not loaded, as it was."""
        return {path: self._now(path, value) for path, value in self._taken_over.get(state, {}).items()}

    def _now(self, path: str, value: Any) -> Any:
        module, _, name = path.partition(_IN)
        found = sys.modules.get(module)
        return value if found is None or name.startswith(MARK) else value_of(found, name)

    def _put(self, state: str, path: str, value: Any) -> None:
        name, _, inside = path.partition(_IN)
        if state != OF_LOCAL_MODULES:
            with suppress(ImportError):
                importlib.import_module(name)
        module = sys.modules.get(name)
        if inside.startswith(MARK):
            put_part(name, inside, value)
        elif module is not None:
            before = value_of(module, inside)
            put(module, inside, value)
            self._put_where_imported(before, value)

    def _put_where_imported(self, before: object, value: Any) -> None:
        """Bind names to the value that were bound to what was there before: `from module import items`."""
        if isinstance(before, UNCHANGING):
            return
        for names in (self._namespace, *map(vars, self._local.values())):
            for name in [name for name, held in names.items() if held is before]:
                names[name] = value
