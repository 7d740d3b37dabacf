"""The tabs for parameters, logs, artifacts and time, and what would run, in a real JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import Lab, LabPage
from playwright.sync_api import Locator, expect

CELLS = (
    "def share(count):\n    return 1 / count",
    "%%params\nrows: int = 150  # rows to load\ndeep: bool = False\nempty: int = 0",
    "%%step load\nimport pandas as pd\nraw = pd.DataFrame({'x': range(rows)})\n"
    "print('\\x1b[32mloaded\\x1b[0m', rows)",
    "%%step clean\nclean = raw[raw.x > 3]",
    "%%step split\nprint('before')\nratio = share(empty)",
)


class Tabs:
    """The panel's tabs in one page."""

    def __init__(self, lab_page: LabPage) -> None:
        self.lab = lab_page
        self.page = lab_page.page
        self.heading = self.page.locator(".jp-pipes-heading")
        self.content = self.page.locator("#jp-pipes-tabpanel")

    def open(self, name: str) -> None:
        """Show a tab."""
        self.page.get_by_role("tab", name=name, exact=True).click()

    def field(self, name: str) -> Locator:
        """The field of a parameter."""
        return self.content.get_by_label(name, exact=True)

    def button(self, name: str) -> Locator:
        """A button of the tab."""
        return self.content.get_by_role("button", name=name, exact=True)

    def rows(self, first: str) -> Locator:
        """The rows of tables that begin with a text."""
        return self.page.locator("#jp-pipes-panel tr").filter(
            has=self.page.locator(f"th:has-text('{first}')")
        )


@pytest.fixture
def tabs(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Tabs]:
    """A notebook with parameters, and a step that fails."""
    page = lab.open_new(request.node.name, "train.ipynb", *CELLS)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    expect(page.page.locator(".jp-pipes-header").first).to_contain_text("pending")
    yield Tabs(page)
    page.close()


@pytest.fixture(scope="module")
def ran(lab: Lab) -> Iterator[Tabs]:
    """The same, behind a run."""
    page = lab.open_new("ran", "train.ipynb", *CELLS)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    shown = Tabs(page)
    page.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    expect(shown.heading).to_contain_text("failed")
    yield shown
    page.close()


def test_a_form_is_checked_while_one_types_kept_as_a_preset_and_run(tabs: Tabs) -> None:
    tabs.open("Parameters")
    expect(tabs.field("rows")).to_have_value("150")
    tabs.field("rows").fill("many")
    expect(tabs.content).to_contain_text("'many' does not fit; use a whole number")
    expect(tabs.button("Run with these")).to_be_disabled()
    # What it may refer to is offered.
    offered = tabs.content.locator(f"[id='{tabs.field('rows').get_attribute('list')}'] option")
    expect(offered.first).to_have_attribute("value", re.compile(r"\$\{params\.\w+\}"))
    tabs.field("rows").fill("220")
    tabs.field("empty").fill("4")
    tabs.field("deep").check()
    tabs.field("Preset").fill("large")
    tabs.button("Save").click()
    tabs.button("All defaults").click()
    expect(tabs.field("rows")).to_have_value("150")
    tabs.field("Preset").fill("")
    tabs.field("Preset").fill("large")
    expect(tabs.field("rows")).to_have_value("220")
    tabs.button("Run with these").click()
    expect(tabs.heading).to_contain_text("completed")
    expect(tabs.heading).to_contain_text("rows=220")
    expect(tabs.heading).to_contain_text("deep=true")


def test_what_would_run_is_seen_before_and_confirmed(tabs: Tabs) -> None:
    tabs.heading.get_by_role("button", name="What would run: Run pipeline").press("Enter")
    peek = tabs.page.locator(".jp-pipes-peek")
    expect(peek).to_contain_text("3 steps run")
    peek.get_by_role("button", name="Run pipeline").click()
    expect(peek).to_have_count(0)
    expect(tabs.heading).to_contain_text("failed")
    tabs.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
    tabs.page.keyboard.press("Control+End")
    tabs.page.keyboard.type(".copy()")
    stale = tabs.heading.get_by_role("button", name="Run 1 stale", exact=True)
    expect(stale).to_be_enabled()
    stale.hover()
    expect(peek).to_contain_text("1 step runs, 1 cached")
    expect(tabs.rows("clean")).to_contain_text("code changed")
    stale.click()
    expect(tabs.heading.get_by_role("button", name="Run stale", exact=True)).to_be_disabled()


def test_a_traceback_leads_to_its_line_and_a_log_is_searched(ran: Tabs) -> None:
    ran.open("Log")
    expect(ran.content).to_contain_text("before")
    ran.button("Step split, line 3").click()
    expect(ran.page.locator(".jp-Notebook-cell").nth(4)).to_have_class(re.compile("jp-mod-active"))
    ran.content.get_by_label("Step", exact=True).select_option("load")
    expect(ran.content.get_by_role("log", name="Log of load")).to_contain_text("loaded 150")
    expect(ran.content.locator(".ansi-green-fg")).to_have_text("loaded")
    ran.content.get_by_label("Search the log").fill("LOADED")
    expect(ran.content.locator("mark")).to_have_text("loaded")


def test_the_step_of_the_active_cell_is_the_selected_one(ran: Tabs) -> None:
    ran.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
    ran.open("Steps")
    expect(ran.content.locator("tr.jp-pipes-selected")).to_contain_text("clean")


def test_a_frame_is_paged_and_loaded_and_the_timeline_says_what_was_waited_for(ran: Tabs) -> None:
    ran.open("Artifacts")
    ran.button("raw").click()
    expect(ran.content).to_contain_text("rows 1 to 100 of 150")
    ran.button("Rows behind").click()
    expect(ran.content).to_contain_text("rows 101 to 150 of 150")
    expect(ran.content.locator(".jp-pipes-values tbody tr").last).to_contain_text("149")
    ran.button("Load into the notebook").click()
    expect(ran.page.get_by_text("raw is a variable of the notebook now").first).to_be_attached()
    ran.open("Timeline")
    expect(ran.rows("clean")).to_contain_text("waits for load")
    expect(ran.rows("load")).to_contain_text("MiB")
    expect(ran.content.get_by_label("on the critical path").first).to_be_attached()
