"""Makes the drawings of the documentation, light and dark: `python docs/site/drawings.py docs/images`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path

Point = tuple[float, float]

THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "ink": "#1f2328",
        "quiet": "#59636e",
        "line": "#7d8590",
        "plain": "#ffffff",
        "ground": "#f3f5f7",
        "step": "#ddeeff",
        "kept": "#dcf5e3",
    },
    "dark": {
        "ink": "#e6edf3",
        "quiet": "#a3adb8",
        "line": "#8b949e",
        "plain": "#161b22",
        "ground": "#22272e",
        "step": "#133156",
        "kept": "#143d24",
    },
}
WIDTH = 480
"""Px, so that letters of 14 px can be read where a phone shows all of it."""

LINE = 19
_SANS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
_MONO = "ui-monospace, 'DejaVu Sans Mono', monospace"


class Drawing:
    """Boxes and arrows in one theme.

    Args:
        theme: its colours.
        height: px.
        title: what is to be seen, in words.
    """

    def __init__(self, theme: Mapping[str, str], height: float, title: str) -> None:
        self._theme = theme
        self._parts: list[str] = []
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {WIDTH + 2} {height + 2}" '
            f'width="{WIDTH + 2}" height="{height + 2}" role="img">\n'
            f"<title>{escape(title)}</title>\n"
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="{theme["line"]}"/></marker></defs>\n'
        )

    def box(
        self,
        place: Point,
        size: Point,
        *lines: str,
        fill: str = "plain",
        mono: bool = False,
        corner: float = 6,
    ) -> None:
        """Draw a box with lines of text; the first is bold, unless it is code."""
        (x, y), (width, height) = place, size
        self._parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}" '
            f'fill="{self._theme[fill]}" stroke="{self._theme["line"]}"/>'
        )
        top = y + height / 2 - LINE * (len(lines) - 1) / 2 + 5
        for number, line in enumerate(lines):
            where = (x + 10, top + number * LINE) if mono else (x + width / 2, top + number * LINE)
            self.text(where, line, quiet=bool(number) and not mono, mono=mono, bold=not number and not mono)

    def frame(self, place: Point, size: Point, title: str) -> None:
        """Draw what boxes lie in, with a title at its top left."""
        (x, y), (width, height) = place, size
        self._parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{self._theme["ground"]}" '
            f'stroke="{self._theme["line"]}" stroke-dasharray="4 3"/>'
        )
        self.text((x + 10, y + 20), title, quiet=True, start=True)

    def text(
        self,
        place: Point,
        text: str,
        *,
        quiet: bool = False,
        mono: bool = False,
        bold: bool = False,
        start: bool = False,
    ) -> None:
        """Write one line, around its place, or from it on where it is code or so said."""
        anchor = "start" if mono or start else "middle"
        weight = ' font-weight="600"' if bold else ""
        family, size = (_MONO, "13") if mono else (_SANS, "14")
        self._parts.append(
            f'<text x="{place[0]}" y="{place[1]}" text-anchor="{anchor}" '
            f'font-family="{family}" font-size="{size}"{weight} '
            f'fill="{self._theme["quiet" if quiet else "ink"]}" xml:space="preserve">{escape(text)}</text>'
        )

    def link(self, start: Point, end: Point) -> None:
        """Draw a dotted line between two places that are the same thing."""
        self._parts.append(
            f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" '
            f'stroke="{self._theme["line"]}" stroke-dasharray="2 4"/>'
        )

    def arrow(self, *points: Point, label: str = "", at: Point = (0, 0), both: bool = False) -> None:
        """Draw an arrow along points, with a word beside it that begins at a place."""
        way = " ".join(f"{x},{y}" for x, y in points)
        start = ' marker-start="url(#tip)"' if both else ""
        self._parts.append(
            f'<polyline points="{way}" fill="none" stroke="{self._theme["line"]}" stroke-width="1.5" '
            f'stroke-linejoin="round" marker-end="url(#tip)"{start}/>'
        )
        if label:
            self.text(at, label, quiet=True, start=True)

    def __str__(self) -> str:
        return self._head + "\n".join(self._parts) + "\n</svg>\n"


def graph(theme: Mapping[str, str]) -> Drawing:
    """A notebook, and the graph that its names make."""
    drawing = Drawing(theme, 356, "Five cells of a notebook, and beside them the graph that their names make")
    cells = (
        (0, ("%%params", "rows = 1000")),
        (78, ("def train(df): …",)),
        (130, ("%%step load", "df = read(rows)")),
        (212, ("%%step fit", "model = train(df)")),
        (294, ("%%step report", "print(len(df), model)")),
    )
    nodes = ((270, 8, "rows"), (270, 138, "load"), (270, 220, "fit"), (270, 302, "report"))
    for x, y, _ in nodes:
        drawing.link((212, y + 23), (x, y + 23))
    for top, lines in cells:
        drawing.box((0, top), (212, 24 + LINE * len(lines)), *lines, mono=True)
    for x, y, name in nodes:
        is_parameter = name == "rows"
        fill, corner = ("ground", 23) if is_parameter else ("step", 6)
        more = {"rows": ("a parameter",), "fit": ("with train",)}.get(name, ())
        drawing.box((x, y), (120, 46), name, *more, fill=fill, corner=corner)
    drawing.arrow((330, 54), (330, 136))
    drawing.arrow((330, 184), (330, 218), label="df", at=(338, 206))
    drawing.arrow((330, 266), (330, 300), label="model", at=(338, 288))
    drawing.arrow((390, 161), (436, 161), (436, 325), (392, 325), label="df", at=(444, 247))
    return drawing


def signature(theme: Mapping[str, str]) -> Drawing:
    """What decides whether a step runs."""
    drawing = Drawing(theme, 406, "What a step depends on makes its signature, which finds a kept result")
    parts = (
        "its code, without comments",
        "the helpers that it reaches",
        "the parameters that it reads",
        "its inputs, by content",
        "the files that it reads",
        "versions of its packages",
    )
    for number, part in enumerate(parts):
        top = number * 40
        drawing.box((0, top), (232, 32))
        drawing.text((12, top + 21), part, start=True)
        drawing.arrow((232, top + 16), (268, top + 16), (268, 116), (302, 116))
    drawing.box((304, 84), (176, 64), "signature", "9c417e0b…", fill="step")
    drawing.arrow((392, 148), (392, 248))
    drawing.box((284, 250), (196, 38), "is its result kept?", fill="ground", corner=19)
    drawing.arrow((284, 269), (125, 269), (125, 328), label="yes", at=(190, 262))
    drawing.arrow((392, 288), (392, 328), label="no", at=(400, 313))
    drawing.box((0, 330), (250, 62), "cached", "its result is taken, nothing runs", fill="kept")
    drawing.box((284, 330), (196, 62), "runs", "and its result is kept", fill="step")
    return drawing


def rerun(theme: Mapping[str, str]) -> Drawing:
    """How far an edit reaches."""
    drawing = Drawing(theme, 318, "After an edit clean runs; fit runs only if clean leaves something else")
    drawing.box((130, 0), (220, 52), "load", "cached: nothing changed", fill="kept")
    drawing.arrow((240, 52), (240, 84), label="df", at=(248, 74))
    drawing.box((130, 86), (220, 52), "clean", "runs: code changed", fill="step")
    drawing.text((360, 117), "← you edited it", quiet=True, start=True)
    drawing.arrow((240, 138), (240, 180))
    drawing.box((110, 182), (260, 38), "does it leave the same bytes?", fill="ground", corner=19)
    drawing.arrow((110, 201), (80, 201), (80, 262), label="yes", at=(48, 236))
    drawing.arrow((370, 201), (400, 201), (400, 262), label="no", at=(408, 236))
    drawing.box((0, 264), (210, 52), "fit", "cached: the same inputs", fill="kept")
    drawing.box((270, 264), (210, 52), "fit", "runs: other content", fill="step")
    return drawing


def process(theme: Mapping[str, str]) -> Drawing:
    """How one step runs."""
    drawing = Drawing(theme, 374, "A step runs in a process of its own, between what is kept and who watches")
    drawing.box(
        (0, 0), (480, 62), "where you are", "notebook, shell or Python: nothing changes there", fill="ground"
    )
    drawing.arrow((80, 62), (80, 128), label="run, cancel", at=(90, 100))
    drawing.arrow((240, 130), (240, 64), label="status, log, metrics", at=(250, 100))
    drawing.frame((0, 130), (310, 242), "a process for this step alone")
    drawing.box(
        (14, 164), (282, 60), "1  loads what the cell reads", "and what it needs of other cells", fill="step"
    )
    drawing.box((14, 236), (282, 42), "2  runs the cell", fill="step")
    drawing.box(
        (14, 290), (282, 60), "3  keeps what the cell leaves", "and ends: its memory is free", fill="step"
    )
    drawing.box((390, 164), (90, 186), "what is", fill="kept")
    drawing.text((435, 281), "kept", bold=True)
    drawing.arrow((390, 194), (298, 194), label="df", at=(346, 186))
    drawing.arrow((296, 320), (388, 320), label="model", at=(324, 312))
    return drawing


def run(theme: Mapping[str, str]) -> Drawing:
    """What happens in a run, and what is left of it."""
    drawing = Drawing(theme, 306, "Four steps of a run over time, two side by side, and what is kept of it")
    drawing.frame((0, 0), (480, 216), "run 20261129-083517-48cc   rows = 1000")
    bars = ((20, 70, "load"), (98, 220, "fit"), (98, 120, "plot"), (326, 86, "report"))
    for number, (left, width, name) in enumerate(bars):
        drawing.box((left, 34 + number * 38), (width, 30), name, fill="step")
    drawing.arrow((14, 198), (466, 198), label="time", at=(424, 190))
    drawing.arrow((240, 216), (240, 248), label="as it happens", at=(250, 238))
    drawing.box(
        (0, 250), (480, 54), "history", "why each step ran, code, log, metrics, names of values", fill="kept"
    )
    return drawing


def artifacts(theme: Mapping[str, str]) -> Drawing:
    """How values of runs are kept."""
    drawing = Drawing(theme, 292, "Two runs name values; equal values are kept once")
    for top, title, names in ((0, "run 1", "depth = 3"), (156, "run 2", "depth = 5")):
        drawing.frame((0, top), (190, 136), f"{title}   {names}")
        drawing.box((16, top + 34), (158, 38), "df of load", fill="step")
        drawing.box((16, top + 84), (158, 38), "model of fit", fill="step")
    drawing.frame((290, 0), (190, 292), "values, by their content")
    for top, name in ((52, "df   3f9a…"), (130, "model   c41e…"), (222, "model   88b0…")):
        drawing.box((306, top), (158, 46), name, fill="kept")
    drawing.arrow((174, 53), (239, 53), (239, 68), (304, 68))
    drawing.arrow((174, 209), (239, 209), (239, 84), (304, 84))
    drawing.arrow((174, 103), (265, 103), (265, 153), (304, 153))
    drawing.arrow((174, 259), (265, 259), (265, 245), (304, 245))
    return drawing


def architecture(theme: Mapping[str, str]) -> Drawing:
    """The folders of the package that a run goes through."""
    drawing = Drawing(theme, 452, "Who wants something says it to the controller; what happens is an event")
    drawing.box((0, 0), (150, 62), "kernel/ cli/", "or Python")
    drawing.box((312, 0), (160, 62), "runs/")
    drawing.arrow((150, 31), (310, 31), label="run, cancel", at=(190, 22))
    drawing.arrow((394, 62), (394, 122), label="a request, by analysis/", at=(218, 86))
    drawing.text((218, 105), "pipelines/ planning/", quiet=True, start=True)
    drawing.frame((0, 124), (480, 124), "execution/controller")
    drawing.box((14, 170), (96, 62), "journal", "history/", fill="kept")
    drawing.box((154, 170), (100, 62), "inbox", fill="ground")
    drawing.box((312, 170), (160, 62), "scheduler", "execution/scheduling/", fill="step")
    drawing.arrow((254, 201), (310, 201))
    drawing.arrow((154, 201), (112, 201))
    drawing.arrow((394, 232), (394, 302), label="commands", at=(402, 282))
    drawing.box((312, 304), (160, 62), "executors", "execution/executors/", fill="step")
    drawing.box((134, 304), (140, 62), "worker", "execution/worker/", fill="step")
    drawing.arrow((312, 335), (276, 335), label="jobs", at=(281, 326))
    drawing.arrow((204, 304), (204, 234), label="events", at=(212, 282))
    drawing.arrow((204, 366), (204, 404), both=True, label="values", at=(212, 390))
    drawing.box((134, 406), (140, 44), "storage/", fill="kept")
    drawing.arrow((62, 232), (62, 302), label="model/fold", at=(70, 282))
    drawing.box((0, 304), (110, 62), "display/", "widget, Lab")
    return drawing


DRAWINGS: Mapping[str, Callable[[Mapping[str, str]], Drawing]] = {
    "concept-graph": graph,
    "concept-signature": signature,
    "concept-rerun": rerun,
    "concept-process": process,
    "concept-run": run,
    "concept-artifacts": artifacts,
    "architecture": architecture,
}


def files() -> Iterator[tuple[str, str]]:
    """Yield the name of each file with its text."""
    for name, draw in DRAWINGS.items():
        for theme, colours in THEMES.items():
            yield f"{name}-{theme}.svg", str(draw(colours))


if __name__ == "__main__":
    for name, text in files():
        Path(sys.argv[1], name).write_text(text, encoding="utf-8")
