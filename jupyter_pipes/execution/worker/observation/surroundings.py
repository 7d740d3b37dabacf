"""What code sets in a module that is no attribute of it: environment, working directory, decimal context."""

from __future__ import annotations

import decimal
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_pipes.execution.worker.observation.definitions import changed_since
from jupyter_pipes.storage.serializers.holdings import Gone

MARK = "()"
"""How the names of such parts begin; no attribute's does."""


class Part(NamedTuple):
    """A part of a module's state.

    Attributes:
        words: what code names that changes it.
        read: returns name -> value, of what it holds.
        put: takes a name and the value for it, `Gone.GONE` for none.
    """

    words: frozenset[str]
    read: Callable[[], Mapping[str, Any]]
    put: Callable[[str, Any], None]


class Surroundings:
    """The parts of a module that code names, now and by and by.

    Args:
        module: the top-level module.
        words: what the code names.
    """

    def __init__(self, module: str, words: Set[str]) -> None:
        self._parts = {
            name: part
            for name, part in _PARTS.get(module, {}).items()
            if module in sys.modules and not part.words.isdisjoint(words)
        }
        self._first = dict(self._held())

    def changes(self) -> dict[str, Any]:
        """Return what they hold otherwise by now, by name."""
        return changed_since(self._first, dict(self._held()))

    def _held(self) -> Iterator[tuple[str, Any]]:
        for name, part in self._parts.items():
            yield from ((f"{MARK}{name}.{inner}", value) for inner, value in part.read().items())


def put_part(module: str, name: str, value: Any) -> None:
    """Let a part of a module hold a value."""
    part, _, inner = name.removeprefix(MARK).partition(".")
    _PARTS[module][part].put(inner, value)


def _environment() -> dict[str, str]:
    return dict(os.environ)


def _set_variable(name: str, value: Any) -> None:
    if value is Gone.GONE:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _folder() -> dict[str, str]:
    try:
        return {"": str(Path.cwd())}
    except FileNotFoundError:  # it was removed under the process: nobody else can go there
        return {}


def _change_folder(_: str, value: Any) -> None:
    if value is not Gone.GONE:
        os.chdir(value)


def _context() -> dict[str, Any]:
    context = decimal.getcontext()
    return {name: getattr(context, name) for name in ("prec", "rounding", "Emin", "Emax")}


def _set_context(name: str, value: Any) -> None:
    setattr(decimal.getcontext(), name, value)


_PARTS: dict[str, dict[str, Part]] = {
    "os": {
        "environ": Part(frozenset({"environ", "putenv"}), _environment, _set_variable),
        "folder": Part(frozenset({"chdir"}), _folder, _change_folder),
    },
    "decimal": {
        "context": Part(frozenset({"getcontext", "setcontext", "prec", "rounding"}), _context, _set_context)
    },
}
