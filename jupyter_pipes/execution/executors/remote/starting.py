"""Clusters that a queue starts by itself: a scheduler with workers, by the import path of what makes them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.execution.loop import in_thread
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
    kind = await in_thread(class_at, queue.cluster, queue.name)
    keywords = {**_QUIET.get(kind.__name__, {}), **queue.keywords}
    try:
        return await kind(asynchronous=True, **keywords)
    except Exception as error:  # whatever the cluster's own code has to say
        raise ConfigurationError(
            f"queue {queue.name}: {queue.cluster} did not start: {type(error).__name__}: {error}"
        ) from error


def class_at(path: str, queue: str) -> Any:
    """Return the class that has an import path, imported off the main thread.

    Raises:
        ConfigurationError: there is none.
    """
    module, _, name = path.rpartition(".")
    try:
        with _signals_left_alone():
            return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"queue {queue}: cluster = {path!r} is no class that can be imported ({error}): install what "
            "has it, or correct the path"
        ) from error


@contextmanager
def _signals_left_alone() -> Generator[None]:
    """Let modules be imported that set handlers of signals meanwhile, as dask_jobqueue does of Ctrl-C.

    Only the main thread may set them, and those that are there are the program's own.
    """
    own = signal.signal

    def set_handler(number: int, handler: Any) -> Any:
        is_main = threading.current_thread() is threading.main_thread()
        return own(number, handler) if is_main else signal.getsignal(number)

    signal.signal = cast("Any", set_handler)
    try:
        yield
    finally:
        signal.signal = own
