"""Kept runs in a real JupyterLab: listed, searched, opened, compared and repeated, on clicks alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import WAIT_MILLISECONDS, Lab
from playwright.sync_api import Locator, Page, expect

CELLS = (
    "from jupyter_pipes import current",
    "%%params\nrate: float = 0.5  # how fast",
    "%%step load\nraw = [1, 2, 3]",
    "%%step fit\nfor place in range(5):\n    current.metric('loss', 1 / (1 + rate * place), at=place)\n"
    "print('fitted with', rate)\nfitted = sum(raw)",
    "%%step score\n1 / (rate - 0.25)\ncurrent.metric('auc', fitted / 10)",
)


class Runs:
    """The tab "Runs" of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tab = page.locator(".jp-pipes-runs")
        self.rows = self.tab.get_by_role("group", name="Runs").locator("tbody tr")

    def button(self, name: str) -> Locator:
        """A button of the tab."""
        return self.tab.get_by_role("button", name=name, exact=True)

    def node(self, step: str) -> Locator:
        """A node of the drawn graph."""
        return self.tab.locator(f".jp-pipes-node[aria-label^='{step}, ']")

    def search(self, query: str) -> None:
        """Search the runs."""
        self.tab.get_by_label("Search runs").fill(query)
        self.page.keyboard.press("Enter")

    def repeat(self, rate: str) -> None:
        """Repeat the opened run with another value."""
        self.button("Repeat…").click()
        self.tab.get_by_label("rate").fill(rate)
        self.button("Run with these").click()


@pytest.fixture(scope="module")
def runs(lab: Lab) -> Iterator[Runs]:
    """A pipeline that was run, and the tab with that run."""
    opened = lab.open_new("runs", "study.ipynb", *CELLS)
    opened.page.locator("[data-id=jp-pipes-panel]").first.click()
    expect(opened.page.locator(".jp-pipes-header", has_text="score")).to_contain_text("pending")
    opened.page.get_by_role("tab", name="Runs").click()
    shown = Runs(opened.page)
    opened.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    # The kernel's first run loads what all need.
    expect(shown.rows).to_have_count(1, timeout=WAIT_MILLISECONDS)
    expect(shown.rows.first).to_contain_text("3 completed", timeout=WAIT_MILLISECONDS)
    yield shown
    opened.close()


@pytest.fixture(autouse=True)
def listed(runs: Runs) -> None:
    """Whatever was looked at before, the runs are listed."""
    if runs.button("← Back to the runs").count():
        runs.button("← Back to the runs").click()


def test_a_run_is_opened_repeated_found_and_compared(runs: Runs) -> None:
    runs.rows.first.get_by_role("button").click()
    expect(runs.tab.get_by_role("note")).to_contain_text("Run ")
    runs.node("fit").press("Enter")
    expect(runs.tab).to_contain_text("fitted with 0.5")
    expect(runs.tab.get_by_role("img", name=re.compile("^loss: "))).to_be_visible()
    runs.tab.get_by_label("New tags").fill("good")
    runs.page.keyboard.press("Enter")
    expect(runs.button("Take the tag good away")).to_be_visible()

    runs.repeat("0.25")
    # The new run is opened; of one that failed, the step that did.
    expect(runs.tab.get_by_role("region", name="Step score")).to_contain_text("ZeroDivisionError")
    runs.button("← Back to the runs").click()
    expect(runs.rows).to_have_count(2)
    runs.search("status:failed")
    expect(runs.rows).to_have_count(1)
    runs.search("status:(")
    expect(runs.tab.get_by_role("alert")).to_contain_text("^")
    runs.search("")
    expect(runs.rows).to_have_count(2)

    for box in runs.rows.get_by_role("checkbox").all():
        box.check()
    runs.button("Compare").click()
    expect(runs.node("fit")).to_have_attribute("data-mark", "changed")
    expect(runs.node("load")).to_have_attribute("data-mark", "same")
    expect(runs.tab.get_by_role("img", name=re.compile("^fit · loss: "))).to_be_visible()
    expect(runs.tab.get_by_role("region", name="Step fit")).to_contain_text("0.25")


def test_what_is_put_away_is_in_the_archive_only_until_it_is_taken_out(runs: Runs) -> None:
    expect(runs.rows.first).to_be_visible()
    count = runs.rows.count()
    runs.rows.first.get_by_role("button").click()
    runs.button("Archive").click()
    expect(runs.button("Take out of the archive")).to_be_visible()
    runs.button("← Back to the runs").click()
    expect(runs.rows).to_have_count(count - 1)
    runs.tab.get_by_label("Archive").check()
    expect(runs.rows).to_have_count(1)
    runs.rows.first.get_by_role("button").click()
    runs.button("Take out of the archive").click()
    runs.button("← Back to the runs").click()
    expect(runs.rows).to_have_count(0)
    runs.tab.get_by_label("Archive").uncheck()
    expect(runs.rows).to_have_count(count)
