"""A step that no longer fits, seen and explained in a real JupyterLab: cards, graph, details and tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab import Lab, LabPage, write_notebook
from playwright.sync_api import Locator, expect

from jupyter_pipes.kernel.widget.widget import pane_layout
from jupyter_pipes.model import events as ev

CELLS = (
    "%load_ext jupyter_pipes",
    "def clean_text(text):\n    return text.strip()",
    "%%step load\ntexts = [' a ', ' b ', 'c']",
    "%%step clean\nwords = [clean_text(text) for text in texts]",
    "%%step count\nnumber = len(words)",
    "%pipeline run",
    "%pipeline why clean",
    "%pipeline plan",
    "found = %pipeline runs\nfound",
    "get_ipython().run_line_magic('pipeline', f'compare {found[-1].run} {found[0].run}')",
)
HELPER, LOAD, CLEAN, COUNT, RUN, WHY, PLAN, RUNS, COMPARE = range(1, 10)
CHANGED = "+    return text.strip() or None"

STEPS = (
    ev.PlannedStep("load", writes=("texts",)),
    ev.PlannedStep("clean", upstream=("load",), reads={"texts": "load"}, writes=("words",)),
    ev.PlannedStep("count", upstream=("clean",), reads={"words": "clean"}),
)


class Shown:
    """The notebook on a page."""

    def __init__(self, page: LabPage) -> None:
        self.lab = page
        self.live = page.notebook.locator(".jupyter-pipes-live").last
        self.details = self.live.locator(".jupyter-pipes-details")

    def cell(self, number: int) -> Locator:
        return self.lab.notebook.locator(".jp-CodeCell").nth(number)

    def output(self, number: int) -> Locator:
        return self.cell(number).locator(".jp-OutputArea")

    def item(self, name: str) -> Locator:
        return self.lab.listed(name)

    def edit(self, number: int, source: str) -> None:
        """Replace a cell's text."""
        self.cell(number).locator(".cm-content").click()
        self.lab.page.keyboard.press("Control+a")
        self.lab.page.keyboard.insert_text(source)

    def run(self, number: int) -> None:
        """Run one cell."""
        self.cell(number).locator(".cm-content").click()
        self.lab.page.keyboard.press("Control+Enter")

    def click_node(self, step: str) -> None:
        x, y = pane_layout(STEPS).nodes[step].centre
        self.live.locator("canvas").first.click(position={"x": x, "y": y})


@pytest.fixture
def shown(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Shown]:
    page = lab.open(write_notebook(lab.folder / f"{request.node.name}.ipynb", *CELLS), height=1600)
    page.run_all_and_wait()
    shown = Shown(page)
    expect(shown.item("count, completed")).to_be_attached()
    yield shown
    page.close()


def test_a_changed_helper_marks_its_steps_and_a_run_takes_the_marks_away(shown: Shown) -> None:
    """Only the helper's cell is run; then only the steps that must run do, and downstream is cut off."""
    expect(shown.live).not_to_contain_text("stale")
    shown.edit(HELPER, "def clean_text(text):\n    return text.strip() or None")
    shown.run(HELPER)
    expect(shown.output(CLEAN)).to_contain_text("stale")
    expect(shown.output(CLEAN)).to_contain_text("helper clean_text changed")
    expect(shown.output(COUNT)).to_contain_text("runs if clean gives other outputs")
    expect(shown.output(LOAD)).not_to_contain_text("stale")
    expect(shown.item("clean, completed, stale")).to_be_attached()
    expect(shown.item("load, completed")).to_be_attached()
    expect(shown.live.locator(".jupyter-pipes-head")).to_contain_text("2 stale")

    shown.click_node("clean")
    expect(shown.details).to_contain_text("helper clean_text changed")
    expect(shown.details.locator("pre.diff .added").last).to_have_text(CHANGED)
    shown.run(WHY)
    expect(shown.output(WHY).locator("pre.diff .added")).to_have_text(CHANGED)
    shown.run(PLAN)
    expect(shown.output(PLAN).get_by_role("row").nth(2)).to_contain_text("run")
    shown.output(PLAN).locator("summary").click()
    expect(shown.output(PLAN).locator("pre.diff .added")).to_be_visible()

    shown.run(RUN)
    expect(shown.item("clean, completed")).to_be_attached()
    expect(shown.item("count, cached")).to_be_attached()
    expect(shown.item("load, cached")).to_be_attached()
    expect(shown.live).not_to_contain_text("stale")
    expect(shown.output(CLEAN)).not_to_contain_text("stale")
    expect(shown.output(CLEAN)).to_contain_text("helper clean_text changed")
    expect(shown.output(COUNT)).to_contain_text("nothing changed since run")

    shown.run(RUNS)
    expect(shown.output(RUNS).locator("tbody tr")).to_have_count(2)
    shown.run(COMPARE)
    expect(shown.output(COMPARE).locator("pre.diff .added")).to_have_text(CHANGED)
