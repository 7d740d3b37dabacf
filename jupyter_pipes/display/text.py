"""Runs, plans, lists and comparisons as text: for terminals, for other programs, for who reads no HTML."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.display.ansi import one_line, plain, uncoloured
from jupyter_pipes.display.looks import (
    LOOKS,
    NOTHING,
    RESUMING,
    metric_text,
    metrics_text,
    progress_text,
    spoken,
    took_text,
    usage_texts,
)
from jupyter_pipes.model.errors import InvalidPipeline, PipesError, place_text, visible
from jupyter_pipes.model.quantities import date_text, duration_text
from jupyter_pipes.model.steps import Diagnostic, Status
from jupyter_pipes.model.views import RunView, StepView

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from jupyter_pipes.model.results import StepError
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.planning.plan import Plan
    from jupyter_pipes.runs.comparing.comparison import Difference
    from jupyter_pipes.runs.listing import ListedRun
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.lines import SweepLines

TRACEBACK_LINES = 40
"""Lines of a traceback's end that a summary shows."""

VALUE_WIDTH = 48
"""Characters of a value in a comparison."""

_WIDE = 10_000
"""Columns where no terminal says how many it has: whoever reads it wraps the lines, or does not."""

# A terminal's own palette suits its ground, which nobody can ask for: names, not the looks' colours.
_COLOURS = {
    Status.RUNNING: "blue",
    Status.COMPLETED: "green",
    Status.CACHED: "cyan",
    Status.FAILED: "bold red",
    Status.SKIPPED: "yellow",
    Status.CANCELLED: "magenta",
    Status.INTERRUPTED: "magenta",
}
_DECISION_COLOURS = {"run": "blue", "cached": "cyan", "depends": "yellow"}
_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_FOLDED = ("reason", "why", "how")


# --- how a run stands --------------------------------------------------------------------------------------


def headline(view: RunView) -> str:
    """Return what a run's picture shows, in a line: pipeline, status, steps."""
    if not view.started:
        return f"Pipeline {view.pipeline}: not started yet, {len(view.steps)} steps"
    remedy = f": {RESUMING}" if view.status is Status.INTERRUPTED else ""
    waits = view.waits_for
    held_up = f" ({one_line(waits)})" if waits else ""
    return f"Pipeline {view.pipeline}: {LOOKS[view.status].word}{held_up}, {view.tally}{remedy}"


def run_line(view: RunView) -> str:
    """Return a run in a line: id, pipeline, status, steps, time."""
    status = f"{view.status} ({view.reason})" if view.reason else view.status
    cached = sum(step.status is Status.CACHED for step in view.steps.values())
    steps = f"{view.tally} ({cached} cached)" if cached and "cached" not in view.tally else view.tally
    took = duration_text(view.seconds_until(time.time()))
    return one_line(f"run {view.run} of {view.pipeline}: {status}, {steps}, {took}")


def steps_text(view: RunView, stale: Mapping[str, str] = NOTHING) -> str:
    """Return what a run's picture shows: its headline, and a line for each step that changes with it alone.

    Args:
        view: the run.
        stale: stale step -> why.
    """
    return "\n".join([headline(view), *_step_lines(view, stale)])


def _step_lines(view: RunView, stale: Mapping[str, str], now: float | None = None) -> Iterator[str]:
    steps = list(_listed(view))
    width = max((len(spoken(step, stale)) for step in steps), default=0)
    for step in steps:
        reason = one_line(stale.get(step.name) or step.reason)
        used = zip(("cpu", "memory"), usage_texts(step.usage), strict=True) if now is not None else ()
        usage = (f"{what} {amount}" for what, amount in used if amount)
        metrics = one_line(metrics_text(step)) if now is not None else ""
        facts = filter(None, (progress_text(step), took_text(step, now), *usage, metrics, reason))
        yield "  ".join(("", f"{spoken(step, stale):<{width}}", *facts)).rstrip()


def _listed(view: RunView) -> Iterator[StepView]:
    """Yield the steps, each that is another pipeline in front of those of that."""
    for step in view.steps.values():
        yield step
        if step.planned.options.pipeline:
            yield from tuple(step.children.values())


def approval_asked(view: RunView, step: str) -> str:
    """Return what a step asks that waits at its gate, with the line to type, as one line."""
    return one_line(f"{view.steps[step].reason} · {approval_line(view, step)} [--refuse WHY]")


def approval_line(view: RunView, step: str) -> str:
    """Return the command line that lets a step begin which waits at its gate, typed in this folder."""
    place = [] if view.directory == os.path.realpath(".") else ["--directory", view.directory]
    return f"jupyter pipes {shlex.join(['approve', view.run, step, *place])}"


def goes_on(run: str, program: str) -> str:
    """Return what is to be said of a run that is left, and goes on without who watched it.

    Args:
        run: its id.
        program: what stands before the verbs: `%pipeline`, or `jupyter pipes`.
    """
    cancel = f"cancel --run {run}" if program.startswith("%") else f"cancel {run}"
    return f"run {run} goes on: {program} attach {run} follows it, {program} {cancel} ends it"


