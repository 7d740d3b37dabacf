"""axe-core finds nothing in what the extension shows, in any theme; and a keyboard is enough for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe import findings, in_all_themes
from lab import Lab, LabPage
from playwright.sync_api import Locator, expect

CELLS = (
    "%%params\nrows: int = 50      # rows to load",
    "%%step load --stage data\nraw = list(range(rows))\nprint('loaded', rows)",
    "%%step fit --stage model\nimport time\nfrom pathlib import Path\nfrom jupyter_pipes import current\n"
    "current.progress(1, 4)\nwhile not Path('end').exists():\n    time.sleep(0.02)\nfitted = sum(raw)",
    "%%step check\nfor code in [*range(30, 38), *range(90, 98)]:\n"
    "    print(f'\\x1b[{code}mcolour {code}\\x1b[0m')\n"
    "checked = fitted / 0",
    "%%step report\nsummary = {'checked': checked}",
    "extra = 1",
)
PANEL = "#jp-pipes-panel"


@pytest.fixture
def shown(lab: Lab, request: pytest.FixtureRequest) -> Iterator[LabPage]:
    page = lab.open_new(request.node.name, "train.ipynb", *CELLS)
    expect(header(page, "report")).to_contain_text("pending")
    yield page
    page.close()


def header(shown: LabPage, step: str) -> Locator:
    return shown.page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")


def test_axe_finds_nothing_in_any_tab_and_theme(
    shown: LabPage, lab: Lab, request: pytest.FixtureRequest
) -> None:
    page = shown.page
    assert in_all_themes(shown, lambda theme: findings(shown, theme, "before a run")) == []
    page.keyboard.press("Alt+Shift+R")
    expect(header(shown, "fit")).to_contain_text("25 %")
    assert in_all_themes(shown, lambda theme: findings(shown, theme, "while it runs")) == []
    (lab.folder_of(request.node.name) / "end").touch()
    expect(header(shown, "report")).to_contain_text("skipped")
    # Problems are listed, and what was run is stale.
    for cell, text in ((5, "%%step oops\nq = nobody_knows"), (1, "%%step load --stage data\nraw = [rows]")):
        page.locator(".jp-Notebook-cell").nth(cell).locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
    expect(page.locator(".jp-pipes-problems")).to_contain_text("nobody_knows")
    expect(header(shown, "load")).to_contain_text("stale")

    def in_all_tabs(theme: str) -> list[str]:
        found: list[str] = []
        for tab in page.locator(f"{PANEL} [role=tablist]").first.get_by_role("tab").all():
            tab.click()
            expect(page.locator(f"{PANEL} #jp-pipes-tabpanel")).not_to_be_empty()
            found += findings(shown, theme, tab.inner_text())
        return found

    assert in_all_themes(shown, in_all_tabs) == []


def test_axe_finds_nothing_in_runs_the_graph_by_itself_sheets_and_dialogs(
    shown: LabPage, lab: Lab, request: pytest.FixtureRequest
) -> None:
    page = shown.page
    tabs = page.locator(f"{PANEL} [role=tablist]").first
    (lab.folder_of(request.node.name) / "end").touch()
    page.keyboard.press("Alt+Shift+R")
    expect(header(shown, "report")).to_contain_text("skipped")
    page.keyboard.press("Alt+Shift+R")
    runs = page.locator(".jp-pipes-runs")
    tabs.get_by_role("tab", name="Runs", exact=True).click()
    ticks = runs.locator("tbody").get_by_role("checkbox")
    expect(ticks).to_have_count(2)

    def everywhere(theme: str) -> list[str]:
        found: list[str] = []
        tabs.get_by_role("tab", name="Runs", exact=True).click()
        for tick in ticks.all():
            tick.check()
        found += findings(shown, theme, "runs")
        runs.get_by_role("button", name="Compare", exact=True).click()
        expect(runs.get_by_role("table", name="Both runs")).to_be_visible()
        found += findings(shown, theme, "comparison")
        runs.get_by_role("button", name="Back to the runs").click()
        runs.locator("tbody tr").first.get_by_role("button").click()
        expect(runs.get_by_role("region", name="Step check")).to_contain_text("ZeroDivisionError")
        found += findings(shown, theme, "opened run")
        runs.get_by_role("button", name="Back to the runs").click()
        tabs.get_by_role("tab", name="Graph", exact=True).click()

        page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
        for name in ("Why", "Log"):
            header(shown, "check").get_by_role("button", name=name, exact=True).click()
            expect(page.locator(".jp-pipes-sheet")).to_be_visible()
            found += findings(shown, theme, name)
            page.keyboard.press("Escape")
        page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").hover()
        expect(page.locator(".jp-pipes-sheet")).to_contain_text("2 steps run")
        found += findings(shown, theme, "toolbar")

        shown.menu("Pipeline", "Export as Python Module")
        expect(page.get_by_role("dialog")).to_be_visible()
        found += findings(shown, theme, "export")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Open in the main area").click()
        expect(page.locator(".jp-pipes-window canvas").first).to_be_visible()
        found += findings(shown, theme, "graph")
        page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabCloseIcon").last.click()
        return found

    assert in_all_themes(shown, everywhere) == []


def test_a_keyboard_is_enough(shown: LabPage, lab: Lab, request: pytest.FixtureRequest) -> None:
    (lab.folder_of(request.node.name) / "end").touch()
    page, focused = shown.page, shown.page.locator(":focus")
    page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    page.keyboard.press("Alt+Shift+R")
    expect(header(shown, "check")).to_contain_text("failed")
    page.keyboard.press("Alt+Shift+G")
    expect(page.locator(".jp-Notebook-cell").nth(3)).to_have_class(re.compile("jp-mod-active"))
    page.keyboard.press("Alt+Shift+P")
    expect(focused).to_have_text("Graph")
    while focused.inner_text() != "Steps":
        page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-selected", "true")
    for _ in range(20):
        page.keyboard.press("Tab")
        if focused.inner_text() == "load":
            break
    expect(focused).to_have_text("load")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Notebook-cell").nth(1)).to_have_class(re.compile("jp-mod-active"))
