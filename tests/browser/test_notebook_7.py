"""The same extension in Notebook 7: headers, buttons, the panel in its right sidebar, how the run stands."""

from __future__ import annotations

from lab import Lab, write_notebook
from playwright.sync_api import Locator, expect

CELLS = (
    "%%step load\nraw = [1, 2, 3]",
    "%%step fit\nimport time\nfrom jupyter_pipes import current\n"
    "for i in range(100):\n    current.progress(i + 1, 100)\n    time.sleep(0.3)\nfitted = sum(raw)",
    "extra = len(raw) + 1",
)


def test_a_pipeline_runs_by_buttons_in_notebook_7(notebook_7: Lab) -> None:
    shown = notebook_7.open(write_notebook(notebook_7.folder / "train.ipynb", *CELLS))
    page = shown.page

    def header(step: str) -> Locator:
        return page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    toolbar, panel = page.locator(".jp-NotebookPanel-toolbar"), page.locator("#jp-pipes-panel")
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first).to_be_attached()
    expect(header("fit")).to_contain_text("pending")
    page.locator(".jp-Notebook-cell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.locator(".jp-cell-toolbar").get_by_role("button", name="Make this a step").click()
    expect(header("extra")).to_contain_text("pending")
    shown.menu("View", "Show the Pipeline")
    toolbar.get_by_role("button", name="Run pipeline", exact=True).click()
    expect(header("extra")).to_contain_text("completed")
    expect(header("fit")).to_contain_text("%")
    expect(panel.locator(".jp-pipes-heading")).to_contain_text("running")
    expect(page.locator("#jp-pipes-status")).to_contain_text("2/3 · fit")
    toolbar.get_by_role("button", name="Stop", exact=True).click()
    expect(header("fit")).to_contain_text("cancelled")
    expect(page.locator("#jp-pipes-status")).to_contain_text("cancelled")
    shown.close()
