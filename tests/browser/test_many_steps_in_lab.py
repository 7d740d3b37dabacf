"""Three hundred steps in a real JupyterLab: counted, searched, scrolled away and back, with a minimap."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import WAIT_MILLISECONDS, Lab, LabPage
from playwright.sync_api import Locator, expect

COUNT, STAGES = 300, 6
LAST = f"clean_all_tables_of_{COUNT - 1}"
CELLS = tuple(
    f"%%step clean_all_tables_of_{place} --stage stage{place * STAGES // COUNT}\n"
    f"rows_{place} = {f'rows_{place // 2}' if place else '1 / 0'}"
    for place in range(COUNT)
)
WHAT_IS_CUT = """header => {
    const {right} = header.getBoundingClientRect();
    const isCut = each => each.getBoundingClientRect().right > right + 1;
    return Array.from(header.querySelectorAll('button')).filter(isCut).map(each => each.textContent);
}"""
WINDOWED = """() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.notebookConfig = { ...content.notebookConfig, windowingMode: 'full' };
}"""
"""Has Lab take cells that are out of sight out of the page, as its setting of the windowing mode can."""

CENTRE = """sight => {
    const [inner, outer] = [sight, sight.parentElement].map(each => each.getBoundingClientRect());
    return (inner.x + inner.width / 2 - outer.x) / outer.width;
}"""
"""How far to the right in the minimap that what is seen has its middle, as a share."""


class Many:
    """The page with the notebook."""

    def __init__(self, shown: LabPage) -> None:
        self.page = shown.page
        self.panel = shown.page.locator("#jp-pipes-panel")
        self.nodes = self.panel.locator(".jp-pipes-graph li button")

    def header(self, step: str) -> Locator:
        """The header of a step's cell."""
        return self.page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    def scroll_to(self, cell: int) -> None:
        """Bring a cell into view by its number."""
        self.page.evaluate("place => window.jupyterapp.shell.currentWidget.content.scrollToItem(place)", cell)


@pytest.fixture(scope="module")
def many(lab: Lab) -> Iterator[Many]:
    """A notebook of three hundred steps in a window of 1440 by 900 px, with the panel."""
    page = lab.open_new("many", "many.ipynb", *CELLS, width=1440, height=900)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    many = Many(page)
    # The kernel has three hundred cells to read first.
    expect(many.nodes).to_have_count(STAGES, timeout=WAIT_MILLISECONDS)
    first = many.header("clean_all_tables_of_0")
    expect(first).to_contain_text("defined, not run yet", timeout=WAIT_MILLISECONDS)
    yield many
    page.close()


def test_headers_outlive_that_their_cells_are_scrolled_away(many: Many) -> None:
    many.page.evaluate(WINDOWED)
    first = many.header("clean_all_tables_of_0")
    many.page.locator(".jp-Notebook-cell .cm-content").first.click()
    run = first.get_by_role("button", name="Run step", exact=True)
    expect(run).to_be_visible()
    assert first.evaluate(WHAT_IS_CUT) == []
    run.click()
    expect(first).to_contain_text("ZeroDivisionError")
    # Lab keeps the active cell.
    many.page.locator(".jp-Notebook-cell .cm-content").nth(2).click()
    many.scroll_to(COUNT - 1)
    expect(many.header(LAST)).to_contain_text("pending")
    expect(first).to_have_count(0)
    many.scroll_to(0)
    expect(first).to_contain_text("ZeroDivisionError")
    expect(first).to_have_count(1)
    expect(many.header(LAST)).to_have_count(0)


def test_the_graph_has_a_box_for_each_finds_them_and_moves_by_its_minimap(many: Many) -> None:
    many.panel.get_by_role("tab", name="Graph", exact=True).click()
    minimap = many.panel.locator(".jp-pipes-minimap")
    expect(minimap).to_have_count(0)
    many.panel.get_by_role("button", name="Unfold all stages").click()
    expect(many.nodes).to_have_count(COUNT)
    # However much of a name fits into its box.
    expect(many.nodes.filter(has_text=re.compile(f"^{LAST}, pending$"))).to_have_count(1)
    search = many.panel.get_by_role("searchbox")
    search.fill("tables_of_29")
    expect(many.panel.get_by_label("Matches")).to_have_text("1/11")
    search.fill("")
    for _ in range(5):
        many.panel.get_by_role("button", name="Larger", exact=True).click()
    box = minimap.bounding_box()
    assert box is not None
    sight = minimap.locator(".jp-pipes-sight").element_handle()
    for share in (0.8, 0.3):
        minimap.click(position={"x": share * box["width"], "y": box["height"] / 2})
        many.page.wait_for_function(
            f"([sight, share]) => Math.abs(({CENTRE})(sight) - share) < 0.05", arg=[sight, share]
        )


def test_the_table_has_a_row_for_each_with_its_whole_name(many: Many) -> None:
    many.panel.get_by_role("tab", name="Steps", exact=True).click()
    rows = many.panel.locator("tbody tr")
    expect(rows).to_have_count(COUNT)
    expect(rows.last).to_contain_text(re.compile(rf"^{COUNT}{LAST}"))
