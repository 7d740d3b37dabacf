"""Names under which steps hand on what is no variable: states of definitions and modules, metrics, draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.results import ArtifactRef

_OF_DEFINITION = "state of "
"""How such a name begins; the blank keeps it from any variable's."""

_OF_MODULE = f"{_OF_DEFINITION}module "
OF_LOCAL_MODULES = f"{_OF_DEFINITION}local modules"
"""The name for what all modules beside the notebook hold: one may use what another one keeps."""

_OF_METRICS = "metrics of "

ANY_ATTRIBUTE = "*"
"""Stands for attributes of modules of which the code does not say the names."""

STREAMS = frozenset({"stdin", "stdout", "stderr"})
"""Attributes that no step hands on: where a process reads and prints is its own affair."""


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
    return definition.partition(" ")[0] if mark and not is_of_modules(name) else ""


def state_of_module(module: str) -> str:
    """Return the name for what an installed top-level module, and its classes, hold."""
    return f"{_OF_MODULE}{module}"


def module_of(name: str) -> str:
    """Return the name of the installed module whose state goes under this name, "" if it is no such name."""
    return name.removeprefix(_OF_MODULE) if name.startswith(_OF_MODULE) else ""


def metrics_of(step: str) -> str:
    """Return the name under which a step hands on the last values of its metrics."""
    return f"{_OF_METRICS}{step}"


def is_of_metrics(name: str) -> bool:
    """Return whether it is a name for the last values of a step's metrics."""
    return name.startswith(_OF_METRICS)


def is_of_modules(name: str) -> bool:
    """Return whether it is a name for what modules hold."""
    return name == OF_LOCAL_MODULES or name.startswith(_OF_MODULE)


def is_state(name: str) -> bool:
    """Return whether what goes under this name is between steps, and no value of the notebook."""
    return name in STREAM_NAMES or name.startswith((_OF_DEFINITION, _OF_METRICS))


def values_among(artifacts: Iterable[ArtifactRef]) -> Iterator[ArtifactRef]:
    """Yield what of a step's artifacts is a value of the notebook: what people know by its name."""
    return (artifact for artifact in artifacts if not is_state(artifact.name))
