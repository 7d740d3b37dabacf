"""Makes the indexes of the history again, from the journals of all runs."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from msgspec import Struct

from jupyter_pipes.history import indexing, journal
from jupyter_pipes.history.seals import Seals
from jupyter_pipes.history.sql.database import Database
from jupyter_pipes.history.sql.links import Change, Transaction
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.views import RunView

Timed = tuple[float, Change]
"""A change, and when the fact was recorded that brought it; in seconds since 1970."""


class Rebuilt(Struct, frozen=True):
    """What a rebuild came to.

    Attributes:
        runs: how many runs have new rows.
        unreadable: why, of each run whose journal cannot be read; its rows stay as they were.
    """

    runs: int
    unreadable: tuple[str, ...]


def rebuild(database: Database, seals: Seals) -> Rebuilt:
    """Empty the indexes and make them again, in one transaction; who drives and computes what stays.

    Args:
        database: the history's.
        seals: sign the results; what was not signed goes on being marked.

    Raises:
        StoreError: the history cannot be read or written; nothing was changed.
    """
    with database.exclusive() as transaction:
        results: list[Timed] = []
        unreadable: list[str] = []
        runs = _runs(transaction)
        for run in runs:
            try:
                changes = list(_changes(transaction, run, seals))
            except (StoreError, LookupError) as error:
                # A fact about a step that the run does not have is a LookupError.
                unreadable.append(f"run {run}: {error}")
                results += _kept_results(transaction, run)
                continue
            transaction.change([("drop_run", {"of_run": run}), ("drop_fields", {"of_run": run})])
            transaction.change(change for _, change in changes if not _is_result(change))
            results += [timed for timed in changes if _is_result(timed[1])]
        _drop_orphans(transaction)
        # The newest result under a signature is the one that was added last.
        transaction.change(change for _, change in sorted(results, key=itemgetter(0)))
    return Rebuilt(len(runs) - len(unreadable), tuple(unreadable))


def _runs(transaction: Transaction) -> list[str]:
    import sqlalchemy as sa

    events = table("events")
    began = sa.func.min(events.c.time)
    runs = sa.select(events.c.run).group_by(events.c.run).order_by(began, events.c.run)
    return list(transaction.connection.execute(runs).scalars())


def _changes(transaction: Transaction, run: str, seals: Seals) -> Iterator[Timed]:
    view = RunView(run)
    for record in journal.read(transaction, run, seals):
        apply(record, view)
        for change in indexing.changes(record, view):
            if change[0] not in indexing.PRESENT:
                yield record.time, seals.sealed(change)


def _is_result(change: Change) -> bool:
    return change[0] in ("add_result", "adopt_result")


def _kept_results(transaction: Transaction, run: str) -> list[Timed]:
    import sqlalchemy as sa

    results = table("results")
    columns = [column for column in results.columns if column.name != "id"]
    rows = transaction.connection.execute(sa.select(*columns).where(results.c.run == run))
    return [(row["time"], ("add_result", dict(row))) for row in rows.mappings().all()]


def _drop_orphans(transaction: Transaction) -> None:
    import sqlalchemy as sa

    for name in ("runs", "fields"):
        has_none = table(name).c.run.not_in(sa.select(table("events").c.run))
        transaction.connection.execute(sa.delete(table(name)).where(has_none))
    transaction.connection.execute(sa.delete(table("results")))
