"""Random numbers of libraries that work beside a notebook, apart from those that its cells draw."""

from __future__ import annotations

from importlib import import_module
from random import Random


def draw_apart(*modules: str) -> None:
    """Have modules that draw from Python's own stream draw from streams of their own.

    What such a library does on its own thread, at a time that nobody knows, would change what seeded code
    in a cell draws next.

    Args:
        modules: modules that call `random` by its name; they are imported.
    """
    for name in modules:
        vars(import_module(name))["random"] = Random()