def run_text(view: RunView, *, colour: bool) -> str:
    """Return a run with its parameters, steps and errors."""
    parts = [run_line(view)]
    if view.parameters:
        parts.append(one_line(f"params: {_pairs(view.parameters)}"))
    if view.repeats:
        parts.append(one_line(f"repeats run {view.repeats}"))
    if view.part_of:
        parts.append(one_line(f"part of run {view.part_of}"))
    if colour:
        parts.append(_rendered(steps_table(_listed(view), time.time(), with_usage=True), colour=True))
    else:
        parts += _step_lines(view, NOTHING, time.time())
    return "\n".join([*parts, *_failures(view)]) + "\n"


def steps_table(steps: Iterable[StepView], now: float, *, with_usage: bool = False) -> Table:
    """Return steps as a table for a terminal: name, status, time, what they used and told if asked."""
    left = ("cpu", "memory", "metrics") if with_usage else ()
    table = _table("step", "status", "time", *left, "progress", "reason")
    for step in steps:
        table.add_row(
            _text(step.name),
            _text(f"{LOOKS[step.status].icon} {LOOKS[step.status].word}", _COLOURS.get(step.status, "")),
            took_text(step, now),
            *((*usage_texts(step.usage), _text(metrics_text(step))) if with_usage else ()),
            progress_text(step),
            _text(step.reason),
        )
    return table


def summary(run: Run) -> str:
    """Return how a run ended: a line for it, and of each failed step the line, message and traceback."""
    view = run.view
    failed = next((step.name for step in view.steps.values() if step.status is Status.FAILED), None)
    hint = [f"all that {failed} printed: jupyter pipes logs {view.run} {failed}"] if failed else []
    told = warnings(view.diagnostics, view.steps)
    return "\n".join([*told, *_failed_callbacks(view), run_line(view), *_failures(view), *hint])


def _failed_callbacks(view: RunView) -> Iterator[str]:
    of_steps = (each for step in view.steps.values() for each in step.called if each.has_failed)
    for each in (*view.called, *of_steps):
        yield one_line(f"warning: {f'{each.step}: ' if each.step else ''}{each.text}")
        yield from _traceback_lines(each.error)


def _failures(view: RunView) -> Iterator[str]:
    for step in view.steps.values():
        if step.status is Status.FAILED:
            yield one_line(f"{place_text(step.name, step.error)}: {step.reason}")
            yield from _traceback_lines(step.error)


def _traceback_lines(error: StepError | None) -> Iterator[str]:
    lines = visible(plain(error.traceback)).splitlines() if error else []
    # One alone only says again what the message says.
    return (f"    {line}" for line in lines[-TRACEBACK_LINES:] if len(lines) > 1)


def warnings(problems: Iterable[Diagnostic], steps: Container[str]) -> Iterator[str]:
    """Yield a line for each warning that is about one of these steps, or about none."""
    for problem in problems:
        if problem.severity == "warning" and (problem.step is None or problem.step in steps):
            place = place_text(problem.step, problem)
            yield one_line(f"warning: {problem.code} {place}: {problem.message}")


def error_line(error: BaseException) -> str:
    """Return what kept a command from being carried out: kind, place, message."""
    kind = type(error).__name__
    # Each problem of a pipeline says its own place.
    if not isinstance(error, PipesError) or isinstance(error, InvalidPipeline) or not error.step:
        return f"{kind}: {error}"
    return f"{kind}: {place_text(error.step, error)}: {error}"


def results_text(run: Run) -> str:
    """Return what a run was for: the artifacts of the steps from which no other step of it reads."""
    steps = run.view.steps.values()
    read = {name for step in steps for name in step.planned.upstream}
    artifacts = (artifact for step in steps if step.name not in read for artifact in step.artifacts)
    values = (each for each in values_among(artifacts) if not each.is_figure)
    return "".join(f"{value_text(each.name, uncoloured(each.preview))}\n" for each in values)


def value_text(name: str, text: str) -> str:
    """Return a value's text behind its name, below it if it has several lines."""
    return f"{name} =\n{text}" if "\n" in text else f"{name} = {text}"


# --- tables ------------------------------------------------------------------------------------------------


def plan_text(plan: Plan, *, colour: bool) -> str:
    """Return a plan, a line for each step."""
    if not colour:
        return uncoloured(f"{plan!r}\n")
    table = _table("step", "decision", "why")
    for step in plan.steps:
        decision = _text(step.decision, _DECISION_COLOURS[step.decision])
        table.add_row(_text(step.name), decision, _text("; ".join(step.reasons)))
    return _rendered(table, colour=True)


def explanation_text(explanation: Explanation, *, colour: bool) -> str:
    """Return why a step runs or not, with the lines that changed."""
    from rich.text import Text

    text = Text()
    for number, line in enumerate(repr(explanation).splitlines()):
        look = _DIFF_COLOURS.get(line.strip()[:1], "") if number else "bold"
        text.append(f"{uncoloured(line)}\n", style=look)
    return _rendered(text, colour=colour).rstrip("\n") + "\n"


