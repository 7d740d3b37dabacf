"""The installed plugins, found by their entry points; one that does not load is told of, and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import pluggy

from jupyter_pipes.hooks import specification
from jupyter_pipes.model.errors import described


class Plugins:
    """Plugins that implement hooks.

    Attributes:
        problems: plugin -> why it is left out, in words.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(specification.GROUP)
        self._manager.add_hookspecs(specification)
        self.problems: dict[str, str] = {}

    def add(self, name: str, load: Callable[[], object]) -> None:
        """Take a plugin, or note why it cannot be had."""
        try:
            plugin = load()
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except Exception as error:  # whatever an import raises is a problem of that plugin
            self.problems[name] = described(error)
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)

    def callers(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield each plugin that implements a hook, with what calls it with the hook's arguments by name."""
        plugins = dict(self._manager.list_name_plugin())
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            others = [each for name, each in plugins.items() if name != implementation.plugin_name]
            yield implementation.plugin_name, self._manager.subset_hook_caller(hook, others)


@cache
def installed() -> Plugins:
    """Return the plugins of this process's environment."""
    plugins = Plugins()
    for point in entry_points(group=specification.GROUP):
        plugins.add(point.name, point.load)
    return plugins
