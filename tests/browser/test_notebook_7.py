"""The same extension in Notebook 7: a newcomer goes all the way there, and a run is watched and stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

from axe import LIGHT, findings, in_all_themes
from lab import Lab
from newcomer import NOTEBOOK, Newcomer
from playwright.sync_api import expect

SLOW = """%%step slow
import time
from jupyter_pipes import current
current.progress(42, 100)
time.sleep(600)"""


def test_a_newcomer_goes_all_the_way_and_a_run_is_watched_and_stopped(notebook_7: Lab) -> None:
    shown = notebook_7.open(Path(shutil.copy(NOTEBOOK, notebook_7.folder)))
    page = shown.page
    found: list[str] = []

    def look(where: str) -> None:
        if where == "failed":
            found.extend(in_all_themes(shown, lambda theme: findings(shown, theme, where)))
            shown.light()
        else:
            found.extend(findings(shown, LIGHT, where))

    Newcomer(shown, look).goes_all_the_way(notebook_7.folder / "first_steps.py")
    assert found == [], "axe-core finds nothing"
    page.locator(".jp-Notebook-cell").last.locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(SLOW)
    header = page.locator(".jp-pipes-header:has(.jp-pipes-name:text-is('slow'))")
    toolbar, status = page.locator(".jp-NotebookPanel-toolbar"), page.locator("#jp-pipes-status")
    toolbar.get_by_role("button", name="Run pipeline", exact=True).click()
    expect(header).to_contain_text("42 %")
    expect(status).to_contain_text("3/4 · slow 42 %")
    toolbar.get_by_role("button", name="Stop", exact=True).click()
    expect(header).to_contain_text("cancelled")
    expect(status).to_contain_text("cancelled")
    shown.close()
