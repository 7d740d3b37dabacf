"""Quantities are read and written in one place, and so read the same wherever they are shown."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_pipes.cli.terminal import PlainLines
from jupyter_pipes.display import cards, cleanup_text
from jupyter_pipes.display.html import artifacts_html
from jupyter_pipes.display.looks import status_line
from jupyter_pipes.display.steps.details import StepFacts, step_sections
from jupyter_pipes.display.tables import Comparison, RunTable
from jupyter_pipes.display.text import run_line, run_text, steps_text
from jupyter_pipes.history.cleanup.collect import Amount, Collection
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.quantities import (
    bytes_text,
    clock_text,
    counted,
    duration_option,
    duration_text,
    exact_duration_text,
    exact_size_text,
    iso_text,
    parse_duration,
    parse_size,
    shape_text,
    size_option,
    until_next,
)
from jupyter_pipes.model.results import ArtifactRef, Usage
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.comparing.comparison import Difference, values_text
from jupyter_pipes.runs.listing import ListedRun
from jupyter_pipes.runs.run import Run


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("30m", 1800),
        ("30min", 1800),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("2d", 172_800),
        ("7", 7),
        (".5", 0.5),
        (7, 7),
        (timedelta(minutes=1), 60),
    ],
)
def test_durations_are_in_seconds(text: object, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "nan", "inf", "1x", "1h30", True, None, float("nan"), -1])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="10s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("100", 100),
        ("500M", 500 * 10**6),
        ("500 MB", 500 * 10**6),
        ("4g", 4 * 10**9),
        ("1.5GiB", 3 * 2**29),
        ("1Ki", 1024),
        (4096, 4096),
    ],
)
def test_sizes_are_in_bytes(text: object, size: int) -> None:
    assert parse_size(text) == size


@given(st.integers(0, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    factor = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert parse_duration(f"{number}{unit}") == pytest.approx(number * factor)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.344, "0.34 s"), (12.34, "12.3 s"), (59.96, "1 min 00 s"), (245, "4 min 05 s"), (7380, "2 h 03 min")],
)
def test_durations_are_told_as_people_say_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_a_clock_keeps_its_form_while_it_ticks(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "count", "left"), [(0, 0, 1), (9.5, 9, 0.5), (10, 10, 10), (19.5, 10, 0.5), (61, 60, 9)]
)
def test_what_is_dear_to_renew_counts_each_second_up_to_ten_then_tens(
    seconds: float, count: int, left: float
) -> None:
    assert (counted(seconds), until_next(seconds)) == (count, left)


@pytest.mark.parametrize(
    ("size", "text"), [(812, "812 B"), (3482, "3.4 KiB"), (335_544_320, "320 MiB"), (1024**2 - 1, "1.0 MiB")]
)
def test_sizes_are_told_as_people_say_them(size: int, text: str) -> None:
    assert bytes_text(size) == text


def test_shapes_have_their_thousands_marked() -> None:
    assert shape_text((1000, 8)).startswith("1,000 ")
    assert shape_text(()) == ""


@pytest.mark.parametrize(
    ("seconds", "text", "option"),
    [
        (0, "0 s", "0s"),
        (0.3, "300 ms", "300ms"),
        (0.0005, "0.0005 s", "0.0005s"),
        (1, "1 s", "1s"),
        (2.5, "2.5 s", "2.5s"),
        (65, "1 min 05 s", "1m05s"),
        (90, "1 min 30 s", "1m30s"),
        (90.5, "90.5 s", "90.5s"),
        (1800, "30 min", "30m"),
        (5400, "1 h 30 min", "1h30m"),
        (7200, "2 h", "2h"),
        (90_000, "25 h", "25h"),
        (1e-7, "0.0000001 s", "0.0000001s"),
    ],
)
def test_a_said_duration_stays_exact(seconds: float, text: str, option: str) -> None:
    assert (exact_duration_text(seconds), duration_option(seconds)) == (text, option)


@given(st.floats(0, allow_infinity=False, allow_nan=False) | st.integers(0, 10**9))
@example(0.1 + 0.2)
@example(1e22)
@example(5e-324)
def test_a_said_duration_is_read_back_the_same(seconds: float) -> None:
    assert parse_duration(duration_option(seconds)) == seconds
    assert parse_duration(exact_duration_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("size", "text", "option"),
    [
        (1, "1 B", "1"),
        (999, "999 B", "999"),
        (4097, "4097 B", "4097"),
        (1024, "1 KiB", "1KiB"),
        (1536, "1.5 KiB", "1.5KiB"),
        (300 * 10**6, "300 MB", "300M"),
        (4 * 10**9, "4 GB", "4G"),
        (3 * 2**29, "1.5 GiB", "1.5GiB"),
        (10**12, "1 TB", "1T"),
    ],
)
def test_a_said_size_stays_exact(size: int, text: str, option: str) -> None:
    assert (exact_size_text(size), size_option(size)) == (text, option)


@given(st.integers(1, 10**4), st.sampled_from([1, 500, 512, 2**19, 10**6, 5 * 10**8, 2**29, 10**9, 2**30]))
def test_a_said_size_is_read_back_the_same(number: int, factor: int) -> None:
    size = number * factor
    assert parse_size(size_option(size)) == parse_size(exact_size_text(size)) == size


def test_a_moment_for_programs_has_its_zone() -> None:
    assert iso_text(0.5) == "1970-01-01T00:00:00.500000+00:00"


# --- everywhere the same -----------------------------------------------------------------------------------

PLACES = {
    "a line of progress": lambda view: progress(view),
    "a node of the graph": lambda view: status_line(view.steps["load"]),
    "the graph as text": steps_text,
    "a card": lambda view: words(card(view)["text/html"]),
    "a card as text": lambda view: card(view)["text/plain"],
    "the details": lambda view: words(details(view)["status"]),
    "the details' attempts": lambda view: words(details(view)["attempts"]),
    "a run in a line": run_line,
    "a run's steps": lambda view: run_text(view, colour=False).splitlines()[1],
    "a run's steps in a terminal": lambda view: run_text(view, colour=True).splitlines()[2],
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


def test_what_a_step_used() -> None:
    view = view_of(1.0, cpu_seconds=12.34, peak_memory=335_544_320)
    for shown in (run_text(view, colour=False), words(details(view)["attempts"])):
        assert "12.3 s" in shown
        assert "320 MiB" in shown


def view_of(seconds: float, facts: tuple[ev.AnyEvent, ...] = (), **used: Any) -> RunView:
    """Return the view of a run whose one step took so long."""
    before = (
        ev.RunStarted("study", "1.0.0", (ev.PlannedStep("load"),)),
        ev.AttemptStarted("load", 1, 1, "host"),
        *facts,
    )
    after = (
        ev.AttemptEnded("load", 1, "completed", usage=Usage(seconds, **used)),
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
    return step_sections(view, view.steps["load"], StepFacts(), lambda _: "", 0.0)


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
    return SimpleNamespace(history=SimpleNamespace(view={view.run: view}.get)), view.run
