"""A signal cancels a run, also one that comes where Python only prints what is raised."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from importlib import _bootstrap  # pyright: ignore - whose callbacks lose what is raised in them
from typing import Any

import pytest

from jupyter_pipes.cli.interrupts import Interrupts


class Freed:
    """Calls a function when it is freed."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def __del__(self) -> None:
        self._call()


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def free() -> None:
    # Nothing holds it.
    Freed(interrupt)


def free_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt where the lock of an import is freed."""

    class Locks(dict[str, Any]):
        def get(self, *_: object) -> None:
            interrupt()

    bootstrap: Any = _bootstrap
    lock = bootstrap._get_module_lock("a module of this test")
    monkeypatch.setattr(bootstrap, "_module_locks", Locks(bootstrap._module_locks))
    del lock


def interrupted(act: Callable[[], None]) -> None:
    """Release the signals, act, and wait for what is raised."""
    nothing = threading.Event()
    with Interrupts() as interrupts:
        interrupts.release()
        act()
        nothing.wait(60)


def test_a_signal_is_not_lost_in_a_destructor() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(free)


def test_a_signal_is_not_lost_where_an_import_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(lambda: free_a_lock(monkeypatch))


def test_a_signal_raises_at_once_elsewhere() -> None:
    with Interrupts() as interrupts:
        interrupts.release()
        with pytest.raises(KeyboardInterrupt):
            interrupt()


def test_a_signal_that_comes_before_is_raised_by_the_release() -> None:
    with Interrupts() as interrupts:
        interrupt()
        with pytest.raises(KeyboardInterrupt):
            interrupts.release()
