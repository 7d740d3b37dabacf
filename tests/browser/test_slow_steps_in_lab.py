"""Why a step is slow is seen while it runs: its line and the calls below, in the tabs Timeline and Log."""

from __future__ import annotations

import re
from pathlib import Path

from lab import Lab
from playwright.sync_api import expect

CELLS = (
    "import time\n\ndef rest(seconds):\n    time.sleep(seconds)",
    "%%step quick\nx = 1",
    "%%step slow\ny = x\nrest(600)",
)


def test_a_running_step_says_where_it_is_and_leads_there(lab: Lab, tmp_path: Path) -> None:
    shown = lab.open_new(tmp_path.name, "slow.ipynb", *CELLS)
    page, panel = shown.page, shown.page.locator("#jp-pipes-panel")
    header = page.locator(".jp-pipes-header:has(.jp-pipes-name:text-is('slow'))")
    expect(header).to_contain_text("not run yet")
    page.locator("[data-id=jp-pipes-panel]").first.click()
    page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    expect(header).to_contain_text("running")
    ask = panel.get_by_role("button", name="Where is slow now?")
    calls = panel.locator(".jp-pipes-where li")
    for tab in ("Timeline", "Log"):
        page.locator(".jp-Notebook-cell").nth(2).locator(".cm-content").click()
        panel.get_by_role("tab", name=tab, exact=True).click()
        ask.click()
        expect(calls.last).to_be_visible()
        # It may have been asked while it began.
        while "sleep" not in calls.last.inner_text():
            ask.click()
            page.wait_for_timeout(200)
        assert calls.all_inner_texts() == [
            "Step slow, line 3\nrest(600)",
            "cell 1, line 4 in rest\ntime.sleep(seconds)",
        ]
        calls.last.get_by_role("button").click()
        expect(page.locator(".jp-Notebook-cell").first).to_have_class(re.compile("jp-mod-active"))
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(header).to_contain_text("cancelled")
    expect(ask).to_have_count(0)
    shown.close()
