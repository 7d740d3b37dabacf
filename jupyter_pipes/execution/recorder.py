"""The facts of a run on their way: folded into its live view, written to its journal, told to who looks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from jupyter_pipes.history.history import History
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import apply, fold
from jupyter_pipes.model.views import RunView

_logger = logging.getLogger(__name__)

_BEHIND_THE_END = (ev.RunResumed, ev.EnvironmentCaptured, ev.RunEnded)
"""What may come when a run has ended: going on with it, what it ran in, and that it could not be recorded."""

Subscriber = Callable[[RunView, ev.Record], None]


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
        self._attachments: dict[str, bytes] = {}
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the view and each new record."""
        self._subscribers.append(subscriber)

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

    def write(self) -> None:
        """Write what was added, in one transaction, and tell it.

        Raises:
            StoreError: the history cannot be read or written.
        """
        if self._unnumbered is not None:
            raise self._unnumbered
        self._journal.write(self._unwritten, self.view, self._attachments)
        self._attachments = {}
        self._tell()

    def write_if_possible(self) -> None:
        """Write what was added, and tell it even if it cannot be written."""
        try:
            self.write()
        except StoreError:
            # The journal itself is what failed: the next session finds the run interrupted.
            self._tell()

    def _numbered(self, event: ev.AnyEvent) -> ev.Record:
        try:
            return self._journal.number(event)
        except StoreError as error:
            self._unnumbered = error
            return ev.Record(self.view.run, self.view.seq + 1, time.time(), event)

    def _tell(self) -> None:
        records, self._unwritten = self._unwritten, []
        for record in records:
            for subscriber in self._subscribers:
                try:
                    subscriber(self.view, record)
                except Exception:  # a display that fails is no reason to stop the run
                    _logger.exception("a subscriber of run %s failed", self.view.run)
