"""Runs, plans, lists and comparisons as text, for terminals and plain representations."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_pipes.display import looks as style
from jupyter_pipes.display.ansi import one_line, plain
from jupyter_pipes.model.quantities import date_text, duration_text
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.planning.plan import Plan
    from jupyter_pipes.runs.comparison import Difference
    from jupyter_pipes.runs.listing import ListedRun
    from jupyter_pipes.runs.run import Run


TRACEBACK_LINES = 40
"""Lines of a traceback's end that a summary shows."""


VALUE_WIDTH = 48
"""Characters of a value in a comparison."""


_WIDE = 10_000
"""Columns of a table that goes to no terminal: a front end and other programs wrap by themselves, or not."""


# A terminal's own palette suits its ground, which nobody can ask for: names, not style's colours.
_COLOURS = {
    Status.RUNNING: "blue",
    Status.COMPLETED: "green",
    Status.CACHED: "cyan",
    Status.FAILED: "bold red",
    Status.SKIPPED: "yellow",
    Status.CANCELLED: "magenta",
    Status.INTERRUPTED: "magenta",
}


def summary(run: Run) -> str:
    """Return how a run ended: a line for it, and of each failed step the line, message and traceback."""
    view = run.view
    parts = [*_warnings(view), run_line(view)]
    for step in view.steps.values():
        if step.status is Status.FAILED:
            parts += [failure_line(step), *_traceback(step)]
    failed = next((step.name for step in view.steps.values() if step.status is Status.FAILED), None)
    if failed is not None:
        parts.append(f"all that {failed} printed: jupyter pipes logs {view.run} {failed}")
    return "\n".join(parts)


def run_line(view: RunView) -> str:
    """Return a run in one line: id, pipeline, status, steps, time."""
    cached = sum(step.status is Status.CACHED for step in view.steps.values())
    steps = f"{view.finished_steps} of {len(view.steps)} steps" + (f" ({cached} cached)" if cached else "")
    seconds = (time.time() if view.ended is None else view.ended) - view.started
    reason = f" ({one_line(view.reason)})" if view.reason else ""
    name = one_line(view.pipeline)
    return f"run {view.run} of {name}: {view.status}{reason}, {steps}, {duration_text(seconds)}"


def failure_line(step: StepView) -> str:
    """Return a failed step in one line: name, line of its cell, message."""
    line = f", line {step.error.line}" if step.error and step.error.line else ""
    return one_line(f"step {step.name}{line}: {step.reason}")


def run_text(view: RunView, *, colour: bool) -> str:
    """Return a run with its parameters, steps and errors."""
    parts = [run_line(view)]
    if view.parameters:
        parts.append(
            one_line("params: " + ", ".join(f"{name}={value}" for name, value in view.parameters.items()))
        )
    if view.repeats:
        parts.append(one_line(f"repeats run {view.repeats}"))
    parts.append(_rendered(steps_table(view.steps.values(), time.time(), with_usage=True), colour=colour))
    for step in view.steps.values():
        if step.error is not None and step.status is Status.FAILED:
            parts += [failure_line(step), *_traceback(step)]
    return "\n".join(parts) + "\n"


def plan_text(plan: Plan, *, colour: bool) -> str:
    """Return a plan as a table."""
    table = _table("step", "decision", "why")
    for step in plan.steps:
        colours = {"run": "blue", "cached": "cyan", "depends": "yellow"}
        table.add_row(
            _text(step.name), _text(step.decision, colours[step.decision]), _text("; ".join(step.reasons))
        )
    return _rendered(table, colour=colour)


def runs_text(found: Sequence[ListedRun], *, colour: bool) -> str:
    """Return a list of runs as a table."""
    if not found:
        return "no runs are found\n"
    table = _table(
        "run", "pipeline", "version", "status", "progress", "started", "time", "params", "metrics", "tags"
    )
    for run in found:
        table.add_row(
            _text(run.run), _text(run.title or run.pipeline), _text(run.version),
            _text(run.status, _COLOURS.get(run.status, "")), f"{run.progress:.0%}",
            date_text(run.started), duration_text(run.seconds),
            _text(_pairs(run.params)), _text(_pairs(plain_metrics(run.metrics))), _text(", ".join(run.tags)),
        )  # fmt: skip
    return _rendered(table, colour=colour)


