"""What is kept of runs: which ran, how they ended, and the results that a signature finds again."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.history import journal
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.history.leases import Leases, Standing
from jupyter_pipes.history.seals import Seals, attachment_of
from jupyter_pipes.history.sql.database import PATIENCE, Database
from jupyter_pipes.history.sql.news import News
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.endings import ending_facts, lost_facts
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef, FileSeen, FolderSeen
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView

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
    """Who computes a signature just now, and how the lease of that run stands."""

    run: str
    step: str
    standing: Standing

    def __str__(self) -> str:
        """Return what one waits for, in words."""
        return f"waits for step {self.step} of run {self.run}, which computes the same, {self.standing}"


class History:
    """Runs and results of one project.

    Args:
        url: the database (SQLAlchemy's form).
        lost: tells which of the steps that completed in a run have lost what they left.
        seals: sign what names artifacts, and tell who did.
    """

    def __init__(
        self,
        url: str,
        lost: Callable[[RunView], Sequence[str]] = lambda _: (),
        seals: Seals | None = None,
    ) -> None:
        self.database = Database(url)
        self.seals = seals or Seals()
        self._lost = lost
        self._url = url
        self.leases = Leases(self.database)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def journal(self, run: str) -> journal.Journal:
        """Return the journal to append a run's events to."""
        return journal.Journal(self.database, run, self.seals)

    def runs(self, pipeline: str | None = None) -> list[RunSummary]:
        """Return the runs, newest first."""
        ask = self.database.rows
        rows = ask("runs") if pipeline is None else ask("runs_of", pipeline=pipeline)
        return list(map(_summary, rows))

    def runs_from(self, origin: str) -> list[RunSummary]:
        """Return the runs of pipelines that came from a file, by its path as runs have it, newest first."""
        return [_summary(row) for row in self.database.rows("runs_from", origin=origin)]

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

    def nested_runs(self) -> set[str]:
        """Return the runs that are parts of others (`--pipeline`)."""
        import sqlalchemy as sa

        fields = table("fields")
        query = sa.select(fields.c.run).where(fields.c.field == "part_of")
        with self.database.reading() as transaction:
            return {run for (run,) in transaction.connection.execute(query)}

    def fields(self, runs: Sequence[str]) -> dict[str, dict[str, list[JsonValue]]]:
        """Return run -> field -> values, of what the list of runs shows."""
        import sqlalchemy as sa

        fields = table("fields")
        wanted = sa.or_(
            fields.c.field.in_(("tags", "part_of")),
            fields.c.field.like("metrics.%"),
            fields.c.field.like("monitored.%"),
        )
        query = sa.select(fields).where(wanted, fields.c.run.in_(runs)).order_by(fields.c.place)
        values: dict[str, dict[str, list[JsonValue]]] = {}
        with self.database.reading() as transaction:
            for row in transaction.connection.execute(query):
                value = row.text if row.number is None or row.field in ("tags", "part_of") else row.number
                values.setdefault(row.run, {}).setdefault(row.field, []).append(value)
        return values

    def endings(self, runs: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return run -> status -> how many of its steps ended so."""
        import sqlalchemy as sa

        fields = table("fields")
        is_status = fields.c.field.like("steps.%.status")
        query = sa.select(fields.c.run, fields.c.text, sa.func.count()).where(
            is_status, fields.c.run.in_(runs)
        )
        counts: dict[str, dict[str, int]] = {}
        with self.database.reading() as transaction:
            for run, status, count in transaction.connection.execute(
                query.group_by(fields.c.run, fields.c.text)
            ):
                counts.setdefault(run, {})[status] = count
        return counts

    def view(self, run: str) -> RunView:
        """Return the folded journal of a run.

        Raises:
            RunNotFound: the history has no event of it.
        """
        view = fold(run, journal.read(self.database, run, self.seals))
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
        return list(journal.read(self.database, run, self.seals, after))

    def news(self) -> News:
        """Return what tells whether somebody may have written, from now on."""
        return News(self._url)

    def attachment(self, attachment: str) -> bytes | None:
        """Return what a digest in an event refers to, None if it is not kept.

        Raises:
            StoreError: it cannot be read, or is not what was kept.
        """
        attachment, _ = attachment_of(attachment)
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
        results = map(self._result, self.database.rows("newest_results", pipeline=pipeline))
        return {result.step: result for result in results}

    def results(self, signature: str) -> list[Result]:
        """Return the results under a signature, whichever step made them; newest first."""
        return [self._result(row) for row in self.database.rows("results", most=20, signature=signature)]

    def results_of(self, pipeline: str, step: str, limit: int = 20) -> list[Result]:
        """Return the last results of a step, newest first."""
        rows = self.database.rows("results_of", most=limit, pipeline=pipeline, step=step)
        return [self._result(row) for row in rows]

    def last_try(self, pipeline: str, step: str) -> tuple[str, str] | None:
        """Return the run in which the step was tried last, and how it ended (`completed`, `failed`, …)."""
        rows = self.database.rows("tries", most=1, pipeline=pipeline, field=f"steps.{step}.status")
        return (rows[0][0], rows[0][1]) if rows else None

    def claim(self, signature: str, run: str, step: str) -> Claim | None:
        """Say that this run's step computes a signature now; return who does already, None if nobody did."""
        added = ("add_claim", {"signature": signature, "run": run, "step": step})
        while not self.database.change([added]):
            for other, other_step in self.database.rows("claim", signature=signature):
                if (other, other_step) == (run, step):
                    return None
                owner = self.leases.look(other)
                if not owner.is_over:
                    return Claim(other, other_step, owner)
                if self._goes_on(other):
                    self._settle(other, owner)
                self.release(signature, other)
        return None

    def release(self, signature: str, run: str) -> None:
        """Take a claim back."""
        self.database.change([("drop_claim", {"of_signature": signature, "of_run": run})])

    def file_digests(self) -> list[tuple[str, str, str]]:
        """Return path, stamp and digest of files that were read on this machine."""
        return self.database.rows("files", host=platform.node())

    def keep_file_digests(self, digests: Iterable[tuple[str, str, str]], patience: float = PATIENCE) -> None:
        """Keep path, stamp and digest of files that were read on this machine."""
        host = platform.node()
        rows = [{"host": host, "path": path, "stamp": stamp, "digest": one} for path, stamp, one in digests]
        if rows:
            self.database.change([("add_file", row) for row in rows], patience)

    def settle_interrupted(self) -> list[str]:
        """End every run whose controller is gone as `interrupted`; return their ids.

        Finished steps and their results stay; the steps that were under way end as cancelled.
        """
        runs = (summary.run for summary in self.running())
        return [run for run in runs if self._settle(run, self.leases.look(run))]

    def end(self, run: str, status: Status, reason: str) -> bool:
        """End a run in place of its controller, whether that lives or not; return whether it went on.

        A controller that lives learns it when it renews its lease, or writes, and gives up.
        """
        while self._goes_on(run):
            if self._end(run, self.leases.look(run), status, reason):
                return True
        return False

    def _result(self, row: Any) -> Result:
        signature, pipeline, step, run, parts, kept = row
        return Result(
            signature, pipeline, step, run, parts, self.seals.result(signature, run, parts, bytes(kept))
        )

    def _goes_on(self, run: str) -> bool:
        return any(summary.run == run for summary in self.running())

    def _settle(self, run: str, standing: Standing) -> bool:
        return standing.is_over and self._end(run, standing, Status.INTERRUPTED, standing.why_over)

    def _end(self, run: str, standing: Standing, status: Status, reason: str) -> bool:
        """End a run whose lease stands so; return False if it was renewed or taken in the meantime."""
        if standing.lease is not None and self.leases.take_over(standing) is None:
            return False
        while (view := self.view(run)).status is Status.RUNNING:
            log = self.journal(run)
            lost = lost_facts(self._lost(view), "what it left did not outlast the end of its run")
            facts = (*lost, *ending_facts(view, f"{status}: {reason}"), ev.RunEnded(status, reason))
            records = [log.number(fact) for fact in facts]
            ended = fold(run, (*journal.read(self.database, run, self.seals), *records))
            # Another session that noticed it too, or its controller, may come first.
            with suppress(journal.Overtaken):
                log.write(records, ended)
        return True


def packed_parts(parts: tuple[Part, ...]) -> tuple[str, bytes]:
    """Return digest and content of the attachment that keeps the parts of a signature."""
    content = msgspec.msgpack.encode(parts)
    return digest(content), content


def _summary(row: Any) -> RunSummary:
    run, pipeline, version, state, status, started, ended = row
    return RunSummary(run, pipeline, version, state, Status(status), started, ended)
