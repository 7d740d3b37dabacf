"""Makes a board of a run's view, of what is kept of steps that it has not, and of what is said of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from jupyter_pipes.display.ansi import plain
from jupyter_pipes.display.board.model import (
    Board,
    BoardError,
    BoardGate,
    BoardRun,
    BoardStep,
    BoardSweep,
    Heading,
    Problem,
)
from jupyter_pipes.display.looks import NOTHING, progress_text, running_share, stale_word, tries, why_text
from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Diagnostic, Status
from jupyter_pipes.model.views import Gate, RunView, StepView


def board_of(
    view: RunView,
    *,
    stale: Mapping[str, str] = NOTHING,
    problems: Iterable[Diagnostic] = (),
    cells: Mapping[int, str] | None = None,
    sweeping: str = "",
    nested: Iterable[StepView] = (),
) -> Board:
    """Return a run, or a pipeline before its first (`started` 0), as a board.

    Args:
        view: the steps with their statuses; those of the pipeline that the run has not stand as kept.
        stale: step -> why its result no longer fits.
        problems: what is wrong with the pipeline as it is now.
        cells: number of a cell as people count -> its id.
        sweeping: the id of the sweep that goes on, "" if none does.
        nested: the steps of pipelines that are unfolded in the graph.
    """
    ids = {name: step.planned.cell_id for name, step in view.steps.items()}
    run, part = _run(view) if view.started else None, view.sweep
    sweep = part and BoardSweep(part.sweep, part.number, part.most, part.sweep == sweeping)
    return Board(
        Heading(view.pipeline, view.version, run, sweep),
        tuple(
            _step(step, stale.get(step.name, ""), view.gates.get(step.name)) for step in view.steps.values()
        ),
        tuple(_problem(problem, ids, cells or {}) for problem in problems),
        tuple(_step(step, "", None) for step in nested),
    )


def _run(view: RunView) -> BoardRun:
    parameters = {name: parameter_text(value) for name, value in view.parameters.items()}
    return BoardRun(
        view.run,
        view.status,
        " · ".join(filter(None, (view.reason, *(each.text for each in tuple(view.called))))),
        view.started,
        view.ended,
        parameters,
        view.tally,
        "" if view.status.is_final else view.waits_for,
    )


def parameter_text(value: Any) -> str:
    """Return a parameter's value, as JSON carries it, as people write it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _step(step: StepView, stale: str, gate: Gate | None) -> BoardStep:
    planned, latest, tried = step.planned, step.latest, tries(step.attempts)
    return BoardStep(
        name=step.name,
        cell=planned.cell_id,
        status=step.status,
        reason=why_text(step),
        stale=stale,
        stale_word=stale_word([stale]) if stale else "",
        started=latest.started if latest and latest.status is Status.RUNNING else None,
        seconds=step.seconds,
        share=running_share(step),
        progress=progress_text(step),
        attempts=len(tried),
        earlier=tuple(attempt.reason or attempt.status for attempt in tried[:-1]),
        queue=planned.options.queue,
        host=latest.host if latest else "",
        source_run=step.source_run,
        stage=planned.options.stage,
        upstream=planned.upstream,
        reads=planned.origins,
        writes=planned.writes,
        metrics=step.last_metrics,
        notes=_notes(step),
        error=_error(step.error),
        gate=gate and BoardGate(gate.text, gate.since),
        elements=len(step.children) or step.kept_children,
        pipeline=planned.options.pipeline,
    )


def _notes(step: StepView) -> tuple[str, ...]:
    """Return what is to be known of a step, first what callbacks failed with: there is room for little."""
    failed = [each.text for each in tuple(step.called) if each.has_failed]
    return (*failed, *(note for note in step.notes if note not in failed))


def _error(error: StepError | None) -> BoardError | None:
    return error and BoardError(error.type, plain(error.message), error.line)


def _problem(problem: Diagnostic, ids: Mapping[str, str | None], cells: Mapping[int, str]) -> Problem:
    cell = cells.get(problem.cell) or ids.get(problem.step or "")
    return Problem(problem.code, problem.message, problem.severity, problem.step, cell, problem.line)
