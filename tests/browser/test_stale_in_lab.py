"""A step that no longer fits, seen and explained in a real JupyterLab: cards, graph, details and tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab import Lab, LabPage, write_notebook
from playwright.sync_api import Locator, expect

from jupyter_pipes import events as ev
from jupyter_pipes.layout import arrange
from jupyter_pipes.widget import PANE_WIDTH

CELLS = (
    "%load_ext jupyter_pipes",
    "def clean_text(text):\n    return text.strip()",
    "%%step load\ntexts = [' a ', ' b ', 'c']",
    "%%step clean\nwords = [clean_text(text) for text in texts]",
    "%%step count\nnumber = len(words)",
    "%pipeline run",
    "%pipeline why clean",
    "%pipeline plan",
    "%pipeline runs",
    "%pipeline compare last last",
)
HELPER, LOAD, CLEAN, COUNT, RUN = 1, 2, 3, 4, 5
SOON = 2_000
"""Milliseconds within which a mark must be there."""

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
        return self.live.get_by_role("option", name=name, exact=True)

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
        x, y = arrange(STEPS, fit_width=PANE_WIDTH).nodes[step].centre
        self.live.locator("canvas").first.click(position={"x": x, "y": y})


@pytest.fixture
def shown(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Shown]:
    page = lab.open(write_notebook(lab.folder / f"{request.node.name}.ipynb", *CELLS[:6]), height=1600)
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
    expect(shown.output(CLEAN)).to_contain_text("stale", timeout=SOON)
    expect(shown.output(CLEAN)).to_contain_text("helper clean_text changed")
    expect(shown.output(COUNT)).to_contain_text("runs if clean gives other outputs")
    expect(shown.output(LOAD)).not_to_contain_text("stale")
    expect(shown.item("clean, completed, stale")).to_be_attached(timeout=SOON)
    expect(shown.item("load, completed")).to_be_attached()
    expect(shown.live.locator(".jupyter-pipes-head")).to_contain_text("2 stale")

    shown.click_node("clean")
    expect(shown.details).to_contain_text("helper clean_text changed")
    expect(shown.details.locator("pre.diff .added").last).to_have_text("+    return text.strip() or None")

    shown.run(RUN)
    expect(shown.item("clean, completed")).to_be_attached()
    expect(shown.item("count, cached")).to_be_attached()
    expect(shown.item("load, cached")).to_be_attached()
    expect(shown.live).not_to_contain_text("stale")
    expect(shown.output(CLEAN)).not_to_contain_text("stale")
    expect(shown.output(CLEAN)).to_contain_text("helper clean_text changed")
    expect(shown.output(COUNT)).to_contain_text("nothing changed since run")