def plain_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics without those that say the same once more as `STEP/NAME`."""
    return {name: value for name, value in metrics.items() if "/" not in name}


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def explanation_text(explanation: Explanation, *, colour: bool) -> str:
    """Return why a step runs or not, with the lines that changed."""
    from rich.text import Text

    text = Text()
    for number, line in enumerate(repr(explanation).splitlines()):
        look = _DIFF_COLOURS.get(line.strip()[:1], "") if number else "bold"
        text.append(f"{plain(line)}\n", style=look)
    return _rendered(text, colour=colour).rstrip("\n") + "\n"


def comparison_text(runs: tuple[str, str], found: Sequence[Difference], *, colour: bool) -> str:
    """Return what differs between two runs: a table, and below it the diffs that take more than a line."""
    if not found:
        return f"runs {runs[0]} and {runs[1]}: nothing differs\n"
    # No other command needs to wait for it.
    from jupyter_pipes.runs.comparison import values_text

    table = _table("step", "what", "name", *runs, "how")
    for one in found:
        a, b = (_text(_cut(text)) for text in values_text(one))
        how = "" if "\n" in one.diff else one.diff
        table.add_row(_text(one.step or ""), _text(one.what), _text(one.name), a, b, _text(how))
    below = [_rendered(_diff_text(one), colour=colour) for one in found if "\n" in one.diff]
    return "\n".join([_rendered(table, colour=colour), *below])


def _diff_text(found: Difference) -> Text:
    from rich.text import Text

    heading = " · ".join(one_line(part) for part in (found.step or "run", found.what, found.name) if part)
    text = Text(heading, style="bold", overflow="fold")
    for line in found.diff.splitlines():
        look = f"not bold {_DIFF_COLOURS.get(line[:1], '')}".strip()
        text.append(f"\n    {plain(line)}", style=look)
    return text


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_WIDTH else f"{value[: VALUE_WIDTH - 1]}…"


_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def results_text(run: Run) -> str:
    """Return what a run was for: the artifacts of the steps from which no other step of it reads."""
    view = run.view
    read = {name for step in view.steps.values() for name in step.planned.upstream}
    parts: list[str] = []
    for step in view.steps.values():
        if step.name not in read:
            parts += [_result(artifact.name, artifact.preview) for artifact in step.artifacts]
    return "".join(f"{part}\n" for part in parts)


def steps_table(steps: Iterable[StepView], now: float, *, with_usage: bool = False) -> Table:
    """Return steps as a table: name, status, time, what they used if asked for, progress, reason."""
    table = _table("step", "status", "time", *(("cpu", "memory") if with_usage else ()), "progress", "reason")
    for step in steps:
        look = style.LOOKS[step.status]
        took = duration_text(step.seconds_until(now)) if step.attempts else ""
        table.add_row(
            _text(step.name),
            _text(f"{look.icon} {look.word}", _COLOURS.get(step.status, "")),
            _text(took),
            *(map(_text, style.usage_texts(step.usage)) if with_usage else ()),
            _text(style.progress_text(step)),
            _text(step.reason),
        )
    return table


def _warnings(view: RunView) -> list[str]:
    return [
        one_line(
            f"warning: {found.code} "
            + (f"step {found.step}, " if found.step else "")
            + f"line {found.line}: {found.message}"
        )
        for found in view.diagnostics
        if found.severity == "warning" and (found.step is None or found.step in view.steps)
    ]


def _traceback(step: StepView) -> Sequence[str]:
    if step.error is None or not step.error.traceback:
        return []
    lines = plain(step.error.traceback).splitlines()
    if len(lines) == 1:
        # It only says again what the message says.
        return []
    return [f"    {line}" for line in lines[-TRACEBACK_LINES:]]


def _result(name: str, preview: str) -> str:
    shown = plain(preview).rstrip("\n")
    return f"{name} =\n{shown}" if "\n" in shown else f"{name} = {shown}"


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold" if column in ("reason", "why", "how") else "ellipsis")
    return table


def _text(text: str, colour: str = "") -> Text:
    from rich.text import Text

    return Text(one_line(text), style=colour)


def _rendered(table: Any, *, colour: bool) -> str:
    from rich.console import Console

    text = io.StringIO()
    width = shutil.get_terminal_size((_WIDE, 24)).columns if colour else _WIDE
    console = Console(
        file=text,
        width=width,
        force_terminal=colour,
        # In a kernel it would display the table there instead of writing it.
        force_jupyter=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())
