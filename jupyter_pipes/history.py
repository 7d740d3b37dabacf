"""What is kept of runs: which ran, how they ended, and the results that a signature finds again."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from jupyter_pipes import events as ev
from jupyter_pipes import journal
from jupyter_pipes.database import connect, table, told_as_store_error
from jupyter_pipes.errors import RunNotFound, StoreError
from jupyter_pipes.model import ArtifactRef, FileSeen, Status
from jupyter_pipes.signature import Part
from jupyter_pipes.views import RunView, StepView, fold

if TYPE_CHECKING:
    from sqlalchemy import Engine, Row


class RunSummary(Struct, frozen=True):
    """A line of the list of runs; times in seconds since 1970."""

    run: str
    pipeline: str
    started: float
    ended: float | None
    status: Status


class Result(Struct, frozen=True):
    """What one completed attempt left: its signature's parts, the files that it read, its outputs."""

    signature: str
    pipeline: str
    step: str
    run: str
    parts: tuple[Part, ...]
    files: tuple[FileSeen, ...]
    artifacts: tuple[ArtifactRef, ...]


class History:
    """Runs and results of one project, in the database at `url` (SQLAlchemy's form)."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = connect(url)

    def journal(self, run: str) -> journal.Journal:
        """Return the journal to append a run's events to."""
        return journal.Journal(self.engine, run)

    def runs(self, pipeline: str | None = None) -> list[RunSummary]:
        """Return the runs, newest first."""
        import sqlalchemy as sa

        runs = table("runs")
        query = sa.select(runs).order_by(runs.c.started.desc(), runs.c.run.desc())
        if pipeline is not None:
            query = query.where(runs.c.pipeline == pipeline)
        with told_as_store_error("the history cannot be read"), self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [RunSummary(r.run, r.pipeline, r.started, r.ended, Status(r.status)) for r in rows]

    def find(self, run: str) -> str:
        """Return the id of the one run that `run` names, whole or by its beginning.

        Raises:
            RunNotFound: none or several begin so.
        """
        known = [summary.run for summary in self.runs()]
        found = [name for name in known if name == run] or [name for name in known if name.startswith(run)]
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} runs begin with" if found else "there is no run"
        raise RunNotFound(f"{what} {run!r}; kept runs: {', '.join(known[:5]) or 'none'}")

    def view(self, run: str) -> RunView:
        """Return the folded journal of a run.

        Raises:
            RunNotFound: the history has no event of it.
        """
        view = fold(run, journal.read(self.engine, run))
        if view.seq < 0:
            raise RunNotFound(f"there is no run {run!r} in the history")
        return view

    def keep(self, result: Result) -> None:
        """Keep a result so that `results` finds it."""
        row = {
            "signature": result.signature,
            "pipeline": result.pipeline,
            "step": result.step,
            "run": result.run,
            "time": time.time(),
            "parts": msgspec.msgpack.encode(result.parts),
            "files": msgspec.msgpack.encode(result.files),
            "artifacts": msgspec.msgpack.encode(result.artifacts),
        }
        what = f"the result of step {result.step} cannot be kept"
        with told_as_store_error(what), self.engine.begin() as connection:
            connection.execute(table("results").insert(), row)

    def results(self, step: str, signature: str) -> list[Result]:
        """Return the results of steps of this name, of any pipeline, under a signature; newest first."""
        results = table("results")
        return self._select((results.c.step == step) & (results.c.signature == signature))

    def results_of(self, pipeline: str, step: str, limit: int = 20) -> list[Result]:
        """Return the last results of a step, newest first."""
        results = table("results")
        return self._select((results.c.pipeline == pipeline) & (results.c.step == step), limit)

    def _select(self, condition: object, limit: int = 20) -> list[Result]:
        import sqlalchemy as sa

        results = table("results")
        query = sa.select(results).where(condition).order_by(results.c.id.desc()).limit(limit)  # type: ignore[arg-type]
        with told_as_store_error("the history cannot be read"), self.engine.connect() as connection:
            return [_result(row) for row in connection.execute(query)]

    def settle_interrupted(self, is_alive: Callable[[RunView], bool] | None = None) -> list[str]:
        """End every run whose controller is gone as `interrupted`; return their ids.

        Finished steps and their results stay; the steps that were under way end as cancelled.
        """
        alive = is_alive or controller_is_alive
        settled: list[str] = []
        for summary in self.runs():
            if summary.status is not Status.RUNNING:
                continue
            view = self.view(summary.run)
            if not alive(view):
                self._interrupt(view)
                settled.append(summary.run)
        return settled

    def _interrupt(self, view: RunView) -> None:
        reason = f"its controller (process {view.pid} on {view.host}) is gone"
        log = self.journal(view.run)
        try:
            for step in view.steps.values():
                if not step.status.is_final:
                    self._interrupt_step(log, step, f"interrupted: {reason}")
            log.append(ev.RunEnded(Status.INTERRUPTED, reason))
        except StoreError:
            # Two sessions noticed at once and the other one wrote it: the fact is in the journal.
            if self.view(view.run).status is Status.RUNNING:
                raise
        finally:
            log.close()

    @staticmethod
    def _interrupt_step(log: journal.Journal, step: StepView, reason: str) -> None:
        if step.latest is not None and not step.latest.status.is_final:
            log.append(ev.AttemptEnded(step.name, step.latest.number, "cancelled", reason))
        log.append(ev.StepEnded(step.name, Status.CANCELLED, reason))


def controller_is_alive(view: RunView) -> bool:
    """Whether the process that drives the run still exists (assumed so for one on another host)."""
    import psutil

    if view.host != platform.node():
        return True
    try:
        process = psutil.Process(view.pid)
        # A process that ended stays listed until its parent looks; and numbers are used again.
        return (
            process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - view.process_started) < 2
        )
    except psutil.NoSuchProcess:
        return False


def _result(row: Row[tuple[object, ...]]) -> Result:
    return Result(
        row.signature,
        row.pipeline,
        row.step,
        row.run,
        msgspec.msgpack.decode(row.parts, type=tuple[Part, ...]),
        msgspec.msgpack.decode(row.files, type=tuple[FileSeen, ...]),
        msgspec.msgpack.decode(row.artifacts, type=tuple[ArtifactRef, ...]),
    )
