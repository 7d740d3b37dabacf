"""The ratios of the comparison as a picture, on light and on dark paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.rows import OURS, Goal, Row

PARTS = ("paper", "ink", "lines", "met", "missed", "beside")
PAPERS = {
    "light": ("#ffffff", "#1f2328", "#d1d9e0", "#0969da", "#bc4c00", "#818b98"),
    "dark": ("#0d1117", "#f0f6fc", "#3d444d", "#58a6ff", "#f0883e", "#7d8590"),
}
"""Kind of paper -> the colour of each part."""


def draw(rows: Sequence[Row], folder: Path) -> None:
    """Write `performance-light.png` and `performance-dark.png`."""
    for name, colours in PAPERS.items():
        _draw(rows, dict(zip(PARTS, colours, strict=True)), folder / f"performance-{name}.png")


def _draw(rows: Sequence[Row], colours: dict[str, str], path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    ratios = [(row, tool) for row in rows for tool in row.taken if tool != OURS]
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1)
    figure = Figure(figsize=(11, 0.42 * len(ratios) + 1.2), facecolor=colours["paper"], layout=layout)
    axes = figure.subplots()
    for place, (row, tool) in enumerate(ratios):
        goal = next((goal for goal in row.goals if goal.of == tool), None)
        _draw_ratio(axes, place, row.ratio(tool), goal, colours)
    labels = [f"{row.work}  ·  {tool}" for row, tool in ratios]
    axes.set_yticks(range(len(ratios)), labels, fontsize=9, color=colours["ink"])
    axes.set_ylim(len(ratios) - 0.4, -0.6)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("times what the other takes (a line: the goal)", color=colours["ink"])
    axes.axvline(1, color=colours["ink"], linewidth=0.8)
    axes.grid(axis="x", color=colours["lines"], linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(colors=colours["ink"], length=0)
    axes.set_facecolor(colours["paper"])
    axes.spines[:].set_visible(False)
    figure.savefig(path, dpi=110)


def _draw_ratio(axes: Any, place: int, ratio: float, goal: Goal | None, colours: dict[str, str]) -> None:
    is_missed = goal is not None and ratio > goal.most
    colour = colours["missed"] if is_missed else colours["met"] if goal else colours["beside"]
    axes.plot([1, ratio], [place, place], color=colour, linewidth=4, solid_capstyle="butt")
    axes.plot(ratio, place, "o", color=colour, markersize=8)
    if goal is not None:
        axes.plot([goal.most] * 2, [place - 0.4, place + 0.4], color=colours["ink"], linewidth=2)
    # In a column of their own: beside their points they would lie on the goals.
    axes.text(
        *(1.06, place, f"{ratio:.2g}"), transform=axes.get_yaxis_transform(), va="center", ha="right",
        fontsize=9, color=colours["ink"],
    )  # fmt: skip
