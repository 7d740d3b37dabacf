"""The facts of a run on their way: folded into its live view, written to its journal, told to who looks."""

from __future__ import annotations

import time
from collections.abc import Iterable

from jupyter_pipes.execution.recording.subscribers import Subscribers
from jupyter_pipes.history.history import History
from jupyter_pipes.history.leases import Lease
from jupyter_pipes.history.sql.failures import Locked
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import apply, fold

_BEHIND_THE_END = (ev.RunResumed, ev.EnvironmentCaptured, ev.RunHeldUp, ev.RunEnded)
"""What may come when a run has ended: going on with it, what it ran in, that its end cannot be recorded."""

_WORTH_TELLING = 1.0
"""Seconds of waiting for the history after which it is told."""


class Recorder:
    """Records one run; the view is the fold of all that was added, whatever becomes of the journal.

    Args:
        history: where the run is kept.
        run: its id.
        earlier: the records of a run that is taken up again; none for a new one.
    """

    def __init__(self, history: History, run: str, earlier: Iterable[ev.Record] = ()) -> None:
        self.view = fold(run, earlier)
        self._journal = history.journal(run)
        self._unnumbered: StoreError | None = None
        self._unwritten: list[ev.Record] = []
        self._has_lost_facts = False
        self._locked_since: float | None = None
        self._told_ahead: ev.Record | None = None
        self._attachments: dict[str, bytes] = {}
        self.subscribers = Subscribers()

    def hold(self, lease: Lease) -> None:
        """Write by this lease from now on, up to the end of the run, which gives it back."""
        self._journal.lease = lease

    def keep(self, digest: str, content: bytes) -> str:
        """Have an attachment written with the next facts, which refer to it; return its digest."""
        self._attachments[digest] = content
        return digest

    def add(self, event: ev.AnyEvent) -> bool:
        """Fold a fact into the view; return False for one that came too late to be one of the run's."""
        if self.view.ended is not None and not isinstance(event, _BEHIND_THE_END):
            return False
        record = self._numbered(event)
        apply(record, self.view)
        self._unwritten.append(record)
        return True

    @property
    def is_written(self) -> bool:
        """Whether all that was added stands in the journal."""
        return not self._unwritten and not self._has_lost_facts

    def write(self) -> bool:
        """Write what was added, in one transaction, and tell it; return False while others lock the history.

        A run goes on meanwhile: this is the one place where it does not wait.

        Raises:
            StoreError: the history cannot be read or written.
        """
        if self._unnumbered is not None:
            raise self._unnumbered
        try:
            self._journal.write(self._unwritten, self.view, self._attachments, patience=0)
        except Locked:
            self._wait()
            return False
        self._attachments = {}
        if self.view.ended is not None:
            self._journal.lease = None
        self._tell()
        return self._go_on()

    def _wait(self) -> None:
        now = time.monotonic()
        self._locked_since = self._locked_since or now
        # Every writer waits for others for a moment.
        if now - self._locked_since < _WORTH_TELLING or self._told_ahead is not None:
            return
        self.add(ev.RunHeldUp("waits for the history: another process has locked it"))
        self._told_ahead = self._unwritten[-1]
        self.subscribers.tell(self.view, self._told_ahead)

    def _go_on(self) -> bool:
        self._locked_since, was_told = None, self._told_ahead is not None
        self._told_ahead = None
        if was_told:
            self.add(ev.RunHeldUp(""))
            return self.write()
        return True

    def write_if_possible(self) -> None:
        """Write what was added, and tell it even if it cannot be written."""
        try:
            is_written = self.write()
        except StoreError:
            is_written = False
        if not is_written:
            # The journal itself is what failed: the next session finds the run interrupted.
            self._tell()
            self._has_lost_facts = True

    def _numbered(self, event: ev.AnyEvent) -> ev.Record:
        try:
            return self._journal.number(event)
        except StoreError as error:
            self._unnumbered = error
            return ev.Record(self.view.run, self.view.seq + 1, time.time(), event)

    def _tell(self) -> None:
        records, self._unwritten = self._unwritten, []
        for record in records:
            if record is not self._told_ahead:
                self.subscribers.tell(self.view, record)
