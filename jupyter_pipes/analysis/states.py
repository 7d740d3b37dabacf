"""Names under which steps hand on what is no variable: what definitions hold, states of random streams."""

from __future__ import annotations

from jupyter_pipes.analysis.streams import STREAM_NAMES

_OF_DEFINITION = "state of "
"""How such a name begins; the blank keeps it from any variable's."""


def state_of(definition: str, number: int = 1) -> str:
    """Return the name for what a class or function holds.

    Args:
        definition: its name.
        number: which definition of that name it is in the notebook, from 1: each begins anew.
    """
    return f"{_OF_DEFINITION}{definition}" if number == 1 else f"{_OF_DEFINITION}{definition} ({number})"


def definition_of(name: str) -> str:
    """Return the name of the definition whose state goes under this name, "" if it is no such name."""
    _, mark, definition = name.rpartition(_OF_DEFINITION)
    return definition.partition(" ")[0] if mark else ""


def is_state(name: str) -> bool:
    """Return whether what goes under this name is between steps, and no value of the notebook."""
    return name in STREAM_NAMES or name.startswith(_OF_DEFINITION)
