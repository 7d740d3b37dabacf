"""The graph in a real JupyterLab: by keyboard, folded and searched, saved and in the main area."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, LabPage
from playwright.sync_api import Locator, Page, expect

WAIT = 30.0

CELLS = (
    "%%step load --stage data\nraw = [1, 2, 3]",
    "%%step clean --stage data\nrows = raw[1:]",
    "%%step fit --stage model\nfitted = sum(rows)",
    "%%step plot --stage model\nwords = str(rows)",
)


class Graph:
    """The graph of the panel in one page."""

    def __init__(self, page: LabPage) -> None:
        self.lab = page
        self.page: Page = page.page
        self.panel = self.page.locator("#jp-pipes-panel")
        self.nodes = self.panel.locator(".jp-pipes-graph li button")

    def node(self, name: str) -> Locator:
        """What stands for a node beside the canvas."""
        return self.nodes.filter(has_text=re.compile(f"^{name}, "))

    def button(self, name: str) -> Locator:
        """A button above the graph."""
        return self.panel.get_by_role("button", name=name, exact=True)

    def menu_by_keys(self, node: str, entry: str) -> Locator:
        """Open a node's menu when it has an entry: the kernel is told of a text a moment later."""
        found = self.page.get_by_role("menuitem", name=entry)
        end = time.monotonic() + WAIT
        while True:
            self.node(node).focus()
            self.page.keyboard.press("Shift+F10")
            # It opens at once, whatever was edited.
            expect(self.page.get_by_role("menuitem", name="Copy its name")).to_be_visible(timeout=2000)
            if found.count() or time.monotonic() > end:
                return found
            self.page.keyboard.press("Escape")


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Graph]:
    """A notebook with four steps in two stages, and the panel."""
    page = lab.open_new("graph", "train.ipynb", *CELLS)
    page.page.locator("[data-id=jp-pipes-panel]").first.click()
    yield Graph(page)
    page.close()


@pytest.fixture
def graph(opened: Graph) -> Graph:
    """The same with no stage folded, whatever another test did."""
    expect(opened.nodes.first).to_be_attached()
    if opened.nodes.count() < len(CELLS):
        opened.button("Fold all stages").click()
        opened.button("Unfold all stages").click()
    expect(opened.nodes).to_have_count(len(CELLS))
    return opened


def test_keys_go_through_the_graph_open_a_menu_and_select(graph: Graph) -> None:
    graph.node("load").focus()
    graph.page.keyboard.press("ArrowDown")
    expect(graph.node("clean")).to_be_focused()
    graph.menu_by_keys("clean", "Get rows").click()
    line = graph.page.locator(".jp-Notebook-cell").nth(2)
    expect(line).to_contain_text("%pipeline get rows")
    graph.node("clean").focus()
    graph.page.keyboard.press("Enter")
    cell = graph.page.locator(".jp-Notebook-cell").nth(1)
    expect(cell).to_have_class(re.compile("jp-mod-active"))


def test_a_menu_by_keys_is_of_what_the_cells_say_now(graph: Graph) -> None:
    """Also where nothing that the list of nodes says has changed."""
    graph.node("plot").focus()
    graph.page.locator(".jp-Notebook-cell", has_text="%%step plot").locator(".cm-content").click()
    graph.page.keyboard.press("Control+End")
    graph.page.keyboard.insert_text("\nmore = 1")
    expect(graph.menu_by_keys("plot", "Get more, words")).to_be_visible()
    graph.page.keyboard.press("Escape")


def test_stages_fold_and_a_folded_step_is_found_in_its_stage(graph: Graph) -> None:
    graph.button("Fold all stages").click()
    expect(graph.nodes).to_have_count(2)
    search = graph.panel.get_by_role("searchbox")
    search.fill("plot")
    expect(graph.panel.get_by_label("Matches")).to_have_text("1/1")
    search.fill("")
    graph.node("model").press("Enter")
    expect(graph.node("plot")).to_be_attached()
    expect(graph.node("load")).to_have_count(0)


def test_it_is_zoomed_in_tens_saved_and_opened_in_the_main_area(graph: Graph, tmp_path: Path) -> None:
    percent = graph.panel.get_by_label("Zoom", exact=True)
    graph.button("Smaller").click()
    expect(percent).to_have_text(re.compile(r"^\d+0 %$"))
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with graph.page.expect_download() as download:
            graph.button(f"Save as {kind}").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert file.name == f"train.{kind.lower()}"
        assert file.read_bytes().startswith(start)
    graph.button("Open in the main area").click()
    main = graph.page.locator("#jp-main-dock-panel .jp-pipes-graph li button")
    expect(main).to_have_count(4)