def runs_text(runs: Sequence[ListedRun], *, colour: bool) -> str:
    """Return a list of runs as a table."""
    if not runs:
        return "no runs are found\n"
    table = _table(
        "run", "pipeline", "version", "status", "progress", "started", "time", "params", "metrics", "tags"
    )
    for run in runs:
        table.add_row(
            run.run,
            _text(run.heading),
            _text(run.version),
            _text(run.status, _COLOURS.get(run.status, "")),
            f"{run.progress:.0%}",
            date_text(run.started),
            duration_text(run.seconds),
            _text(_pairs(run.params)),
            _text(_pairs(plain_metrics(run.metrics) | run.monitored)),
            _text(", ".join(run.tags)),
        )
    return _rendered(table, colour=colour)


def sweep_text(sweep: SweepLines, *, colour: bool) -> str:
    """Return a sweep as a table, the best run marked."""
    table = _table("", "run", *sweep.names, "status", "time", *sweep.metrics)
    for line in sweep.lines:
        table.add_row(
            "★" if line.is_best else "",
            line.run,
            *(_text(str(line.params.get(name, ""))) for name in sweep.names),
            _text(line.status, _COLOURS.get(line.status, "")),
            # A time that goes on would be a new table all the while.
            duration_text(line.seconds) if line.status.is_final else "",
            *(_text(metric_text(line.metrics.get(name))) for name in sweep.metrics),
        )
    return _rendered(table, colour=colour)


def sweep_run_line(sweep: SweepLines) -> str:
    """Return how the newest run of a sweep came out, in a line."""
    line = sweep.lines[-1]
    of = f" of {sweep.most}" if sweep.most else ""
    found = _pairs({name: metric_text(value) for name, value in line.metrics.items()})
    best = " (the best so far)" if line.is_best else ""
    tried = f"run {len(sweep.lines)}{of} with {_pairs(line.params)}: {line.status}"
    return f"{tried}{f', {found}' if found else ''}{best}"


def sweep_summary(sweep: SweepLines) -> str:
    """Return a sweep's end: how many runs ended how, where they are found again, what metric none has."""
    counts = Counter(line.status for line in sweep.lines)
    ended = " · ".join(f"{count} {status}" for status, count in counts.items()) or "no runs"
    left = f" of {sweep.most}" if sweep.most and sweep.most > len(sweep.lines) else ""
    there_are = f"; there are {', '.join(sweep.metrics)}" if sweep.metrics else ""
    unknown = f"\nno completed run reported a number as {sweep.unknown}{there_are}" if sweep.unknown else ""
    runs = f"{len(sweep.lines)}{left} run{'s' * (len(sweep.lines) != 1 or bool(left))}"
    return f"{runs}: {ended}; to see them again: runs tags:{sweep.sweep}{unknown}"


def plain_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics without those that say the same once more as `STEP/NAME`."""
    return {name: value for name, value in metrics.items() if "/" not in name}


def comparison_text(runs: tuple[str, str], differences: Sequence[Difference], *, colour: bool) -> str:
    """Return what differs between two runs: a table, and below it the diffs that take more than a line."""
    if not differences:
        return f"runs {runs[0]} and {runs[1]}: nothing differs\n"
    # No other command needs to wait for it.
    from jupyter_pipes.runs.comparing.comparison import values_text

    table = _table("step", "what", "name", *runs, "how")
    for each in differences:
        a, b = (_text(cut(text, VALUE_WIDTH)) for text in values_text(each))
        how = "" if "\n" in each.diff else each.diff
        table.add_row(_text(each.step or ""), _text(each.what), _text(each.name), a, b, _text(how))
    below = [_rendered(_diff_text(each), colour=colour) for each in differences if "\n" in each.diff]
    return "\n".join([_rendered(table, colour=colour), *below])


def _diff_text(difference: Difference) -> Text:
    from rich.text import Text

    about = (difference.step or "run", difference.what, difference.name)
    text = Text(" · ".join(one_line(part) for part in about if part), style="bold", overflow="fold")
    for line in difference.diff.splitlines():
        look = f"not bold {_DIFF_COLOURS.get(line[:1], '')}".strip()
        text.append(f"\n    {uncoloured(line)}", style=look)
    return text


def cut(text: str, width: int) -> str:
    """Return a text, its end left out if it has more characters than that."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]], *, colour: bool) -> str:
    """Return rows of texts, each in one line, below the names of their columns."""
    table = _table(*columns)
    for row in rows:
        table.add_row(*map(_text, row))
    return _rendered(table, colour=colour)


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold" if column in _FOLDED else "ellipsis")
    return table


def _text(text: str, colour: str = "") -> Text:
    from rich.text import Text

    return Text(one_line(text), style=colour)


def _rendered(table: Any, *, colour: bool) -> str:
    from rich.console import Console

    text = io.StringIO()
    console = Console(
        file=text,
        width=shutil.get_terminal_size((_WIDE, 24)).columns if colour else _WIDE,
        force_terminal=colour,
        # In a kernel it would display the table there instead of writing it.
        force_jupyter=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())
