"""What the extension costs JupyterLab, and how soon a page shows what happened."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

from benchmarks.chromium import (
    CLEAR,
    Lab,
    LabPage,
    a_lab,
    memory,
    open_panel,
    running_chromium,
    spent_in_ours,
    write_notebook,
)
from benchmarks.measure import Figure, beside

TIMES = 5
FEW_TIMES = 3
EVENTS = 40
CELLS = 120
PAGE_RUNS = 50
SETTLED_MILLISECONDS = 2_000

CACHED = ("%%step load\nraw = [1, 2, 3]", "%%step fit\nfitted = raw[1:]")
TELL = """%%step tell --never-cache
import json, time
from pathlib import Path
from jupyter_pipes import current
told = []
for share in range(EVENTS if Path('tell').exists() else 0):
    told.append(time.time() * 1000)
    current.progress(share, 100)
    time.sleep(0.3)
Path('told.json').write_text(json.dumps(told))
while not Path('end').exists():
    time.sleep(0.01)
Path('end').unlink()
"""
"""A step that runs until it is told to end; before, if wanted, it tells how far it is, and keeps when."""

OPEN = """async path => {
    const { commands } = window.jupyterapp;
    const begun = performance.now();
    const opened = await commands.execute('docmanager:open', { path });
    await opened.revealed;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - begun;
}"""
"""Opens a notebook; returns the milliseconds until it is drawn."""

RUN_ALL = """async () => {
    const begun = performance.now();
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    return performance.now() - begun;
}"""

WATCH = """() => {
    const seen = (window.shares_seen = {});
    const look = () => {
        const last = [...document.querySelectorAll('.jp-pipes-header')].at(-1);
        const share = last.textContent.match(/(\\d+) %/)?.[1];
        // What stands in the page now is drawn with this frame.
        share && (seen[share] ??= Date.now());
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""

PRESS = """([name, words]) => new Promise(done => {
    const panel = document.querySelector('#jp-pipes-panel');
    const press = () => {
        const buttons = [...panel.querySelectorAll('.jp-pipes-actions button:enabled')];
        const button = buttons.find(each => each.textContent === name);
        if (!button) {
            return requestAnimationFrame(press);
        }
        const begun = performance.now();
        button.click();
        const look = () => panel.querySelector('.jp-pipes-heading').textContent.includes(words)
            ? done(performance.now() - begun)
            : requestAnimationFrame(look);
        requestAnimationFrame(look);
    };
    press();
})"""
"""Presses a button of the panel once it can be; returns the milliseconds until the panel shows it."""


def measure() -> list[Figure]:
    """Return the figures: of pages with the extension and without it, in turns, then of one with runs."""
    with running_chromium() as browser, a_lab(browser) as lab:
        with a_lab(browser, extension=False) as bare:
            compared = _compared(lab, bare)
        tell = TELL.replace("EVENTS", str(EVENTS))
        page = _open(lab, "runs", ["import time; time.sleep(3600)", *CACHED, tell])
        open_panel(page)
        return [*compared, _event_to_pixel(page, lab.folder), *_memory(page, lab.folder), *_buttons(page)]


def _compared(lab: Lab, bare: Lab) -> list[Figure]:
    """Measure the same in a page of each; the kernels have loaded us in both."""
    cells = [f"%%step s{n}\nx{n} = {n}" if n % 2 else f"y{n} = {n}" for n in range(CELLS)]
    shown, plain = (_open(each, "all", ["%load_ext jupyter_pipes", *cells]) for each in (lab, bare))
    figures = [_run_all(shown, plain), *_openings(lab, shown, bare, plain)]
    shown.close()
    plain.close()
    return figures


def _openings(lab: Lab, shown: LabPage, bare: Lab, plain: LabPage) -> list[Figure]:
    """Measure the opening of notebooks without steps: whole, and what of it is ours."""
    took, without, ours = list[float](), list[float](), list[float]()
    for _ in range(TIMES):
        without.append(_opened(bare, plain))
        took.append(_opened(lab, shown))
        ours.append(spent_in_ours(shown.page, lambda: _opened(lab, shown)))
    return [
        Figure("lab: to open a notebook without steps, our code", ours, "ms"),
        beside("lab: to open a notebook without steps", took, "ms", without, "without the extension"),
    ]


def _opened(lab: Lab, page: LabPage) -> float:
    """Open a notebook that was never open, in place of the one that is."""
    page.page.evaluate(CLEAR)
    path = _written(lab, f"plain-{next(_NUMBERS)}", [f"x{n} = {n}\nx{n} * 2" for n in range(20)])
    took = page.page.evaluate(OPEN, path.name)
    # What is done when the kernel has come belongs to it.
    page.page.wait_for_timeout(SETTLED_MILLISECONDS)
    return took


def _run_all(shown: LabPage, plain: LabPage) -> Figure:
    """Measure Run All of cells half of which are steps."""
    took, without = list[float](), list[float]()
    # The first one loads what all need.
    for is_counted in (False, *[True] * FEW_TIMES):
        for page, values in ((shown, took), (plain, without)):
            seconds = page.page.evaluate(RUN_ALL) / 1000
            values += [seconds] if is_counted else []
    return beside(f"lab: Run All of {CELLS} cells", took, "s", without, "without the extension")


def _event_to_pixel(page: LabPage, folder: Path) -> Figure:
    """Measure how long after a step tells how far it is the header of its cell shows it."""
    page.page.evaluate(WATCH)
    (folder / "tell").touch()
    page.page.evaluate(PRESS, ["Run pipeline", "running"])
    page.page.locator(".jp-pipes-header", has_text=f"{EVENTS - 1} %").wait_for()
    (folder / "tell").unlink()
    _end(page, folder)
    seen: dict[str, float] = page.page.evaluate("window.shares_seen")
    told: list[float] = json.loads((folder / "told.json").read_text())
    return Figure("lab: from a step's word to the page", [seen[n] - told[int(n)] for n in seen], "ms")


def _memory(page: LabPage, folder: Path) -> list[Figure]:
    """Measure what is left in a page after many runs, beside what was after a fifth of them."""
    left: list[dict[str, float]] = []
    for runs in (PAGE_RUNS // 5, PAGE_RUNS - PAGE_RUNS // 5):
        for _ in range(runs):
            page.page.evaluate(PRESS, ["Run pipeline", "running"])
            _end(page, folder)
        left.append(memory(page.page))
    first, last = left
    what = f"after {PAGE_RUNS // 5}"
    return [
        beside(f"lab: {words} after {PAGE_RUNS} runs", [last[key] / per], unit, [first[key] / per], what)
        for words, key, per, unit in (
            ("heap", "JSHeapUsedSize", 1e6, "MB"),
            ("nodes of the page", "Nodes", 1, ""),
            ("listeners", "JSEventListeners", 1, ""),
        )
    ]


def _end(page: LabPage, folder: Path) -> None:
    (folder / "end").touch()
    heading = page.page.locator(".jp-pipes-heading")
    heading.filter(has_text="completed").filter(has_not_text="running").wait_for()


def _buttons(page: LabPage) -> list[Figure]:
    """Measure how long after a press the panel shows it, while no cell runs and while one does."""
    _pressed(page)
    idle = [_pressed(page) for _ in range(TIMES)]
    page.page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    page.page.keyboard.press("Control+Enter")
    page.page.locator(".jp-InputPrompt", has_text="[*]").wait_for()
    busy = [_pressed(page) for _ in range(TIMES)]
    figures: list[Figure] = []
    for place, name in enumerate(("Run pipeline", "Stop")):
        values, others = ([pair[place] for pair in pairs] for pairs in (busy, idle))
        title = f"lab: {name}, while a cell runs"
        figures.append(beside(title, values, "ms", others, "while none runs"))
    return figures


def _pressed(page: LabPage) -> tuple[float, float]:
    """Start a run and stop it again."""
    started = page.page.evaluate(PRESS, ["Run pipeline", "running"])
    page.page.locator(".jp-pipes-header", has_text="running").wait_for()
    return started, page.page.evaluate(PRESS, ["Stop", "cancelled"])


def _open(lab: Lab, name: str, sources: list[str]) -> LabPage:
    page = lab.open(_written(lab, name, sources), width=1440, height=900)
    page.wait_for_kernel()
    return page


def _written(lab: Lab, name: str, sources: list[str]) -> Path:
    return write_notebook(lab.folder / f"{name}.ipynb", *sources)


_NUMBERS = count()
