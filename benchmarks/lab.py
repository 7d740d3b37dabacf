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

TIMES = 7
EVENTS = 40
CELLS = 120
PAGE_RUNS = 50
SETTLED_MILLISECONDS = 2_000

TELL = """%%step tell --never-cache
import json, time
from pathlib import Path
from jupyter_pipes import current
told = []
for share in range({events}):
    told.append(time.time() * 1000)
    current.progress(share, 100)
    time.sleep(0.3)
Path('told.json').write_text(json.dumps(told))"""
"""A step that tells how far it is, and keeps when it did."""

WAIT = """%%step wait --never-cache
import time
from pathlib import Path
while not Path('end').exists():
    time.sleep(0.01)
Path('end').unlink()"""
"""A step that runs until it is told to end."""

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
        const share = document.querySelector('.jp-pipes-header').textContent.match(/(\\d+) %/)?.[1];
        // What stands in the page now is drawn with this frame.
        share && (seen[share] ??= Date.now());
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""

PRESS = """([name, words]) => new Promise(done => {
    const panel = document.querySelector('#jp-pipes-panel');
    const buttons = [...panel.querySelectorAll('.jp-pipes-actions button')];
    const begun = performance.now();
    buttons.find(each => each.textContent === name).click();
    const look = () => panel.querySelector('.jp-pipes-heading').textContent.includes(words)
        ? done(performance.now() - begun)
        : requestAnimationFrame(look);
    requestAnimationFrame(look);
})"""
"""Presses a button of the panel; returns the milliseconds until the panel shows what it does."""


def measure() -> list[Figure]:
    """Return the figures, of pages with the extension and of such without it, which take turns."""
    with running_chromium() as browser, a_lab(browser) as lab:
        with a_lab(browser, extension=False) as bare:
            compared = [*_openings(lab, bare), *_run_alls(lab, bare)]
        return [*compared, _event_to_pixel(lab), *_buttons(lab), *_memory(lab)]


def _openings(lab: Lab, bare: Lab) -> list[Figure]:
    """Measure the opening of notebooks without steps: whole, and what of it is ours."""
    took, without, ours = list[float](), list[float](), list[float]()
    sources = [f"x{n} = {n}\nx{n} * 2" for n in range(20)]
    shown, plain = (_open(each, "first", sources) for each in (lab, bare))
    for _ in range(TIMES):
        without.append(_opened(bare, plain, sources))
        took.append(_opened(lab, shown, sources))
        ours.append(spent_in_ours(shown.page, lambda: _opened(lab, shown, sources)))
    shown.close()
    plain.close()
    return [
        Figure("lab: to open a notebook without steps, our code", ours, "ms"),
        beside("lab: to open a notebook without steps", took, "ms", without, "without the extension"),
    ]


def _opened(lab: Lab, page: LabPage, sources: list[str]) -> float:
    """Open a notebook that was never open, in place of the one that is."""
    page.page.evaluate(CLEAR)
    path = _written(lab, f"plain-{next(_NUMBERS)}", sources)
    took = page.page.evaluate(OPEN, path.name)
    # What is done when the kernel has come belongs to it.
    page.page.wait_for_timeout(SETTLED_MILLISECONDS)
    return took


def _run_alls(lab: Lab, bare: Lab) -> list[Figure]:
    """Measure Run All of plain cells, and of cells that are steps, both with a kernel that has loaded us."""
    plain = [f"x{n} = {n}" for n in range(CELLS)]
    steps = [f"%%step s{n}\nx{n} = {f'x{n - 1} + 1' if n else '1'}" for n in range(CELLS)]
    figures: list[Figure] = []
    for name, sources in (("plain", plain), ("step", steps)):
        took, without = list[float](), list[float]()
        pages = [_open(each, name, ["%load_ext jupyter_pipes", *sources]) for each in (lab, bare)]
        for number in range(TIMES + 1):
            for page, values in zip(pages, (took, without), strict=True):
                milliseconds = page.page.evaluate(RUN_ALL)
                # The first one loads what all need.
                values += [milliseconds / 1000] if number else []
        for page in pages:
            page.close()
        title = f"lab: Run All of {CELLS} {name} cells"
        figures.append(beside(title, took, "s", without, "without the extension"))
    return figures


def _event_to_pixel(lab: Lab) -> Figure:
    """Measure how long after a step tells how far it is the header of its cell shows it."""
    page = _open(lab, "told", [TELL.format(events=EVENTS)])
    page.page.evaluate(WATCH)
    page.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    page.page.locator(".jp-pipes-header", has_text="completed").wait_for()
    seen: dict[str, float] = page.page.evaluate("window.shares_seen")
    told: list[float] = json.loads((lab.folder / "told.json").read_text())
    page.close()
    return Figure("lab: from a step's word to the page", [seen[n] - told[int(n)] for n in seen], "ms")


def _buttons(lab: Lab) -> list[Figure]:
    """Measure how long after a press the panel shows it, while no cell runs and while one does."""
    page = _open(lab, "buttons", ["import time; time.sleep(3600)", WAIT])
    open_panel(page)
    _pressed(page)
    idle = [_pressed(page) for _ in range(TIMES)]
    page.page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    page.page.keyboard.press("Control+Enter")
    page.page.locator(".jp-InputPrompt", has_text="[*]").wait_for()
    busy = [_pressed(page) for _ in range(TIMES)]
    page.close()
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


def _memory(lab: Lab) -> list[Figure]:
    """Measure what is left in a page after many runs, beside what was after a fifth of them."""
    page = _open(lab, "many-runs", ["%%step load\nraw = [1, 2, 3]", "%%step fit\nfitted = raw[1:]", WAIT])
    open_panel(page)
    left: list[dict[str, float]] = []
    for runs in (PAGE_RUNS // 5, PAGE_RUNS - PAGE_RUNS // 5):
        for _ in range(runs):
            _run(page, lab.folder)
        left.append(memory(page.page))
    page.close()
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


def _run(page: LabPage, folder: Path) -> None:
    heading = page.page.locator(".jp-pipes-heading")
    page.page.evaluate(PRESS, ["Run pipeline", "running"])
    (folder / "end").touch()
    heading.filter(has_text="completed").filter(has_not_text="running").wait_for()


def _open(lab: Lab, name: str, sources: list[str]) -> LabPage:
    page = lab.open(_written(lab, name, sources), width=1440, height=900)
    page.wait_for_kernel()
    return page


def _written(lab: Lab, name: str, sources: list[str]) -> Path:
    return write_notebook(lab.folder / f"{name}.ipynb", *sources)


_NUMBERS = count()
