"""In a window of 1024 pixels nothing of the extension is cut off, and nothing jumps while a run goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import Lab, LabPage
from playwright.sync_api import Locator, expect

CELLS = (
    "def tidy(frame):\n    return frame[1:]",
    "%%params\nrows: int = 50",
    "%%step load --stage data\nraw = list(range(rows))",
    "%%step clean_and_merge_all_tables --stage data\nclean = tidy(raw)",
    "%%step check --stage model\nchecked = len(clean) / 0",
    "%%step report\nsummary = checked",
)
HEADER = ".jp-pipes-header"
COMPLETED = re.compile("^✓ completed: (first run|code changed)$")
WHAT_IS_CUT = """outer => {
    const {left, right} = outer.getBoundingClientRect();
    const parts = 'button, .jp-pipes-name, .jp-pipes-status, .jp-pipes-note';
    const inner = Array.from(outer.querySelectorAll(parts));
    const isOut = box => box.width > 0 && (box.left < left - 1 || box.right > right + 1);
    return inner.filter(each => isOut(each.getBoundingClientRect())).map(each => each.textContent);
}"""


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[LabPage]:
    """A notebook in a narrow window, with the panel, behind a run."""
    page = lab.open_new("narrow", "train.ipynb", *CELLS, width=1024, height=768)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    expect(header(page, "report")).to_contain_text("pending")
    run(page)
    yield page
    page.close()


@pytest.fixture
def shown(opened: LabPage) -> LabPage:
    """The same, with its second step edited behind the run, which is the active one."""
    opened.page.get_by_role("tab", name="Graph", exact=True).click()
    opened.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
    opened.page.keyboard.press("Control+End")
    opened.page.keyboard.type("[0:]")
    expect(header(opened, "clean_and_merge_all_tables")).to_contain_text("stale: edited, not run")
    return opened


def header(shown: LabPage, step: str) -> Locator:
    return shown.page.locator(f"{HEADER}:has(.jp-pipes-name:text-is('{step}'))")


def run(shown: LabPage) -> None:
    shown.page.keyboard.press("Alt+Shift+R")
    expect(header(shown, "report")).to_contain_text("skipped")


def test_headers_of_cells_keep_their_statuses_marks_and_buttons(shown: LabPage) -> None:
    active = header(shown, "clean_and_merge_all_tables")
    for name in ("Run step", "Run from here", "Why", "Log", "Debug"):
        expect(active.get_by_role("button", name=name, exact=True)).to_be_visible()
    for each in shown.page.locator(HEADER).all():
        assert each.evaluate("header => header.scrollWidth <= header.clientWidth"), each.inner_text()
        assert each.evaluate(WHAT_IS_CUT) == []
        for part in (".jp-pipes-status", ".jp-pipes-note"):
            words = each.locator(part)
            assert not words.inner_text() or words.evaluate("words => words.clientWidth") >= 10
    expect(header(shown, "check").locator(".jp-pipes-note")).to_have_attribute(
        "title", "ZeroDivisionError: division by zero (line 2)"
    )
    expect(active.locator(".jp-pipes-status")).to_have_attribute("title", COMPLETED)


def test_tabs_stand_in_one_row_and_their_tables_fit(shown: LabPage) -> None:
    tabs = shown.page.locator("#jp-pipes-panel [role=tablist]").first
    assert tabs.evaluate("row => row.scrollWidth <= row.clientWidth")
    assert len({round(tab.bounding_box()["y"]) for tab in tabs.get_by_role("tab").all()}) == 1  # type: ignore[index]
    content = shown.page.locator("#jp-pipes-tabpanel")
    for name in ("Graph", "Steps", "Parameters", "Artifacts", "Log", "Timeline", "Runs"):
        tabs.get_by_role("tab", name=name, exact=True).click()
        expect(content).not_to_be_empty()
        assert content.evaluate("place => place.scrollWidth <= place.clientWidth"), name
    runs = content.get_by_role("group", name="Runs")
    expect(runs.get_by_role("row").nth(1)).to_contain_text("failed")
    assert runs.evaluate("place => place.scrollWidth <= place.clientWidth")
    expect(runs.get_by_role("columnheader", name="Started")).to_be_visible()
    shown.page.locator(".jp-pipes-heading").get_by_role("button", name="Run pipeline", exact=True).hover()
    plan = shown.page.get_by_role("region", name="What would run")
    expect(plan.get_by_role("columnheader", name="Why")).to_be_visible()
    assert plan.evaluate("place => place.scrollWidth <= place.clientWidth")
    shown.page.mouse.move(5, 700)


def test_the_panel_keeps_its_share_of_the_window_until_it_is_dragged(shown: LabPage) -> None:
    page, panel = shown.page, shown.page.locator("#jp-pipes-panel").element_handle()
    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)").last

    def drag(more: int) -> None:
        # Where the window has just become another one, the panel is laid out anew, as wide as it was.
        page.wait_for_function(
            "panel => innerWidth - panel.getBoundingClientRect().right < 60", arg=panel, polling="raf"
        )
        box = handle.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + 200
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - more, y)
        page.mouse.up()

    def is_as_wide_as(width: int) -> None:
        page.wait_for_function(
            "([panel, width]) => Math.abs(panel.clientWidth - width) <= 4", arg=[panel, width]
        )

    for window, width in ((1440, 460), (1024, 368)):
        page.set_viewport_size({"width": window, "height": 768})
        is_as_wide_as(width)
    drag(40)
    is_as_wide_as(408)
    page.set_viewport_size({"width": 1440, "height": 768})
    is_as_wide_as(408)
    page.set_viewport_size({"width": 1024, "height": 768})
    drag(-40)
    is_as_wide_as(368)


def test_two_compared_runs_fit(shown: LabPage) -> None:
    run(shown)
    expect(header(shown, "load")).to_contain_text("cached")
    shown.page.get_by_role("tab", name="Runs", exact=True).click()
    runs = shown.page.locator(".jp-pipes-runs")
    for place in (0, 1):
        runs.locator("tbody").get_by_role("checkbox").nth(place).check()
    runs.get_by_role("button", name="Compare", exact=True).click()
    sides = runs.get_by_role("table", name="Both runs")
    expect(sides.get_by_role("row", name="Status")).to_have_text("Status✕ failed✕ failed")
    assert runs.evaluate("place => place.scrollWidth <= place.clientWidth")
    assert sides.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")


def test_the_heading_is_as_high_in_the_twelfth_minute_as_before_the_run(shown: LabPage) -> None:
    heading = shown.page.locator(".jp-pipes-heading")
    actions = heading.locator(".jp-pipes-actions")
    expect(heading).to_contain_text("1 stale")
    before = actions.bounding_box()
    heading.locator(".jp-pipes-took").evaluate("took => { took.textContent = '12 min 34 s'; }")
    heading.locator(".jp-pipes-headline > .jp-pipes-quiet").last.evaluate(
        "reason => { reason.textContent = 'clean_and_merge_all_tables failed; '.repeat(3); }"
    )
    assert actions.bounding_box() == before
    assert heading.evaluate("place => place.scrollWidth <= place.clientWidth")


def test_the_toolbars_button_shows_what_it_would_run_on_hover(shown: LabPage) -> None:
    """Wherever Lab put the button: where it is narrow, that is a list of its own."""
    page = shown.page
    glance = page.locator(".jp-pipes-sheet")
    page.locator(".jp-NotebookPanel-toolbar .jp-Toolbar-responsive-opener").click()
    button = page.locator("[data-command='jupyter_pipes:run-stale']").locator("visible=true")
    button.hover()
    expect(glance).to_have_role("tooltip")
    expect(glance).to_contain_text("1 step runs, 1 cached")
    expect(glance.get_by_role("row").nth(1)).to_contain_text("clean_and_merge_all_tables")
    expect(glance.get_by_role("row").nth(1)).to_contain_text("code changed")
    box = glance.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1024
    page.keyboard.press("Escape")
    expect(glance).to_have_count(0)
    button.hover()
    page.mouse.move(5, 700)
    expect(glance).to_have_count(0)
    # By keyboard as well.
    button.focus()
    expect(glance).to_contain_text("1 step runs, 1 cached")
    page.keyboard.press("Escape")
    expect(glance).to_have_count(0)
    expect(button).to_be_focused()
