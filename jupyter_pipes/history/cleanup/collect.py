"""`gc`: takes away old runs and what nobody refers to, and nothing that a run under way may need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Unpack

from msgspec import Struct

from jupyter_pipes.history.cleanup import references
from jupyter_pipes.history.cleanup import rows as forgetting
from jupyter_pipes.history.cleanup.expiry import Limits, expired
from jupyter_pipes.history.cleanup.leftovers import Log, is_abandoned, logs, remove_log
from jupyter_pipes.history.cleanup.references import Facts, RunFacts, Staying
from jupyter_pipes.history.cleanup.rows import Rows
from jupyter_pipes.history.workspace import Workspace, log_stem
from jupyter_pipes.storage.blobs.base import Stored

if TYPE_CHECKING:
    from jupyter_pipes.history.sql.links import Transaction

GRACE = 60.0
"""Seconds for which a blob stays though nobody refers to it yet: its run may be about to say so."""

_CLOCKS = 24 * 3600.0
"""Seconds by which the clock of a store may be behind a controller's, or be set back while a run goes on.

It costs little to be generous: what nobody refers to stays a while longer beside a run under way.
"""


class Amount(Struct, frozen=True):
    """So many things of a kind, and the bytes that they take."""

    count: int = 0
    bytes: int = 0


class Collection(Struct, frozen=True):
    """What a collection took away, or would.

    Attributes:
        runs: ids of the runs that went, oldest first.
        results: results of theirs that nobody uses.
        documents: attachments (code, signatures, environments) that nobody refers to; named as in JSON.
        claims, files: claims of runs that nobody drives; digests of files that are gone.
        artifacts: artifacts and shown outputs.
        logs: logs of attempts.
        unfinished: what processes that are gone had begun to write.
        environments: environments of steps that nobody used for long, in this user's cache.
        notes: what was noted of files of the catalog that are gone.
        later: artifacts that nobody refers to, but a run under way may be about to.
        left: the artifacts that somebody refers to.
    """

    runs: tuple[str, ...] = ()
    results: int = 0
    documents: int = 0
    claims: int = 0
    files: int = 0
    artifacts: Amount = Amount()
    logs: Amount = Amount()
    unfinished: Amount = Amount()
    environments: Amount = Amount()
    notes: Amount = Amount()
    later: Amount = Amount()
    left: Amount = Amount()


def plan_collection(workspace: Workspace, **limits: Unpack[Limits]) -> Collection:
    """Return what `collect` with the same limits would take away now.

    Raises:
        StoreError: the history or the store cannot be read.
    """
    disk = _read_disk(workspace)
    with workspace.history.database.reading() as transaction:
        plan = _plan(workspace, disk, transaction, limits)
    return _collection(plan, plan.blobs, plan.later)


def collect(workspace: Workspace, **limits: Unpack[Limits]) -> Collection:
    """Take away what the limits and the lack of references let go, and return what went.

    A run under way loses nothing: what it refers to stays, and so does what was written or wanted since it
    began. A result that goes just when a step was to reuse it is computed again.

    Raises:
        StoreError: the history or the store cannot be read or written.
    """
    disk = _read_disk(workspace)
    database = workspace.history.database
    with database.reading() as transaction:
        # What takes long is read before writers have to wait.
        runs = references.read(transaction).runs
    with database.exclusive() as transaction:
        plan = _plan(workspace, disk, transaction, limits, runs)
        forgetting.drop(transaction, plan.rows)
    return _clear(workspace, plan)


class _Disk(Struct, frozen=True):
    """What lies on disk."""

    blobs: list[Stored]
    unfinished: list[Stored]
    logs: list[Log]


class _Plan(Struct, frozen=True):
    """What goes: rows, and things on disk; `freed` was referred to until now."""

    rows: Rows
    freed: set[str]
    blobs: list[Stored]
    later: list[Stored]
    left: list[Stored]
    unfinished: list[Stored]
    logs: list[Log]


def _read_disk(workspace: Workspace) -> _Disk:
    """List what lies on disk, before the history is read: what comes later is not touched."""
    whole, unfinished = _partition(workspace.store.blobs.stored(), lambda blob: bool(blob.digest))
    return _Disk(whole, unfinished, list(logs(workspace.log_folder)))


def _plan(
    workspace: Workspace,
    disk: _Disk,
    transaction: Transaction,
    limits: Limits,
    earlier: Mapping[str, RunFacts] | None = None,
) -> _Plan:
    facts = references.read(transaction, earlier)
    used = limits.get("used", frozenset())

    def size(gone: frozenset[str]) -> int:
        digests = references.staying(facts, gone, used).digests
        return sum(blob.bytes for blob in disk.blobs if blob.digest in digests)

    runs = expired(facts, limits, size, time.time())
    staying = references.staying(facts, frozenset(runs), used)
    freed = references.named(facts) - staying.digests
    running = [run.started for run in facts.runs.values() if run.is_running]
    limit = _limit(running, renews=workspace.store.blobs.renews)
    left, idle = _partition(disk.blobs, lambda blob: blob.digest in staying.digests)
    later, blobs = _partition(
        idle, lambda blob: blob.changed >= limit or (bool(running) and blob.digest in freed)
    )
    return _Plan(
        forgetting.find(transaction, facts, runs, staying, {blob.place for blob in blobs}),
        freed,
        blobs,
        later,
        left,
        [blob for blob in disk.unfinished if blob.changed < limit and is_abandoned(blob)],
        [log for log in disk.logs if not _is_needed(log, facts, frozenset(runs), staying)],
    )


def _limit(running: Iterable[float], *, renews: bool) -> float:
    """Return since when a blob must not have been wanted to go; in seconds since 1970.

    Args:
        running: when the runs under way began.
        renews: whether the store tells when a blob was wanted last.
    """
    began = min(running, default=None)
    if began is None:
        return time.time() - GRACE
    return min(began - _CLOCKS, time.time() - GRACE) if renews else float("-inf")


def _is_needed(log: Log, facts: Facts, gone: frozenset[str], staying: Staying) -> bool:
    run = facts.runs.get(log.run)
    if run is None or run.is_remnant or log.run in gone:
        return log.stem in map(log_stem, staying.steps.get(log.run, ()))
    return True


def _clear(workspace: Workspace, plan: _Plan) -> Collection:
    """Remove from the disk what goes, and tell what went."""
    blobs, history = workspace.store.blobs, workspace.history

    def may_go(changed: float) -> bool:
        return changed < _limit([run.started for run in history.running()], renews=blobs.renews)

    def remove(blob: Stored) -> bool:
        # A run that began since the rows went may have found them before.
        if blob.digest in plan.freed and history.running():
            blobs.renew(blob)
            return False
        return blobs.remove(blob, may_go)

    for blob in plan.later:
        if blob.digest in plan.freed:
            # The next collection shall not take it from the runs that are under way now.
            blobs.renew(blob)
    went, later = _partition(plan.blobs, remove)
    for unfinished in plan.unfinished:
        blobs.remove(unfinished, may_go)
    for log in plan.logs:
        remove_log(log)
    return _collection(plan, went, plan.later + later)


def _partition(blobs: Iterable[Stored], first: Callable[[Stored], bool]) -> tuple[list[Stored], list[Stored]]:
    """Return the blobs for which `first` holds, and the others."""
    parts: tuple[list[Stored], list[Stored]] = ([], [])
    for blob in blobs:
        parts[0 if first(blob) else 1].append(blob)
    return parts


def _collection(plan: _Plan, went: list[Stored], later: list[Stored]) -> Collection:
    rows = plan.rows
    return Collection(
        runs=tuple(rows.runs),
        results=len(rows.results),
        documents=len(rows.attachments),
        claims=len(rows.claims),
        files=len(rows.files),
        artifacts=_amount(went),
        logs=_amount(plan.logs),
        unfinished=_amount(plan.unfinished),
        later=_amount(later),
        left=_amount(plan.left),
    )


def _amount(things: Iterable[Stored | Log]) -> Amount:
    sizes = [thing.bytes for thing in things]
    return Amount(len(sizes), sum(sizes))
