"""What is kept of runs: which ran, how they ended, and the results that a signature finds again."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.history import journal
from jupyter_pipes.history.database import Database
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.history.schema import table
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import RunNotFound, StoreError
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef, FileSeen, FolderSeen
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView, ending_facts

_content = msgspec.msgpack.Decoder(ResultContent)
_parts = msgspec.msgpack.Decoder(tuple[Part, ...])


class RunSummary(Struct, frozen=True):
    """A line of the list of runs; times in seconds since 1970."""

    run: str
    pipeline: str
    version: str
    state: str
    status: Status
    started: float
    ended: float | None


class Result(Struct, frozen=True, gc=False):
    """What one completed attempt left.

    Attributes:
        signature: what finds it again.
        pipeline, step, run: who made it.
        parts: digest of the attachment with the signature's parts (`History.parts`).
        content: the files that it read and wrote, its outputs, metrics and notes.
    """

    signature: str
    pipeline: str
    step: str
    run: str
    parts: str
    content: ResultContent

    @property
    def artifacts(self) -> tuple[ArtifactRef, ...]:
        """Its outputs."""
        return self.content.artifacts

    @property
    def files(self) -> tuple[FileSeen, ...]:
        """The files that it was seen reading."""
        return self.content.files

    @property
    def written(self) -> tuple[str, ...]:
        """The files that it was seen writing, those that it read before among them."""
        return self.content.written

    @property
    def listed(self) -> tuple[FolderSeen, ...]:
        """The folders that it was seen listing."""
        return self.content.listed

    @property
    def metrics(self) -> dict[str, JsonValue]:
        """The last value of each metric."""
        return self.content.metrics


class Claim(Struct, frozen=True):
    """Who computes a signature just now."""

    run: str
    step: str
    host: str
    pid: int
    process_started: float

    @property
    def is_alive(self) -> bool:
        """Whether the process that made the claim still exists (assumed so for one on another host)."""
        return process_is_alive(self)


class History:
    """Runs and results of one project, in the database at `url` (SQLAlchemy's form)."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def journal(self, run: str) -> journal.Journal:
        """Return the journal to append a run's events to."""
        return journal.Journal(self.database, run)

    def runs(self, pipeline: str | None = None) -> list[RunSummary]:
        """Return the runs, newest first."""
        ask = self.database.rows
        rows = ask("runs") if pipeline is None else ask("runs_of", pipeline=pipeline)
        return list(map(_summary, rows))

    def running(self) -> list[RunSummary]:
        """Return the runs that go on, newest first."""
        return [_summary(row) for row in self.database.rows("running", status=str(Status.RUNNING))]

    def origins(self) -> list[str]:
        """Return the files that pipelines of kept runs came from."""
        return [origin for (origin,) in self.database.rows("origins") if origin]

    def parameters(self) -> list[tuple[str, dict[str, JsonValue]]]:
        """Return each run with its parameters' values, newest first."""
        rows = self.database.rows("arguments")
        return [(run, msgspec.json.decode(parameters)) for run, parameters in rows]

    def fields(self, runs: Sequence[str]) -> dict[str, dict[str, list[JsonValue]]]:
        """Return run -> field -> values, of what runs are searched by: metrics and tags."""
        import sqlalchemy as sa

        fields = table("fields")
        wanted = sa.or_(fields.c.field == "tags", fields.c.field.like("metrics.%"))
        query = sa.select(fields).where(wanted, fields.c.run.in_(runs)).order_by(fields.c.place)
        values: dict[str, dict[str, list[JsonValue]]] = {}
        with self.database.reading() as transaction:
            for row in transaction.connection.execute(query):
                value = row.text if row.number is None or row.field == "tags" else row.number
                values.setdefault(row.run, {}).setdefault(row.field, []).append(value)
        return values

    def view(self, run: str) -> RunView:
        """Return the folded journal of a run.

        Raises:
            RunNotFound: the history has no event of it.
        """
        view = fold(run, journal.read(self.database, run))
        if view.seq < 0:
            raise RunNotFound(f"there is no run {run!r} in the history")
        return view

    def remark(self, run: str, event: ev.AnyEvent) -> RunView:
        """Append a fact that is not its controller's to a run, and return how the run stands then.

        Raises:
            RunNotFound: there is no such run.
            StoreError: the history cannot be written.
        """
        view = self.view(run)
        self.journal(run).append(event, view)
        return view

    def records(self, run: str, after: int = -1) -> list[ev.Record]:
        """Return the records of a run behind number `after`, in order."""
        return list(journal.read(self.database, run, after))

    def attachment(self, attachment: str) -> bytes | None:
        """Return what a digest in an event refers to, None if it is not kept."""
        return journal.read_attachment(self.database, attachment) if attachment else None

    def keep_attachments(self, attachments: Mapping[str, bytes]) -> None:
        """Keep attachments before an event refers to them."""
        journal.write_attachments(self.database, attachments)

    def parts(self, attachment: str) -> tuple[Part, ...] | None:
        """Return the parts of a signature, None if they are not kept."""
        content = self.attachment(attachment)
        return None if content is None else _parts.decode(content)

    def newest_results(self, pipeline: str) -> dict[str, Result]:
        """Return step -> its newest result, of all steps of a pipeline at once."""
        results = map(_result, self.database.rows("newest_results", pipeline=pipeline))
        return {result.step: result for result in results}

    def results(self, signature: str) -> list[Result]:
        """Return the results under a signature, whichever step made them; newest first."""
        return [_result(row) for row in self.database.rows("results", most=20, signature=signature)]

    def results_of(self, pipeline: str, step: str, limit: int = 20) -> list[Result]:
        """Return the last results of a step, newest first."""
        rows = self.database.rows("results_of", most=limit, pipeline=pipeline, step=step)
        return [_result(row) for row in rows]

    def last_try(self, pipeline: str, step: str) -> tuple[str, str] | None:
        """Return the run in which the step was tried last, and how it ended (`completed`, `failed`, …)."""
        rows = self.database.rows("tries", most=1, pipeline=pipeline, field=f"steps.{step}.status")
        return (rows[0][0], rows[0][1]) if rows else None

    def claim(self, signature: str, run: str, step: str) -> Claim | None:
        """Say that this run's step computes a signature now; return who does already, None if nobody did."""
        claim = {"host": platform.node(), "pid": os.getpid(), "process_started": process_started()}
        added = ("add_claim", {"signature": signature, "run": run, "step": step, **claim})
        while not self.database.change([added]):
            rows = self.database.rows("claim", signature=signature)
            owner = Claim(*rows[0]) if rows else None
            if owner is not None and owner.is_alive and (owner.run, owner.step) != (run, step):
                return owner
            if owner is not None:
                self.release(signature, owner.run)
        return None

    def release(self, signature: str, run: str) -> None:
        """Take a claim back."""
        self.database.change([("drop_claim", {"of_signature": signature, "of_run": run})])

    def file_digests(self) -> list[tuple[str, str, str]]:
        """Return path, stamp and digest of files that were read on this machine."""
        return self.database.rows("files", host=platform.node())

    def keep_file_digests(self, digests: Iterable[tuple[str, str, str]]) -> None:
        """Keep path, stamp and digest of files that were read on this machine."""
        host = platform.node()
        rows = [{"host": host, "path": path, "stamp": stamp, "digest": one} for path, stamp, one in digests]
        if rows:
            self.database.change([("add_file", row) for row in rows])

    def settle_interrupted(self, is_alive: Callable[[RunView], bool] | None = None) -> list[str]:
        """End every run whose controller is gone as `interrupted`; return their ids.

        Finished steps and their results stay; the steps that were under way end as cancelled.
        """
        alive = is_alive or process_is_alive
        settled: list[str] = []
        for summary in self.running():
            view = self.view(summary.run)
            if not alive(view):
                self._interrupt(view)
                settled.append(view.run)
        return settled

    def _interrupt(self, view: RunView) -> None:
        reason = f"its controller (process {view.pid} on {view.host}) is gone"
        log = self.journal(view.run)
        facts = ending_facts(view, f"interrupted: {reason}")
        records = [log.number(fact) for fact in (*facts, ev.RunEnded(Status.INTERRUPTED, reason))]
        ended = fold(view.run, (*journal.read(self.database, view.run), *records))
        try:
            log.write(records, ended)
        except StoreError:
            # Two sessions noticed at once and the other one wrote it: the fact is in the journal.
            if self.view(view.run).status is Status.RUNNING:
                raise


def packed_parts(parts: tuple[Part, ...]) -> tuple[str, bytes]:
    """Return digest and content of the attachment that keeps the parts of a signature."""
    content = msgspec.msgpack.encode(parts)
    return digest(content), content


def process_is_alive(owner: Claim | RunView) -> bool:
    """Whether the process that claims a result or drives a run still exists (assumed so on another host)."""
    import psutil

    if owner.host != platform.node():
        return True
    try:
        process = psutil.Process(owner.pid)
        # A process that ended stays listed until its parent looks; and numbers are used again.
        is_same = abs(process.create_time() - owner.process_started) < 2
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@cache
def process_started() -> float:
    """Return when this process started, in seconds since 1970, as psutil would tell another process."""
    try:
        return _started_by_proc()
    except (OSError, ValueError, StopIteration):
        import psutil

        return psutil.Process().create_time()


def _started_by_proc() -> float:
    """Return what psutil reads on Linux: importing it would take longer than deciding a run."""
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    lines = Path("/proc/stat").read_text().splitlines()
    booted = next(line for line in lines if line.startswith("btime")).split()[1]
    return float(booted) + float(ticks) / os.sysconf("SC_CLK_TCK")


def _summary(row: Any) -> RunSummary:
    run, pipeline, version, state, status, started, ended = row
    return RunSummary(run, pipeline, version, state, Status(status), started, ended)


def _result(row: Any) -> Result:
    signature, pipeline, step, run, parts, content = row
    return Result(signature, pipeline, step, run, parts, _content.decode(content))
