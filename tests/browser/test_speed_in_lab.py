"""What keeps the extension fast in a real JupyterLab, as far as it can be told without a clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from lab import REST, Lab
from playwright.sync_api import Page, expect

CELLS = (
    "%%step load\nraw = [1, 2, 3]",
    "%%step clean\nrows = raw[1:]",
    "%%step wait --never-cache\nimport time\nfrom pathlib import Path\n"
    "while not Path('end').exists():\n    time.sleep(0.02)\n"
    "Path('end').unlink()\nlast = rows[-1]",
)
PLACES = """() => document.querySelector('#jp-pipes-panel .jp-pipes-canvas')._cyreg.cy.elements()
    .map(each => [each.id(), each.isNode() ? each.position() : each.midpoint()])"""
"""Where each node and edge is drawn: cytoscape keeps itself at its element."""

COUNT_LAYOUTS = """() => {
    window.layouts_asked = 0;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
        window.layouts_asked += text.includes('"ask":"graph"');
        send.call(this, data);
    };
}"""


class Watched:
    """A page with the panel."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self._folder = folder
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        page.evaluate(COUNT_LAYOUTS)

    @property
    def layouts(self) -> int:
        """How many layouts the page asked the kernel for."""
        return self.page.evaluate("window.layouts_asked")

    def run(self, *, until_it_rests: bool = False) -> None:
        """Run the pipeline from start to end, perhaps until the page rests while a step runs."""
        header = self.page.locator(".jp-pipes-header:has(.jp-pipes-name:text-is('wait'))")
        buttons = self.page.locator(".jp-NotebookPanel-toolbar")
        buttons.get_by_role("button", name="Run pipeline", exact=True).click()
        expect(header).to_contain_text("running")
        if until_it_rests:
            self.page.evaluate(REST)
        (self._folder / "end").touch()
        expect(header).to_contain_text("completed")
        expect(self.page.locator(".jp-pipes-heading")).to_contain_text("completed")

    def left(self) -> tuple[float, float]:
        """Return how many nodes and listeners there are when what nobody holds is gone."""
        for _ in range(3):
            self._devtools.send("HeapProfiler.collectGarbage")
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        counts = {each["name"]: each["value"] for each in metrics}
        return counts["Nodes"], counts["JSEventListeners"]


@pytest.fixture(scope="module")
def watched(lab: Lab) -> Iterator[Watched]:
    """A notebook of three steps, of which the last waits, and the panel with its graph."""
    page = lab.open_new("watched", "train.ipynb", *CELLS, is_new=True)
    seen = Watched(page.page, lab.folder_of("watched"))
    seen.page.locator("[data-id=jp-pipes-panel]").first.click()
    expect(seen.page.locator("#jp-pipes-panel .jp-pipes-graph li button")).to_have_count(3)
    yield seen
    page.close()


def test_a_run_asks_for_no_layout_and_moves_nothing_in_the_graph(watched: Watched) -> None:
    places = watched.page.evaluate(PLACES)
    # Until then the kernel may have taken over from what the server keeps.
    watched.run()
    asked = watched.layouts
    watched.run()
    assert watched.layouts == asked
    assert watched.page.evaluate(PLACES) == places


def test_runs_leave_no_nodes_and_no_listeners_behind(watched: Watched) -> None:
    """Lab itself adds some now and then, as when it saves; what a run left would be there after each."""
    for _ in range(2):
        watched.run()
    left: list[tuple[float, float]] = []
    for _ in range(5):
        watched.run()
        left.append(watched.left())
    nodes, listeners = zip(*left, strict=True)
    for counts in (nodes, listeners):
        assert min(after - before for before, after in pairwise(counts)) <= 0, counts


def test_a_graph_that_shows_nothing_new_asks_for_no_frames(watched: Watched) -> None:
    watched.run(until_it_rests=True)
    watched.page.evaluate(REST)
