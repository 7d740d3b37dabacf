"""Clusters that a queue starts by itself: a scheduler with workers, by the import path of what makes them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.errors import ConfigurationError

if TYPE_CHECKING:
    from jupyter_pipes.storage.queues import Queue

_QUIET: dict[str, dict[str, Any]] = {"LocalCluster": {"dashboard_address": None}}
"""What classes are called with unless the settings say otherwise: nothing listens that nobody asked for."""


async def start_cluster(queue: Queue) -> Any:
    """Return a running cluster of a queue (`distributed.deploy.Cluster`).

    Raises:
        ConfigurationError: there is no such class, or it cannot be called with these keywords.
    """
    kind = class_at(queue.cluster, queue.name)
    keywords = {**_QUIET.get(kind.__name__, {}), **queue.keywords}
    try:
        return await kind(asynchronous=True, **keywords)
    except Exception as error:  # whatever the cluster's own code has to say
        raise ConfigurationError(
            f"queue {queue.name}: {queue.cluster} did not start: {type(error).__name__}: {error}"
        ) from error


def class_at(path: str, queue: str) -> Any:
    """Return the class that has an import path.

    Raises:
        ConfigurationError: there is none.
    """
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"queue {queue}: cluster = {path!r} is no class that can be imported ({error}): install what "
            "has it, or correct the path"
        ) from error
