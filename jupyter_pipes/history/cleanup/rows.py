"""Takes rows out of the history: of runs that go, and those that nobody refers to any more."""

from __future__ import annotations

import platform
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jupyter_pipes.history.cleanup.references import Facts, RunFacts, Staying
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model import events as ev

if TYPE_CHECKING:
    from jupyter_pipes.history.sql.links import Transaction


class Rows(Struct, frozen=True):
    """The rows that go, by what tells them from others.

    Attributes:
        runs: runs of which nothing is listed any more.
        whole: runs whose events go, all of them.
        events: run and number of each other event that goes.
        remnants: run and next number of the runs of which only some steps are left from now on.
        results, attachments: ids, and digests.
        claims: signature and run.
        files: paths, on this machine.
    """

    runs: Sequence[str]
    whole: Sequence[str]
    events: Sequence[tuple[str, int]]
    remnants: Sequence[tuple[str, int]]
    results: Sequence[int]
    attachments: Sequence[str]
    claims: Sequence[tuple[str, str]]
    files: Sequence[str]


def find(
    transaction: Transaction, facts: Facts, runs: Sequence[str], staying: Staying, removed: Collection[str]
) -> Rows:
    """Return the rows that go.

    Args:
        transaction: reads them.
        facts: all references.
        runs: those that go.
        staying: what stays then.
        removed: paths of files that go as well.
    """
    going = set(runs)
    touched = [run for run in facts.runs.values() if run.run in going or run.is_remnant]
    remnants = [run for run in touched if staying.steps.get(run.run)]
    return Rows(
        runs=runs,
        whole=[run.run for run in touched if not staying.steps.get(run.run)],
        events=[(run.run, seq) for run in remnants for seq in _others(run, staying.steps[run.run])],
        remnants=[(run.run, run.last + 1) for run in remnants if not run.is_remnant],
        results=sorted(
            {result.id for result in facts.results if result.id not in staying.results}
            | _no_longer_adopted(transaction, facts, {run.run for run in touched})
        ),
        attachments=_attachments(transaction, facts, staying),
        claims=_claims(transaction),
        files=_files(transaction, removed),
    )


def drop(transaction: Transaction, rows: Rows) -> None:
    """Take the rows out."""
    _delete(transaction, "runs", ["run"], [(run,) for run in rows.runs])
    _delete(transaction, "fields", ["run"], [(run,) for run in rows.runs])
    _delete(transaction, "events", ["run"], [(run,) for run in rows.whole])
    _delete(transaction, "events", ["run", "seq"], rows.events)
    _delete(transaction, "results", ["id"], [(number,) for number in rows.results])
    _delete(transaction, "documents", ["digest"], [(digest,) for digest in rows.attachments])
    _delete(transaction, "claims", ["signature", "run"], rows.claims)
    _delete(transaction, "files", ["host", "path"], [(platform.node(), path) for path in rows.files])
    body = ev.encode(ev.RunCollected()).decode()
    moment = time.time()
    transaction.change(
        ("add_event", {"run": run, "seq": seq, "time": moment, "body": body}) for run, seq in rows.remnants
    )


def _no_longer_adopted(transaction: Transaction, facts: Facts, gone: set[str]) -> set[int]:
    """Return the results that a pipeline took over from another one, in runs that are all gone."""
    import sqlalchemy as sa

    staying = [run for run in facts.runs.values() if run.run not in gone]
    adopted = {(run.pipeline, source) for run in staying for source, _ in run.uses}
    rows = table("results").c
    found = transaction.connection.execute(sa.select(rows.id, rows.pipeline, rows.run))
    return {
        number
        for number, pipeline, run in found
        if run in facts.runs
        and facts.runs[run].pipeline not in ("", pipeline)
        and (pipeline, run) not in adopted
    }


def _others(run: RunFacts, steps: set[str]) -> list[int]:
    """Return the numbers of the events that are none of these steps', nor of the run as a whole."""
    return [seq for step, seqs in run.seqs.items() if step not in steps for seq in seqs]


def _attachments(transaction: Transaction, facts: Facts, staying: Staying) -> list[str]:
    import sqlalchemy as sa

    if any(run.is_running for run in facts.runs.values()):
        # It may have decided upon a result, or kept an attachment, and not said so yet.
        return []
    digests = transaction.connection.execute(sa.select(table("documents").c.digest)).scalars()
    return [digest for digest in digests if digest not in staying.digests]


def _claims(transaction: Transaction) -> list[tuple[str, str]]:
    import sqlalchemy as sa

    claims = table("claims").c
    driven = sa.select(table("leases").c.run)
    query = sa.select(claims.signature, claims.run).where(claims.run.not_in(driven))
    return [(signature, run) for signature, run in transaction.connection.execute(query)]


def _files(transaction: Transaction, removed: Collection[str]) -> list[str]:
    paths = [row[0] for row in transaction.rows("files", host=platform.node())]
    return [path for path in paths if path in removed or not Path(path).exists()]


def _delete(
    transaction: Transaction, name: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]]
) -> None:
    import sqlalchemy as sa

    if keys:
        named = table(name).c
        conditions = (named[column] == sa.bindparam(f"of_{column}") for column in columns)
        values = [{f"of_{column}": key for column, key in zip(columns, row, strict=True)} for row in keys]
        transaction.connection.execute(sa.delete(table(name)).where(*conditions), values)
