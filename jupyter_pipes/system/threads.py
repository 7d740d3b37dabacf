"""Threads of our own, known by their names: what they do in a process is nothing that its steps do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

OURS = "jupyter_pipes"
"""How the names of all of them begin."""


def own_pool(threads: int | None = None) -> ThreadPoolExecutor:
    """Return a pool whose threads are ours.

    Args:
        threads: how many at most; as many as Python finds right, if None.
    """
    return ThreadPoolExecutor(threads, thread_name_prefix=OURS)


def is_own_thread() -> bool:
    """Return whether this is one of our threads."""
    return threading.current_thread().name.startswith(OURS)
