"""The cells of a pipeline in a real JupyterLab: their headers and buttons, all that the first line gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import Lab, LabPage
from playwright.sync_api import Locator, Page, expect

CELLS = (
    "def tidy(xs):\n    return [x for x in xs if x > 3]",
    "%%params\nrows: int = 50",
    "%%step load\nraw = list(range(rows))\nprint('loaded', len(raw))",
    "%%step clean\nclean = tidy(raw)",
    "%%step bad\nbroken = {}['y']",
)
STANDS_BELOW_HEADER = """() => {
    const sheet = document.querySelector('.jp-pipes-sheet').getBoundingClientRect();
    const headers = [...document.querySelectorAll('.jp-pipes-header')];
    const isScrolled = document.querySelector('.jp-WindowedPanel-outer').scrollTop > 0;
    const stands = header => Math.abs(sheet.top - header.getBoundingClientRect().bottom) < 5;
    return isScrolled && headers.some(stands);
}"""


class Cells:
    """The cells of one notebook in one page."""

    def __init__(self, page: LabPage) -> None:
        self.lab = page
        self.page: Page = page.page
        self.sheet = self.page.locator(".jp-pipes-sheet")

    def header(self, step: str) -> Locator:
        """The header of a step's cell."""
        return self.page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    def edit(self, cell: int) -> None:
        """Put the cursor at the end of a cell."""
        self.page.locator(".jp-Notebook-cell").nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")

    def press(self, step: str, button: str) -> None:
        """Press a button of a header; its cell is the active one."""
        self.header(step).get_by_role("button", name=button, exact=True).click()


@pytest.fixture
def cells(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Cells]:
    """A notebook with three steps that no cell was run of."""
    page = lab.open_new(request.node.name, "train.ipynb", *CELLS)
    shown = Cells(page)
    expect(shown.header("clean")).to_contain_text("defined, not run yet")
    yield shown
    page.close()


def test_a_header_says_how_its_step_stands_and_its_buttons_run_and_explain_it(cells: Cells) -> None:
    cells.edit(3)
    cells.press("clean", "Run step")
    expect(cells.header("clean")).to_contain_text("completed")
    expect(cells.header("bad")).to_contain_text("pending")
    cells.edit(4)
    cells.press("bad", "Run from here")
    expect(cells.header("bad")).to_contain_text("KeyError: 'y' (line 2)")
    cells.edit(2)
    cells.press("load", "Log")
    expect(cells.sheet).to_contain_text("loaded 50")
    cells.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollBy(0, 30)")
    # It goes with its cell.
    cells.page.wait_for_function(STANDS_BELOW_HEADER)
    cells.page.keyboard.press("Escape")
    expect(cells.sheet).to_have_count(0)
    expect(cells.header("load").get_by_role("button", name="Log")).to_be_focused()
    cells.edit(3)
    cells.press("clean", "Debug")
    made = cells.page.locator(".jp-Notebook-cell").nth(4)
    expect(made).to_contain_text("clean = tidy(raw)")
    expect(made).to_have_class(re.compile("jp-mod-active"))


def test_a_changed_helper_makes_stale_with_its_diff_on_hover(cells: Cells) -> None:
    cells.edit(3)
    cells.press("clean", "Run step")
    expect(cells.header("clean")).to_contain_text("completed")
    cells.edit(0)
    cells.page.keyboard.press("ArrowLeft")
    cells.page.keyboard.type("0")
    expect(cells.header("clean")).to_contain_text("stale: helper tidy changed")
    cells.header("clean").locator(".jp-pipes-note").hover()
    expect(cells.sheet).to_contain_text("+    return [x for x in xs if x > 30]")
    cells.page.locator(".jp-Notebook-cell").nth(1).hover()
    expect(cells.sheet).to_have_count(0)


def test_headers_follow_their_cells_when_these_move_are_copied_split_and_undone(cells: Cells) -> None:
    names = cells.page.locator(".jp-pipes-header .jp-pipes-name")
    cells.edit(3)
    cells.page.keyboard.press("Escape")
    cells.page.keyboard.press("Control+Shift+ArrowUp")
    expect(names).to_have_text(["clean", "load", "bad"])
    cells.page.keyboard.press("c")
    cells.page.keyboard.press("v")
    expect(names).to_have_text(["clean", "clean", "load", "bad"])
    # The later of two cells is the step.
    expect(cells.header("clean").first).to_contain_text("another cell has this name")
    # Lab may undo the move together with the copy.
    cells.page.keyboard.press("z")
    expect(names).to_have_count(3)
    cells.page.locator(".jp-Notebook-cell", has=cells.header("clean")).locator(".cm-content").click()
    cells.page.keyboard.press("Control+End")
    cells.page.keyboard.press("Control+Shift+Minus")
    cells.page.keyboard.type("%%step second\n")
    expect(names).to_have_count(4)
    expect(cells.header("second")).to_contain_text("pending")


