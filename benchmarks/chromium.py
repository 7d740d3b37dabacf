"""Pages of a real JupyterLab in Chromium, with our extension or without, and what Chromium tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.browser.lab import CHROMIUM_ARGUMENTS, CLEAR, Lab, LabPage, chromium, running_lab, write_notebook

__all__ = ["CLEAR", "Lab", "LabPage", "a_lab", "frame_times", "memory", "open_panel", "rate"]
__all__ += ["another_chromium", "processes", "running_chromium", "spent_in_ours", "write_notebook"]

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Page

OURS = "jupyter_pipes"
"""What stands in the address of each of the extension's scripts."""

_WATCH_FRAMES = """() => {
    const frames = (window.frames_seen = []);
    const see = time => {
        frames.push(time);
        window.frames_seen && requestAnimationFrame(see);
    };
    requestAnimationFrame(see);
}"""
_END_FRAMES = "() => { const frames = window.frames_seen; window.frames_seen = null; return frames; }"


@contextmanager
def running_chromium() -> Generator[Browser]:
    """Run Chromium, drawing in software, until the block ends."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright, _launched(playwright.chromium) as browser:
        yield browser


@contextmanager
def another_chromium(browser: Browser) -> Generator[Browser]:
    """Run another Chromium, with processes of its own, until the block ends."""
    with _launched(browser.browser_type) as other:
        yield other


@contextmanager
def _launched(kind: BrowserType) -> Generator[Browser]:
    browser = kind.launch(executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS))
    yield browser
    browser.close()


def processes(browser: Browser) -> list[int]:
    """Return the ids of the processes of a Chromium."""
    devtools = browser.new_browser_cdp_session()
    told = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    devtools.detach()
    return [each["id"] for each in told]


@contextmanager
def a_lab(browser: Browser, *, extension: bool = True) -> Generator[Lab]:
    """Run JupyterLab on a new folder until the block ends, with our extension or without."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        configured = Path(place) / "notebooks-jupyter" / "jupyter_config_dir" / "labconfig"
        configured.mkdir(parents=True)
        disabled = {} if extension else {OURS: True}
        (configured / "page_config.json").write_text(json.dumps({"disabledExtensions": disabled}))
        with running_lab(folder, browser) as lab:
            yield lab


def open_panel(page: LabPage) -> None:
    """Open the panel "Pipeline"."""
    page.page.locator("[data-id=jp-pipes-panel]").first.click()


def frame_times(page: Page, action: Callable[[], object]) -> list[float]:
    """Return the milliseconds between the frames that are drawn while something is done."""
    page.evaluate(_WATCH_FRAMES)
    action()
    frames = page.evaluate(_END_FRAMES)
    return [after - before for before, after in pairwise(frames)]


def rate(times: list[float]) -> float:
    """Return the frames of a second."""
    return 1000 * len(times) / sum(times)


def spent_in_ours(page: Page, action: Callable[[], object]) -> float:
    """Return the milliseconds that our code, and what it calls, takes while something is done."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Profiler.enable")
    devtools.send("Profiler.setSamplingInterval", {"interval": 100})
    devtools.send("Profiler.start")
    action()
    profile = devtools.send("Profiler.stop")["profile"]
    devtools.detach()
    return _below(profile, lambda frame: f"/{OURS}/" in frame["url"])


def _below(profile: dict[str, Any], counts: Callable[[dict[str, str]], bool]) -> float:
    """Return the milliseconds of a profile's samples that have such a frame somewhere on their stack."""
    counted: set[int] = set()
    # A node stands before its children.
    for node in profile["nodes"]:
        if node["id"] in counted or counts(node["callFrame"]):
            counted.update((node["id"], *node.get("children", ())))
    pairs = zip(profile["samples"], profile["timeDeltas"], strict=True)
    return sum(delta for sample, delta in pairs if sample in counted) / 1000


def memory(page: Page) -> dict[str, float]:
    """Return the bytes of the heap, and how many nodes and listeners there are, after a collection."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return {name: metrics[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}
