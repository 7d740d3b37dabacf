"""Who drives a run: its controller renews a lease, and whoever sees no renewal for its term may take it over.

Whether a process of this machine is there, the system says. Of any other, an observer goes by its own clock
alone: it notes how often a lease was renewed, and looks again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.system.machine import machine
from jupyter_pipes.system.processes import Process, is_gone, this_process

if TYPE_CHECKING:
    from jupyter_pipes.history.sql.database import Database
    from jupyter_pipes.history.sql.links import Change

_AT_LEAST = 1e-6
"""Seconds without a sign of life where none was seen yet."""

RENEWALS = 6
"""Renewals in each term."""


_PROBATION = 2
"""Renewals that must be missed while the history can be written."""


class Lease(Struct, frozen=True):
    """The right to drive a run; one without a process waits on a queue for a controller.

    Attributes:
        run: its id.
        holder: tells this lease from every other one of the run.
        process: the controller's; its number is 0, and the queue its host, where there is none yet.
        term: seconds without a renewal after which it lapses.
        renewals: how often it was renewed.
        renewed: when last, in seconds since 1970 by the controller's clock: for people, nothing goes by it.
    """

    run: str
    holder: str
    process: Process
    term: float
    renewals: int
    renewed: float


class Standing(Struct, frozen=True):
    """How the lease of a run stands, as seen from here.

    Attributes:
        lease: None if nobody drives the run.
        is_over: whether the run may be taken over.
        silent: seconds without a sign of life; None where the system itself says how it stands.
        is_unclear: whether a sign of life is due that nobody here has seen.
    """

    lease: Lease | None = None
    is_over: bool = True
    silent: float | None = None
    is_unclear: bool = False

    def __str__(self) -> str:
        """Return whom one waits for, in words: `on pod-1, last seen 40 s ago`."""
        if self.lease is None:
            return "driven by nobody"
        process = self.lease.process
        if self.is_waiting:
            return f"waiting for a worker of queue {process.host}"
        if self.silent is None:
            return f"process {process.pid} on this machine"
        return f"on {process.host or 'another machine'}, last seen {_ago(self.silent)}"

    @property
    def is_waiting(self) -> bool:
        """Whether a queue has it, for a controller that is yet to begin."""
        return self.lease is not None and not self.lease.process.pid

    @property
    def why_over(self) -> str:
        """Why the run may be taken over, in words."""
        if self.lease is None:
            return "its controller is gone"
        process = self.lease.process
        controller = f"its controller (process {process.pid} on {process.host})"
        if self.silent is None:
            return f"{controller} is gone"
        return f"{controller} has given no sign of life for {exact_duration_text(round(self.silent))}"


class Leases:
    """The leases of all runs of a history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._handed: dict[str, str] = {}

    def receive(self, run: str, holder: str) -> None:
        """Let this process take the lease of a run from a holder that hands it over."""
        self._handed[run] = holder

    def is_handed(self, standing: Standing) -> bool:
        """Return whether a lease stands as it was handed over to this process."""
        return standing.lease is not None and standing.lease.holder == self._handed.get(standing.lease.run)

    def hand_to(self, lease: Lease, queue: str) -> Lease:
        """Return what stands in place of a lease of this process: one that waits on a queue to be taken.

        Raises:
            StoreError: it was taken over meanwhile, or the history cannot be written.
        """
        waiting = replace(lease, holder=uuid4().hex, process=Process(queue, 0, "", ""))
        self.receive(lease.run, lease.holder)
        now = self.look(lease.run)
        if not self.is_handed(now) or self.take_over(now, waiting) is None:
            raise StoreError(f"run {lease.run} was taken over by another process")
        return waiting

    def take(self, run: str, term: float) -> Lease:
        """Return a new lease of a run that nobody drives, or that was handed over to this process.

        Raises:
            StoreError: somebody drives it, or the history cannot be written.
        """
        lease = Lease(run, uuid4().hex, this_process(), term, 0, time.time())
        while not self._database.change([("add_lease", _row(lease))]):
            before = self.look(run)
            if not (before.is_over or self.is_handed(before)):
                raise StoreError(f"run {run} is driven by another controller: {before}")
            if self.take_over(before, lease):
                break
        return lease

    def take_over(self, before: Standing, lease: Lease | None = None) -> Lease | None:
        """Return a lease in place of one that stands so, None if that changed in the meantime."""
        old = before.lease
        if old is None:
            return None
        lease = lease or Lease(old.run, uuid4().hex, this_process(), old.term, 0, time.time())
        seen = {"of_run": old.run, "of_holder": old.holder, "of_renewals": old.renewals}
        return lease if self._database.change([("take_lease", _row(lease) | seen)]) else None

    def renew(self, lease: Lease) -> bool:
        """Give a sign of life, and return whether the lease is still there: else the run was taken over."""
        return bool(self._database.change([renewal(lease)]))

    def release(self, lease: Lease) -> bool:
        """Give a lease back, and return whether it was still there."""
        return bool(self._database.change([("drop_lease", {"of_run": lease.run, "of_holder": lease.holder})]))

    def look(self, run: str) -> Standing:
        """Return how the lease of a run stands."""
        rows = self._database.rows("lease", run=run)
        if not rows:
            return Standing()
        lease = _lease(rows[0])
        if not lease.process.pid:
            return Standing(lease, is_over=False)
        gone = is_gone(lease.process)
        if gone is not None:
            return Standing(lease, is_over=gone)
        return self._watched(lease)

    def _watched(self, lease: Lease) -> Standing:
        """Note that the lease was seen; return how it stands by what was seen of it before.

        Who sees it for the first time cannot but believe the other one's clock, for what is told to people.
        """
        now = time.monotonic()
        sighting = {"observer": _observer(), "run": lease.run, "holder": lease.holder, "doubted": 0.0}
        rows = self._database.rows("sighting", observer=_observer(), run=lease.run)
        is_first = not rows or rows[0][0] != lease.holder
        if not is_first:
            _, renewals, seen, earlier, doubted = rows[0]
            if renewals == lease.renewals and seen <= now:
                sighting |= {"renewals": renewals, "seen": seen, "earlier": earlier, "doubted": doubted}
                return self._silent(lease, sighting, now)
        earlier = max(time.time() - lease.renewed, _AT_LEAST) if is_first else 0.0
        self._note(sighting | {"renewals": lease.renewals, "seen": now, "earlier": earlier})
        return Standing(lease, is_over=False, silent=earlier, is_unclear=is_first)

    def _silent(self, lease: Lease, sighting: dict[str, Any], now: float) -> Standing:
        """Return how a lease stands that was not renewed since it was seen.

        What keeps its controller from writing may keep everybody: it lapses once the history could be written
        for so long that a living controller would have renewed it.
        """
        quiet, earlier, doubted = now - sighting["seen"], sighting["earlier"], sighting["doubted"]
        probation = _PROBATION * lease.term / RENEWALS
        if not doubted and quiet >= lease.term - probation:
            self._note(sighting | {"doubted": now})
        is_over = quiet >= lease.term and 0 < doubted <= now - probation
        is_late = earlier > 0 or quiet > probation
        return Standing(lease, is_over, quiet + earlier, is_unclear=is_late and not is_over)

    def _note(self, sighting: dict[str, Any]) -> None:
        # Where nothing can be written, nobody is declared gone.
        with suppress(StoreError):
            self._database.change([("add_sighting", sighting)], patience=0)


def renewal(lease: Lease) -> Change:
    """Return the sign of life that goes with what a controller writes: without its lease, nothing is."""
    return "renew_lease", {"of_run": lease.run, "of_holder": lease.holder, "renewed": time.time()}


def _ago(seconds: float) -> str:
    return f"{exact_duration_text(round(seconds))} ago" if seconds >= 1 else "just now"


_THIS = uuid4().hex


def _observer() -> str:
    """Return who looks: all processes that share a clock which nobody can set are one observer."""
    return machine() or _THIS


def _row(lease: Lease) -> dict[str, object]:
    process = lease.process
    return {
        "run": lease.run,
        "holder": lease.holder,
        "host": process.host,
        "pid": process.pid,
        "machine": process.machine,
        "process_started": process.started,
        "term": lease.term,
        "renewals": lease.renewals,
        "renewed": lease.renewed,
    }


def _lease(row: tuple[str, str, str, int, str, str, float, int, float]) -> Lease:
    run, holder, host, pid, where, started, term, renewals, renewed = row
    return Lease(run, holder, Process(host, pid, where, started), term, renewals, renewed)
