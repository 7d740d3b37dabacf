"""What a run that only waits costs where JupyterLab shows it: CPU time of the page and of the kernel."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from benchmarks.chromium import (
    Lab,
    a_lab,
    another_chromium,
    processes,
    running_chromium,
    write_notebook,
)
from benchmarks.measure import Figure, beside, seconds_since, thread_seconds

TIMES = 3
STILL_MILLISECONDS = 10_000
SETTLED_MILLISECONDS = 12_000

KERNEL = "import os\nfrom pathlib import Path\n_ = Path('kernel').write_text(str(os.getpid()))"
PIPELINE = (
    "%%step sleeps --always\nimport time\ntime.sleep(3600)\nx = 1",
    "%%step asks --gate 'go on?'\ny = 1",
    "%%step last\nz = x + y",
)
RUN = "%pipeline run --background"
"""Shows the live graph below it."""

TABS = ("graph", "timeline")
NO_RUN, BARE = "no run", "a page without the extension"


class Watched:
    """A notebook in a page, and the process of its kernel."""

    def __init__(self, lab: Lab, *cells: str) -> None:
        path = write_notebook(lab.folder / "idle.ipynb", KERNEL, *cells)
        self.lab = lab.open(path, width=1440, height=900)
        self.page = self.lab.page
        self.lab.run_all_and_wait()
        self._kernel = int((lab.folder / "kernel").read_text())

    def taken(self) -> tuple[float, float]:
        """Return the milliseconds of CPU time that a second takes: of the page, and of the kernel."""
        # What the pointer does is no waiting.
        self.page.mouse.move(400, 5)
        self.page.wait_for_timeout(SETTLED_MILLISECONDS)
        before = self._seconds()
        self.page.wait_for_timeout(STILL_MILLISECONDS)
        of_page, of_kernel = map(seconds_since, before, self._seconds())
        return of_page * 1e6 / STILL_MILLISECONDS, of_kernel * 1e6 / STILL_MILLISECONDS

    def _seconds(self) -> tuple[dict[str, float], dict[str, float]]:
        browser = self.page.context.browser
        assert browser is not None
        kernel = psutil.Process(self._kernel)
        pids = [kernel.pid, *(process.pid for process in kernel.children(recursive=True))]
        return thread_seconds(processes(browser)), thread_seconds(pids)

    def begin(self) -> None:
        """Run the last cell, which runs the pipeline."""
        self.page.locator(".jp-Notebook-cell").last.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self._wait_for("running")

    def stop(self) -> None:
        """Press "Stop" in the panel."""
        self.page.locator("#jp-pipes-panel .jp-pipes-actions").get_by_text("Stop", exact=True).click()
        self._wait_for("cancelled")

    def show(self, tab: str) -> None:
        """Show a tab of the panel."""
        self.page.locator(f"#jp-pipes-tab-{tab}").click()

    def _wait_for(self, words: str) -> None:
        self.page.locator(".jp-pipes-heading", has_text=words).wait_for()


def measure() -> list[Figure]:
    """Return what a second takes while a run goes on, while none does, and without us, in turns."""
    with (
        running_chromium() as browser,
        another_chromium(browser) as other,
        a_lab(browser) as lab,
        a_lab(other, extension=False) as plain,
    ):
        bare = Watched(plain, "x = 1")
        watched = Watched(lab, "%load_ext jupyter_pipes", *PIPELINE, RUN)
        watched.lab.command("jupyter_pipes:open-panel")
        watched.stop()
        taken = [_turn(watched, bare) for _ in range(TIMES)]
    return list(_figures(taken))


def _turn(watched: Watched, bare: Watched) -> dict[str, tuple[float, float]]:
    taken: dict[str, tuple[float, float]] = {}
    watched.begin()
    for tab in TABS:
        watched.show(tab)
        taken[tab] = watched.taken()
    watched.stop()
    return {**taken, NO_RUN: watched.taken(), BARE: bare.taken()}


def _figures(taken: list[dict[str, tuple[float, float]]]) -> Iterator[Figure]:
    page, kernel = ({what: [turn[what][of] for turn in taken] for what in taken[0]} for of in (0, 1))
    for tab in TABS:
        name = f"idle: a second of a page that shows a run, as a {tab}"
        yield beside(name, page[tab], "ms CPU", page[NO_RUN], NO_RUN)
    yield beside("idle: a second of a page without a run", page[NO_RUN], "ms CPU", page[BARE], BARE)
    yield beside(
        "idle: a second of its kernel, with a run", kernel["graph"], "ms CPU", kernel[NO_RUN], NO_RUN
    )
