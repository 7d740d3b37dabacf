"""Renews the lease of a run under way, on a thread that nothing else holds up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from jupyter_pipes.history.leases import RENEWALS, Lease, Leases
from jupyter_pipes.model.errors import StoreError

_logger = logging.getLogger(__name__)


class Driven(Protocol):
    """What drives a run."""

    @property
    def ended(self) -> threading.Event:
        """Set once nothing more will happen in the run."""
        ...

    @property
    def is_recorded(self) -> bool:
        """Whether the run's end stands in the journal."""
        ...

    def lose(self) -> None:
        """Learn that somebody else has the run."""
        ...


class Renewal:
    """Keeps a lease until the run has ended.

    Args:
        leases: where it is kept.
        lease: what is to be renewed.
        controller: who drives the run by it; told on this thread when somebody else has taken the run.
    """

    def __init__(self, leases: Leases, lease: Lease, controller: Driven) -> None:
        self._leases = leases
        self._lease = lease
        self._controller = controller
        self._pause = lease.term / RENEWALS
        threading.Thread(target=self._keep, name=f"lease of {lease.run}", daemon=True).start()

    def _keep(self) -> None:
        while not self._controller.ended.wait(self._pause):
            if self._answer(self._leases.renew) is False:
                self._controller.lose()
                return
        # A run whose end could not be written is not driven by this process any more all the same.
        while not self._controller.is_recorded and self._answer(self._leases.release) is None:
            threading.Event().wait(self._pause)

    def _answer(self, ask: Callable[[Lease], bool]) -> bool | None:
        """Return what the history answers; None while it cannot be written."""
        try:
            return ask(self._lease)
        except StoreError:
            _logger.debug("the lease of run %s cannot be written now", self._lease.run, exc_info=True)
            return None
