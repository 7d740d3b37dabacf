"""The graph of 1,000 steps in JupyterLab: how long it takes to open, and with how many frames it moves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.chromium import (
    LabPage,
    a_lab,
    frame_times,
    open_panel,
    rate,
    running_chromium,
    write_notebook,
)
from benchmarks.measure import Figure, beside

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page

STEPS = 1_000
MOVES = 120
SETTLED_MILLISECONDS = 3_000
STILL_MILLISECONDS = 1_500
NODES = "#jp-pipes-panel .jp-pipes-graph li button"


def measure() -> list[Figure]:
    """Return the seconds from click to graph, and the frames a second while it is moved and zoomed."""
    with running_chromium() as browser, a_lab(browser) as lab:
        notebook = write_notebook(lab.folder / "many.ipynb", *_cells(STEPS))
        page = lab.open(notebook, width=1440, height=900)
        page.wait_for_kernel()
        page.page.locator(".jp-pipes-header:has-text('pending')").first.wait_for()
        opened = _open(page)
        # Lab makes the editors of 1,000 cells whenever it is idle.
        page.page.wait_for_timeout(SETTLED_MILLISECONDS)
        still = frame_times(page.page, lambda: page.page.wait_for_timeout(STILL_MILLISECONDS))
        ground = page.page.locator("#jp-pipes-panel .jp-pipes-canvas").bounding_box()
        assert ground is not None
        figures = [
            Figure(f"graph: {STEPS:,} steps, from click to graph", [opened], "s"),
            Figure(f"graph: {STEPS:,} steps, nothing moves", [rate(still)], "frames/s"),
        ]
        for size in ("whole", "at 100 %"):
            if size != "whole":
                _enlarge(page.page)
            for how, act in (("moved", _move), ("zoomed", _zoom)):
                times = [frame_times(page.page, lambda act=act: act(page.page, ground)) for _ in range(3)]
                rates = list(map(rate, times))
                name = f"graph: {STEPS:,} steps, {size}, {how}"
                figures.append(beside(name, rates, "frames/s", [rate(still)], "nothing moves"))
    return figures


def _cells(count: int) -> list[str]:
    """Return steps in fifty layers of twenty, each of which reads one to three earlier ones."""
    sources: list[str] = []
    for n in range(count):
        reads = [n - 20, *([n - 27] if n % 3 == 0 else []), *([n - 13] if n % 5 == 0 else [])]
        terms = [f"v{read}" for read in reads if read >= 0]
        sources.append(f"%%step s{n}\nv{n} = {' + '.join(terms) or '1'}")
    return sources


def _open(page: LabPage) -> float:
    begun = time.perf_counter()
    open_panel(page)
    page.page.locator(NODES).nth(STEPS - 1).wait_for(state="attached")
    # What was drawn is seen with the next frame.
    page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return time.perf_counter() - begun


def _enlarge(page: Page) -> None:
    zoom = page.locator("#jp-pipes-panel").get_by_label("Zoom", exact=True)
    while int((zoom.text_content() or "0").split()[0]) < 100:
        page.locator("#jp-pipes-panel").get_by_role("button", name="Larger", exact=True).click()


def _move(page: Page, ground: FloatRect) -> None:
    x, y = ground["x"] + ground["width"] / 2, ground["y"] + ground["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for n in range(MOVES):
        page.mouse.move(x + (n % 40 - 20) * 4, y + (n % 30 - 15) * 4)
    page.mouse.up()


def _zoom(page: Page, ground: FloatRect) -> None:
    page.mouse.move(ground["x"] + ground["width"] / 2, ground["y"] + ground["height"] / 2)
    for n in range(MOVES // 2):
        page.mouse.wheel(0, 40 if n % 20 < 10 else -40)
        page.wait_for_timeout(16)
