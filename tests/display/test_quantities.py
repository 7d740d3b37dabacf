"""A duration, a size and a shape read the same wherever they are shown."""

from __future__ import annotations

import io
import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.cli.terminal import PlainLines
from jupyter_pipes.display import cards, cleanup_text
from jupyter_pipes.display.graph import picture
from jupyter_pipes.display.html import artifacts_html
from jupyter_pipes.display.looks import status_line
from jupyter_pipes.display.tables import Comparison, RunTable
from jupyter_pipes.display.text import run_line, run_text
from jupyter_pipes.history.cleanup.collect import Amount, Collection
from jupyter_pipes.kernel.widget.details import step_sections
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import ArtifactRef, Usage
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, fold
from jupyter_pipes.runs.comparison import Difference, values_text
from jupyter_pipes.runs.listing import ListedRun
from jupyter_pipes.runs.run import Run

PLACES = {
    "a line of progress": lambda view: progress(view),
    "a node of the graph": lambda view: status_line(view.steps["load"]),
    "the graph as text": picture.text,
    "a card": lambda view: words(card(view)["text/html"]),
    "a card as text": lambda view: card(view)["text/plain"],
    "the details": lambda view: words(details(view)["status"]),
    "the details' attempts": lambda view: words(details(view)["attempts"]),
    "a run in a line": run_line,
    "a run's steps": lambda view: run_text(view, colour=False).splitlines()[2],
    "a run in Python": lambda view: repr(Run(*nowhere(view))),
    "the list of runs": lambda view: repr(listed(view)),
    "the list of runs in a notebook": lambda view: words(listed(view)._repr_html_()),
    "a comparison": lambda view: values_text(Difference("load", "seconds", "", view.ended - 100.0))[0],
    "a comparison in a notebook": lambda view: words(compared(view)._repr_html_()),
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.344, "0.34 s"), (12.34, "12.3 s"), (90, "1 min 30 s"), (245, "4 min 05 s"), (7380, "2 h 03 min")],
)
@pytest.mark.parametrize("place", PLACES)
def test_a_duration(place: str, seconds: float, text: str) -> None:
    shown = PLACES[place](view_of(seconds))
    assert text in shown
    assert len(re.findall(r"[\d.]+ (?:ms|s|min|h)\b", shown)) == len(text.split()) // 2 * shown.count(text)


@pytest.mark.parametrize(
    ("size", "text"), [(812, "812 B"), (3482, "3.4 KiB"), (335_544_320, "320 MiB"), (2**31, "2.0 GiB")]
)
def test_a_size_and_a_shape(size: int, text: str) -> None:
    table = ArtifactRef("df", "ab", "pandas.DataFrame", size, "pickle", (100_000, 8))
    stored = (ev.ArtifactStored("load", 1, table),)
    view = view_of(1.0, stored)
    for shown in (card(view)["text/plain"], *map(words, (card(view)["text/html"], artifacts_html([table])))):
        assert text in shown
        assert "100,000 \N{MULTIPLICATION SIGN} 8" in shown
    assert text in cleanup_text.text(Collection(artifacts=Amount(1, size)))


def view_of(seconds: float, facts: tuple[ev.AnyEvent, ...] = ()) -> RunView:
    """Return the view of a run whose one step took so long."""
    before = (
        ev.RunStarted("study", "1.0.0", (ev.PlannedStep("load"),)),
        ev.AttemptStarted("load", 1, 1, "host"),
        *facts,
    )
    after = (
        ev.AttemptEnded("load", 1, "completed", usage=Usage(seconds)),
        ev.StepEnded("load", Status.COMPLETED),
        ev.RunEnded(Status.COMPLETED),
    )
    records = [ev.Record("r1", seq, 100.0, fact) for seq, fact in enumerate(before)]
    ended = [ev.Record("r1", 10 + seq, 100.0 + seconds, fact) for seq, fact in enumerate(after)]
    return fold("r1", [*records, *ended])


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))


def card(view: RunView) -> dict[str, str]:
    return cards.step_card(view, "load", [], "")


def details(view: RunView) -> dict[str, str]:
    return step_sections(view.steps["load"], "", lambda _: "", 0.0, why="", stale="")


def progress(view: RunView) -> str:
    stream = io.StringIO()
    PlainLines(stream).catch_up(view)
    return stream.getvalue()


def listed(view: RunView) -> RunTable:
    assert view.ended is not None
    return RunTable([ListedRun("r1", "study", "1.0.0", view.status, 1.0, 100.0, view.ended - 100.0)])


def compared(view: RunView) -> Comparison:
    assert view.ended is not None
    return Comparison(("r1", "r2"), (Difference("load", "seconds", "", view.ended - 100.0),))


def nowhere(view: RunView) -> Any:
    return None, view.run, SimpleNamespace(view=view)
