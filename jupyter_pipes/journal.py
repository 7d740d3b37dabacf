"""The one append path: typed events of a run, numbered `(run, seq)`, never changed afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from jupyter_pipes import events as ev
from jupyter_pipes.database import table, told_as_store_error
from jupyter_pipes.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class Journal:
    """Appends the events of one run; one writer at a time (the run's controller)."""

    def __init__(self, engine: Engine, run: str) -> None:
        self._engine = engine
        self._run = run
        self._connection: Connection | None = None
        self._next = 0

    def append(self, event: ev.AnyEvent) -> ev.Record:
        """Write the event durably and return it with its number and time.

        Raises:
            StoreError: the history cannot be written (disk full, read-only).
        """
        with told_as_store_error(f"run {self._run} cannot be recorded"):
            connection = self._connect()
            record = ev.Record(self._run, self._next, time.time(), event)
            with connection.begin():
                _write(connection, record)
        self._next += 1
        return record

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._next = _last_number(self._connection, self._run) + 1
        return self._connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _last_number(connection: Connection, run: str) -> int:
    import sqlalchemy as sa

    events = table("events")
    with connection.begin():
        last = connection.execute(sa.select(sa.func.max(events.c.seq)).where(events.c.run == run)).scalar()
    return -1 if last is None else int(last)


def _write(connection: Connection, record: ev.Record) -> None:
    body = ev.encode(record.event).decode()
    row = {"run": record.run, "seq": record.seq, "time": record.time, "body": body}
    connection.execute(table("events").insert(), row)
    runs = table("runs")
    if isinstance(record.event, ev.RunStarted):
        started = {"pipeline": record.event.pipeline, "started": record.time, "status": "running"}
        connection.execute(runs.insert().values(run=record.run, **started))
    elif isinstance(record.event, ev.RunEnded):
        ended = runs.update().where(runs.c.run == record.run)
        connection.execute(ended.values(ended=record.time, status=str(record.event.status)))


def read(engine: Engine, run: str, after: int = -1) -> Iterator[ev.Record]:
    """Yield the records of a run behind number `after`, in order.

    Raises:
        StoreError: the history cannot be read, or holds a record that is none of this version.
    """
    import sqlalchemy as sa

    events = table("events")
    query = sa.select(events).where(events.c.run == run, events.c.seq > after).order_by(events.c.seq)
    with told_as_store_error(f"run {run} cannot be read"), engine.connect() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        try:
            event = ev.decode(row.body)
        except msgspec.DecodeError as error:
            raise StoreError(f"record {row.seq} of run {run} cannot be read: {error}") from error
        yield ev.Record(row.run, row.seq, row.time, event)
