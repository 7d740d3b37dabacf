"""The table of the comparison, and where it was measured, put into the document between its two marks."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.comparison.rows import OURS, Goal, Row

BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"
PICTURE = """<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/performance-dark.png">
  <img alt="For each work, how many times what another tool takes it takes, with the goal as a line" \
src="images/performance-light.png">
</picture>"""
PACKAGES = ("jupyter_pipes", "luigi", "doit", "joblib", "redun", "ipython", "pandas")


def put_into(document: Path, rows: Sequence[Row]) -> None:
    """Put what was measured in place of what stood there."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, behind = rest.partition(END)
    measured = "\n\n".join((machine(), table(rows), PICTURE))
    document.write_text(f"{before}{BEGIN}\n{measured}\n{END}{behind}")


def machine() -> str:
    """Return in words what it was measured on, and with which versions."""
    cores = len(os.sched_getaffinity(0))
    system = f"{_processor()}, {cores} cores, of which 2 were used; {platform.system()} {platform.release()}"
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return f"Measured on {date.today():%Y-%m-%d}: {system}; Python {platform.python_version()}; {versions}."


def table(rows: Sequence[Row]) -> str:
    """Return the table: a line for each work beside each other tool, and for each goal of its own."""
    columns = ("work", "jupyter_pipes", "beside", "takes", "ratio", "goal", "met")
    head = [f"| {' | '.join(columns)} |", f"{'| --- ' * len(columns)}|"]
    return "\n".join([*head, *(line for row in rows for line in _lines(row))])


def _lines(row: Row) -> Iterator[str]:
    own = f"| {row.work} | {_quantity(row.taken[OURS], row.unit)} |"
    goals = {goal.of: goal for goal in row.goals}
    if "" in goals or len(row.taken) == 1:
        yield f"{own} | | | {_told(row, goals.get(''))}"
        own = "| | |"
    for tool in dict.fromkeys((*row.taken, *filter(None, goals))):
        if tool == OURS:
            continue
        if tool in row.taken:
            beside = f"{_quantity(row.taken[tool], row.unit)} | {row.ratio(tool):.2f}"
            yield f"{own} {tool} | {beside} | {_told(row, goals.get(tool))}"
        else:
            yield f"{own} {tool} | not installed | | {_told(row, goals.get(tool))}"
        own = "| | |"


def _told(row: Row, goal: Goal | None) -> str:
    """Return the goal, and whether it is met; nothing where there is none."""
    if goal is None:
        return "| |"
    reached = row.reached(goal)
    most = f"≤ {goal.most:g}" if goal.of else f"≤ {goal.most:,.0f} {row.unit}"
    return f"{most} | {'' if reached is None else 'yes' if reached <= goal.most else '**no**'} |"


def _quantity(values: Sequence[float], unit: str) -> str:
    least, middle, most = (_number(value) for value in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({least} … {most})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
