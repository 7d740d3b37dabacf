"""A sweep in JupyterLab: typed in the form, begun by keyboard, watched, stopped, its best run opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe import findings, in_all_themes
from lab import WAIT_MILLISECONDS, Lab, LabPage
from playwright.sync_api import expect

CELLS = (
    "import time\nfrom pathlib import Path\nfrom jupyter_pipes import current",
    "%%params\nlr: float = 0.1  # how fast\nmodel: Literal['ridge', 'forest'] = 'ridge'",
    "%%step load\nxs = [1, 2, 3]",
    "%%step fit\nwhile lr == 9 and not Path('never').exists():\n    time.sleep(0.02)\n"
    "current.metric('auc', sum(xs) * lr)",
)


@pytest.fixture
def shown(lab: Lab) -> Iterator[LabPage]:
    page = lab.open_new("sweeps", "study.ipynb", *CELLS, is_new=True)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    expect(page.page.locator(".jp-pipes-header", has_text="fit")).to_contain_text("pending")
    yield page
    page.close()


def test_a_sweep_is_typed_begun_watched_stopped_and_its_best_run_opened(shown: LabPage) -> None:
    page = shown.page
    panel = page.locator("#jp-pipes-panel")
    panel.get_by_role("tab", name="Parameters", exact=True).click()
    start = panel.get_by_role("button", name=re.compile("^Start sweep"))
    several = panel.get_by_role("button", name="Several values of lr")
    several.press("Enter")
    values = panel.get_by_label("lr", exact=True)
    expect(values).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("1, x")
    expect(panel).to_contain_text("'x' does not fit; use a number")
    expect(start).to_be_disabled()
    panel.get_by_label("Most runs").fill("0")
    expect(panel).to_contain_text("use a whole number from 1")
    assert in_all_themes(shown, lambda theme: findings(shown, theme, "form of a sweep")) == []
    panel.get_by_label("Most runs").fill("4")
    panel.get_by_label("Best run by").fill("auc")
    values.fill("0.1, 2, 0.5, 9, 7")
    expect(start).to_have_text("Start sweep: 4 runs")
    values.press("Enter")

    rows = panel.get_by_role("group", name="Sweep").locator("tbody tr")
    expect(rows).to_have_count(4, timeout=WAIT_MILLISECONDS)
    expect(rows.nth(3)).to_contain_text("running")
    expect(panel.get_by_role("status").first).to_have_text("4 runs · 3 completed · 1 running")
    expect(panel.get_by_role("img", name="the best so far")).to_have_count(1)
    expect(rows.nth(1)).to_contain_text(re.compile("★.*12"))
    assert in_all_themes(shown, lambda theme: findings(shown, theme, "sweep")) == []

    # The page is loaded again while it goes on.
    page.reload()
    expect(page.locator(".jp-pipes-header", has_text="fit")).to_contain_text("running")
    shown.command("jupyter_pipes:open-panel")
    panel.get_by_role("button", name="sweep, run 4 of 4").click()
    expect(rows).to_have_count(4, timeout=WAIT_MILLISECONDS)
    panel.get_by_role("button", name="Stop sweep").click()
    expect(rows.nth(3)).to_contain_text("cancelled")
    expect(panel.get_by_role("button", name="Stop sweep")).to_be_disabled()

    rows.nth(0).get_by_role("checkbox").check()
    rows.nth(2).get_by_role("checkbox").check()
    panel.get_by_role("button", name="Compare", exact=True).click()
    expect(panel.get_by_role("table", name="Both runs")).to_be_visible()
    panel.get_by_role("button", name="← Back to the sweep").click()
    panel.get_by_role("button", name="Open best").click()
    expect(panel.locator(".jp-pipes-runs")).to_contain_text("lr=2")
    panel.locator("summary", has_text="Timeline").click()
    expect(panel.get_by_role("columnheader", name="Waited")).to_be_visible()
    panel.get_by_role("button", name="← Back to the sweep").click()
    rows.nth(2).locator("td").nth(4).click()
    expect(panel.locator(".jp-pipes-runs")).to_contain_text("lr=0.5")
