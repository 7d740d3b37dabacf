"""The one append path: typed events of a run, numbered `(run, seq)`, never changed afterwards."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from jupyter_pipes.history import indexing
from jupyter_pipes.history.leases import Lease, renewal
from jupyter_pipes.history.seals import Seals
from jupyter_pipes.history.sql.database import PATIENCE, Database, Readable
from jupyter_pipes.history.sql.failures import Conflict, Fenced, Locked
from jupyter_pipes.history.sql.links import Change
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.views import RunView

REMARKS = (ev.RunTagged, ev.RunRenamed, ev.RunArchived, ev.ResultAccepted, ev.CommandGiven)
"""Facts that anybody may add to a run at any time; all others are the controller's alone."""


_FREE = (ev.RunTagged, ev.RunRenamed, ev.RunArchived, ev.CommandGiven)
"""Those of them that mean the same wherever they stand: behind facts of the controller as well."""


class Overtaken(StoreError):
    """Another process wrote facts of the run that only its one controller writes."""


class Journal:
    """Appends the events of one run; one writer at a time (the run's controller), beside remarks.

    Attributes:
        lease: the writer's right to the run: once that is gone, nothing is written; None for who needs none.
    """

    def __init__(self, database: Database, run: str, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._run = run
        self._next: int | None = None
        self.lease: Lease | None = None

    def number(self, event: ev.AnyEvent) -> ev.Record:
        """Return the event with the number and time that it will have once `write` took it.

        Raises:
            StoreError: the history cannot be read.
        """
        if self._next is None:
            self._next = _last_number(self._database, self._run) + 1
        if self._next == 0 and not isinstance(event, ev.RunStarted):
            raise StoreError(f"run {self._run} is not in the history any more: it was just removed (gc)")
        self._next += 1
        return ev.Record(self._run, self._next - 1, time.time(), event)

    def write(
        self,
        records: Sequence[ev.Record],
        view: RunView,
        attachments: Mapping[str, bytes] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Write records, what they refer to and what they change in the indexes: all of it, or nothing.

        Args:
            records: what `number` gave, in that order.
            view: the fold of the run with these records.
            attachments: digest -> content, of what the records refer to.
            patience: seconds for which another process's lock is waited for.

        Raises:
            Locked: another process had the history to itself all the time.
            Overtaken: the run was taken over, by another lease or by facts that are not from here.
            StoreError: the history cannot be written (disk full, read-only), or another controller drives
                this run.
        """
        changed = [change for record in records for change in indexing.changes(record, view)]
        try:
            sealed = map(self._seals.sealed, (*map(_row, records), *changed))
            changes = [*_added(attachments or {}), *sealed]
            self._database.change(changes, patience, renewal(self.lease) if self.lease else None)
        except Fenced as fenced:
            raise Overtaken(f"run {self._run} was taken over or ended by another process") from fenced
        except Conflict as conflict:
            self.write(self._renumbered(records, conflict), view, attachments, patience)
        except Locked:
            raise
        except StoreError as error:
            raise StoreError(f"run {self._run} cannot be recorded: {error}") from error

    def append(self, event: ev.AnyEvent, view: RunView) -> ev.Record:
        """Write one event, with `view` brought up to date by it, and return it with its number and time.

        Raises:
            StoreError: as for `write`.
        """
        record = self.number(event)
        apply(record, view)
        self.write([record], view)
        return record

    def _renumbered(self, records: Sequence[ev.Record], conflict: Conflict) -> list[ev.Record]:
        """Return the records behind what came in between: remarks, or what remarks may stand behind."""
        others = list(read(self._database, self._run, self._seals, after=records[0].seq - 1))
        is_free = all(isinstance(record.event, _FREE) for record in records)
        if not is_free and not all(isinstance(record.event, REMARKS) for record in others):
            raise Overtaken(f"run {self._run} cannot be recorded: another process writes it as well")
        if not others:
            raise StoreError(f"run {self._run} cannot be recorded: {conflict}") from conflict
        self._next = None
        return [msgspec.structs.replace(self.number(each.event), time=each.time) for each in records]


def read(database: Readable, run: str, seals: Seals, after: int = -1) -> Iterator[ev.Record]:
    """Yield the records of a run behind number `after`, in order.

    Raises:
        StoreError: the history cannot be read, or holds a record that is none of this version.
    """
    for seq, moment, body in database.rows("events", run=run, after=after):
        try:
            event = seals.event(run, seq, body)
        except msgspec.DecodeError as error:
            raise StoreError(f"record {seq} of run {run} cannot be read: {error}") from error
        yield ev.Record(run, seq, moment, event)


def read_attachment(database: Database, digest: str) -> bytes | None:
    """Return what a digest in an event refers to, None if it is not kept (any more)."""
    for (row,) in database.rows("document", digest=digest):
        stored = bytes(row)
        content = zlib.decompress(stored[1:]) if stored[:1] == _PACKED else stored[1:]
        if digest_of([content]) != digest:
            raise StoreError(f"document {digest} of the history is damaged")
        return content
    return None


def write_attachments(database: Database, attachments: Mapping[str, bytes]) -> None:
    """Keep attachments that no event of a journal brings along."""
    database.change(_added(attachments))


def _row(record: ev.Record) -> Change:
    body = ev.encode(record.event).decode()
    return "add_event", {"run": record.run, "seq": record.seq, "time": record.time, "body": body}


_PACKED = b"z"
_PLAIN = b"p"


def _added(attachments: Mapping[str, bytes]) -> Iterator[Change]:
    for digest, body in attachments.items():
        small = zlib.compress(body, 1) if len(body) > 512 else body
        stored = _PACKED + small if len(small) < len(body) else _PLAIN + body
        yield "add_document", {"digest": digest, "body": stored}


def _last_number(database: Database, run: str) -> int:
    last = database.rows("last_event", run=run)[0][0]
    return -1 if last is None else int(last)
