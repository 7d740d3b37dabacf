"""Sweeps from a form: what does not fit said at its field, the sweep begun, and its table."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from msgspec import Struct, field

from jupyter_pipes.display.board.making import parameter_text
from jupyter_pipes.kernel import sweeping
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.topics.parameters import misfit
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import RunNotFound, UsageError
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.parameter_types import to_json
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.runs.listing import list_runs
from jupyter_pipes.runs.sweeping.lines import SweepLine, SweepLines
from jupyter_pipes.runs.sweeping.search import Goal
from jupyter_pipes.runs.sweeping.sweep import Sweep
from jupyter_pipes.runs.sweeping.values import parsed_values

MOST_RUNS = 100_000
"""So many runs may a sweep be said to have."""


class SweepAsked(Request, frozen=True):
    """A sweep as a form says it.

    Attributes:
        over: parameter -> its values, as they stand behind `--sweep NAME=`.
        metric: `NAME:max` or `NAME:min`; "" where no run is to be the best.
        at_most: the text of how many runs; "" for all combinations.
    """

    over: dict[str, str]
    metric: str = ""
    at_most: str = ""


class CheckSweep(SweepAsked, frozen=True, tag="check sweep"):
    """Say what of a sweep does not fit, and how many runs it would have."""


class StartSweep(SweepAsked, frozen=True, tag="start sweep", kw_only=True):
    """Begin a sweep of the notebook as it is shown; `params` are the texts that all runs have."""

    params: dict[str, str] = field(default_factory=dict[str, str])


class ShowSweep(Request, frozen=True, tag="sweep"):
    """Give the table of a sweep: of this kernel's as it stands, of any other as its runs are kept."""

    sweep: str


class SweepChecked(Struct, frozen=True):
    """What became of the texts.

    Attributes:
        misfits: parameter -> why its values do not fit, in words.
        metric, at_most: why they do not; "" where they do.
        runs: how many runs there would be; 0 where something does not fit.
    """

    misfits: dict[str, str]
    metric: str
    at_most: str
    runs: int


class SweepStarted(Struct, frozen=True):
    """A sweep goes on; how, is told on the other comm."""

    sweep: str


class SweepRow(Struct, frozen=True):
    """A run of a sweep.

    Attributes:
        parameters: what was tried, as people write it.
        progress: the share of its steps that ended, 0 to 1.
        seconds: how long it took, or takes so far.
    """

    run: str
    parameters: dict[str, str]
    status: Status
    reason: str
    progress: float
    seconds: float
    metrics: dict[str, JsonValue]
    is_best: bool


class SweepShown(Struct, frozen=True):
    """A sweep as a table.

    Attributes:
        names: the parameters that are tried.
        metrics: those that have a column.
        goal: `NAME:max` or `NAME:min`; "" where no run is to be the best.
        most: how many runs there will be; None where a search decides.
        goes_on: whether a run goes on, or others are still to be started.
        reason: why it ended before all were tried, "" where it did not, or a run says why.
        unknown: the metric of the goal, where no run that completed has it.
    """

    sweep: str
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[SweepRow, ...]
    goal: str
    most: int | None
    goes_on: bool
    reason: str
    unknown: str


def check_sweep(session: Session, request: CheckSweep) -> SweepChecked:
    """Return what is wrong with the texts, each at its field."""
    declared = {each.name: each for each in session.upcoming().parameters}
    values: dict[str, list[str]] = {}
    misfits: dict[str, str] = {}
    for name, text in request.over.items():
        try:
            values[name] = parsed_values(text)
            _check_values(declared.get(name), name, values[name])
        except UsageError as error:
            misfits[name] = str(error)
    metric, at_most = _metric_problem(request.metric), _count_problem(request.at_most)
    combinations = prod(map(len, values.values()))
    if combinations > MOST_RUNS and not request.at_most:
        at_most = f"{combinations:,} combinations: say how many runs at most"
    fits = not (misfits or metric or at_most)
    limit = int(request.at_most) if fits and request.at_most else combinations
    return SweepChecked(misfits, metric, at_most, min(limit, combinations) if fits else 0)


def _check_values(parameter: Parameter | None, name: str, texts: list[str]) -> None:
    problem = next(filter(None, (misfit(parameter, name, text) for text in texts)), "")
    if problem:
        raise UsageError(problem)


def _metric_problem(text: str) -> str:
    try:
        Goal.parsed(text)
    except UsageError as error:
        return str(error)
    return ""


def _count_problem(text: str) -> str:
    is_count = text.isascii() and text.isdecimal() and int(text) > 0
    return "" if is_count or not text else f"{text!r} is no number of runs; use a whole number from 1"


def start_sweep(session: Session, request: StartSweep) -> SweepStarted:
    """Begin the sweep, and follow its runs.

    Raises:
        UsageError, ParameterError: something does not fit, or a run goes on.
        InvalidPipeline: the pipeline has problems.
    """
    session.refuse_second_run()
    session.adopt_shown()
    sweep = Sweep(
        session.pipeline(),
        {name: parsed_values(text) for name, text in request.over.items()},
        metric=request.metric,
        at_most=int(request.at_most) if request.at_most else None,
        params=request.params,
    )
    sweeping.begin(sweep, session)
    return SweepStarted(sweep.id)


def show_sweep(session: Session, request: ShowSweep) -> SweepShown:
    """Return the table of a sweep.

    Raises:
        RunNotFound: no run of it is kept.
    """
    sweep = session.sweep
    if sweep is not None and sweep.id == request.sweep:
        return _shown(SweepLines.of(sweep), goes_on=not sweep.has_ended, reason=sweep.reason)
    lines = SweepLines.kept(request.sweep, _kept(session, request.sweep))
    goes_on = any(line.status is Status.RUNNING for line in lines.lines)
    return _shown(lines, goes_on=goes_on, reason="")


def _kept(session: Session, sweep: str) -> list[RunView]:
    workspace = session.upcoming().workspace
    history = workspace.history if workspace.has_history else None
    # Runs that do not say which sweep they are of have it as a tag alone.
    query = f'sweep:"{sweep}" OR tags:"{sweep}"'
    runs = list_runs(history, query) if history else ()
    if history is None or not runs:
        raise RunNotFound(f"no run of {sweep} is kept")
    history.settle_interrupted()
    views = [history.view(run.run) for run in runs]
    return sorted(views, key=lambda view: (view.sweep.number if view.sweep else 0, view.started))


def _shown(lines: SweepLines, *, goes_on: bool, reason: str) -> SweepShown:
    return SweepShown(
        lines.sweep,
        lines.names,
        lines.metrics,
        tuple(map(_row, lines.lines)),
        lines.goal,
        lines.most,
        goes_on,
        reason,
        lines.unknown,
    )


def _row(line: SweepLine) -> SweepRow:
    return SweepRow(
        line.run,
        {name: parameter_text(to_json(value)) for name, value in line.params.items()},
        line.status,
        line.reason,
        line.progress,
        line.seconds,
        _as_json(line.metrics),
        line.is_best,
    )


def _as_json(metrics: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {name: to_json(value) for name, value in metrics.items()}