def test_the_first_line_is_completed_explained_and_underlined_while_the_kernel_is_busy(cells: Cells) -> None:
    # The kernel is linked then: before it is, the server tells the board.
    cells.edit(3)
    cells.press("clean", "Run step")
    expect(cells.header("clean")).to_contain_text("completed")
    cells.edit(0)
    cells.page.keyboard.press("Control+Home")
    cells.page.keyboard.type("import time; time.sleep(600)\n")
    cells.page.keyboard.press("Control+Enter")
    expect(cells.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(1)
    cells.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
    cells.page.keyboard.press("Control+Home")
    cells.page.keyboard.press("End")
    cells.page.keyboard.type(" --aft")
    offered = cells.page.locator(".cm-tooltip-autocomplete")
    expect(offered).to_contain_text("also wait for these steps")
    cells.page.keyboard.press("Enter")
    cells.page.keyboard.type(" b")
    expect(offered).to_contain_text("bad")
    cells.page.keyboard.press("Enter")
    line = cells.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-line").first
    expect(line).to_have_text("%%step clean --after bad")
    cells.page.keyboard.type(" --retries x")
    wrong = cells.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-lintRange-error")
    expect(wrong).to_have_count(1)
    cells.page.keyboard.press("Backspace")
    cells.page.keyboard.type("2")
    expect(wrong).to_have_count(0)
    line.hover(position={"x": 235, "y": 8})
    expect(cells.page.locator(".jp-pipes-help")).to_be_visible()


def test_the_form_edits_the_line_and_says_what_does_not_fit(cells: Cells) -> None:
    cells.edit(3)
    cells.page.locator("[data-id=jp-property-inspector]").first.click()
    form = cells.page.locator(".jp-pipes-options")
    line = cells.page.locator(".jp-Notebook-cell").nth(3).locator(".cm-line").first
    form.get_by_label("--stage").fill("data")
    form.get_by_label("--stage").press("Enter")
    expect(line).to_have_text("%%step clean --stage data")
    form.get_by_label("--always").check()
    expect(line).to_have_text("%%step clean --stage data --always")
    form.get_by_label("--retries").fill("many")
    form.get_by_label("--retries").press("Enter")
    expect(form).to_contain_text("use a whole number")
    # What a reference may name is offered, and what it names is checked.
    offered = form.get_by_label("--retries").get_attribute("list")
    offers = form.locator(f"[id='{offered}'] option")
    expect(offers.nth(0)).to_have_attribute("value", "${params.rows}")
    expect(offers.nth(1)).to_have_attribute("value", "${load.raw}")
    form.get_by_label("--retries").fill("${params.row}")
    form.get_by_label("--retries").press("Enter")
    expect(form).to_contain_text("did you mean ${params.rows}?")
    form.get_by_label("--retries").fill("")
    form.get_by_label("--retries").press("Enter")
    expect(form.get_by_text("did you mean")).to_have_count(0)
    form.get_by_label("Name").fill("tidied")
    form.get_by_label("Name").press("Enter")
    expect(line).to_have_text("%%step tidied --stage data --always")
    expect(cells.header("tidied")).to_contain_text("pending")


def test_a_name_that_a_step_makes_is_got_by_a_button(cells: Cells) -> None:
    cells.edit(4)
    cells.page.keyboard.press("Escape")
    cells.page.keyboard.press("b")
    cells.page.keyboard.press("Enter")
    cells.page.keyboard.type("len(raw)")
    cells.page.keyboard.press("Control+Enter")
    bar = cells.page.locator(".jp-pipes-missing")
    expect(bar).to_contain_text("`raw` is made by step load, which has no result yet")
    bar.get_by_role("button", name="Run load").click()
    bar.get_by_role("button", name="Get it").click()
    bar.get_by_role("button", name="Run the cell again").click()
    expect(cells.page.locator(".jp-OutputArea-output", has_text=re.compile("^50$"))).to_be_visible()
    expect(bar).to_have_count(0)
