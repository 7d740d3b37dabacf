"""The installed plugins, found by their entry points; one that does not load is told of, and left out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from jupyter_pipes.hooks.group import GROUP
from jupyter_pipes.model.errors import described

if TYPE_CHECKING:
    import pluggy


class Plugins:
    """Plugins that implement hooks; each is called for itself, so that one that fails stops no other.

    Attributes:
        problems: plugin -> why it is left out, in words.
    """

    def __init__(self) -> None:
        self._managers: dict[str, pluggy.PluginManager] = {}
        self.problems: dict[str, str] = {}

    def add(self, name: str, load: Callable[[], object]) -> None:
        """Take a plugin, or note why it cannot be had."""
        import pluggy

        from jupyter_pipes.hooks import specification

        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(specification)
        try:
            manager.register(load(), name)
            manager.check_pending()
        except Exception as error:  # whatever an import raises is a problem of that plugin
            self.problems[name] = described(error)
        else:
            self._managers[name] = manager

    def callers(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield each plugin that implements a hook, with what calls it with the hook's arguments by name."""
        for name, manager in self._managers.items():
            caller = getattr(manager.hook, hook)
            if caller.get_hookimpls():
                yield name, caller


@cache
def installed() -> Plugins:
    """Return the plugins of this process's environment."""
    plugins = Plugins()
    if _is_registered(GROUP):
        from importlib.metadata import entry_points

        for point in entry_points(group=GROUP):
            plugins.add(point.name, point.load)
    return plugins


def _is_registered(group: str) -> bool:
    """Return whether a distribution may have entry points of this group.

    Mostly there is none: that is seen in a tenth of the time that it takes to read those of all groups.
    """
    has_other_finders = any(
        hasattr(finder, "find_distributions") for finder in sys.meta_path if finder is not PathFinder
    )
    return has_other_finders or any(_has_entry_points(folder or ".", group.encode()) for folder in sys.path)


def _has_entry_points(folder: str, group: bytes) -> bool:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - of all distributions, at every start of a program
    except FileNotFoundError:
        return False
    except OSError:
        # An archive, or what cannot be listed: who reads the entry points knows.
        return True
    for name in names:
        if name.lower().endswith(("egg-info", ".dist-info")):
            with suppress(OSError), open(f"{folder}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123 - as above
                if group in file.read():
                    return True
    return False
