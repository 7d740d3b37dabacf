"""Rules of metrics on their way: none is lost, doubled, or told behind what happened after it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from jupyter_pipes.execution.worker.current import Context, current
from jupyter_pipes.execution.worker.metrics import buffer
from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step

JOB = Job("r", "p", Step("fit", 0, "", "cell 1"), 1)
NOTE = ev.NoteAdded("fit", 1, "behind them")


class Inside:
    """A step that runs, and what it told."""

    def __init__(self) -> None:
        self.told: list[ev.AnyEvent] = []
        self.has_told = threading.Event()
        self.buffer = MetricBuffer(JOB, self._take)

    def _take(self, event: ev.AnyEvent) -> None:
        self.told.append(event)
        self.has_told.set()

    def values(self, name: str) -> list[Any]:
        points = [event.points for event in self.told if isinstance(event, ev.MetricsReported)]
        return [value for each in points if name in each for value in each[name].values]

    def places(self, name: str) -> list[float | None]:
        points = [event.points for event in self.told if isinstance(event, ev.MetricsReported)]
        return [place for each in points if name in each for place in each[name].at]


@pytest.fixture
def inside() -> Generator[Inside]:
    step = Inside()
    current.enter(Context(JOB, step.buffer, lambda name, value: pytest.fail("nothing is stored")))
    yield step
    current.enter(None)


def test_many_values_are_told_in_few_events_and_in_order(inside: Inside) -> None:
    for number in range(25_000):
        current.metric("loss", number / 2, at=number)
        current.metric("step", number)
    inside.buffer.report(NOTE)
    assert inside.values("loss") == [number / 2 for number in range(25_000)]
    assert inside.places("loss") == list(range(25_000))
    assert inside.values("step") == list(range(25_000))
    assert inside.places("step") == []
    assert len(inside.told) < 1_000


def test_the_first_value_is_told_at_once(inside: Inside) -> None:
    current.metric("loss", 0.5)
    assert inside.values("loss") == [0.5]


def test_what_waits_is_told_soon_though_nothing_follows(inside: Inside) -> None:
    current.metric("loss", 0.5)
    inside.has_told.clear()
    current.metric("loss", 0.25)
    assert inside.has_told.wait(30)
    assert inside.values("loss") == [0.5, 0.25]


def test_what_happens_behind_a_value_is_told_behind_it(inside: Inside) -> None:
    for value in (3, 2, 1):
        current.metric("loss", value)
    inside.buffer.report(NOTE)
    assert (inside.values("loss"), inside.told[-1]) == ([3, 2, 1], NOTE)


def test_the_last_values_are_those_of_all_that_was_said(inside: Inside) -> None:
    for value in (3, 2.5, math.nan):
        current.metric("loss", value)
    current.metric("n", 7)
    assert str(inside.buffer.last_values()) == "{'loss': nan, 'n': 7}"


def test_values_of_several_threads_are_all_told(inside: Inside) -> None:
    def say(name: str) -> None:
        for number in range(5_000):
            current.metric(name, number)

    threads = [threading.Thread(target=say, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inside.buffer.report(NOTE)
    assert [inside.values(name) for name in "abcd"] == [list(range(5_000))] * 4


def test_where_no_thread_can_be_started_each_value_is_told_at_once(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_timer: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", refuse)
    for value in (3, 2, 1):
        current.metric("loss", value)
    assert inside.values("loss") == [3, 2, 1]


def test_a_copy_of_the_process_tells_its_own_values_at_once_and_none_twice(inside: Inside) -> None:
    for value in (3, 2, 1):
        current.metric("loss", value)
    current.hold()
    assert inside.values("loss") == [3, 2, 1]
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    current.go_on(is_copy=True)
    current.metric("loss", 0.5)
    current.metric("loss", 0.25)
    assert inside.values("loss") == [3, 2, 1, 0.5, 0.25]


class Scalar:
    """A number of a library: it only knows what it is as a float."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, 1),
        (True, 1),
        (2**53, 2**53),
        (2**60, float(2**60)),
        (0.1, 0.1),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (Scalar(0.5), 0.5),
        (Scalar(math.nan), "NaN"),
        ("0.5", 0.5),
    ],
)
def test_a_value_is_told_as_a_plain_number_or_a_word(inside: Inside, value: Any, told: Any) -> None:
    current.metric("m", value)
    (shown,) = inside.values("m")
    assert (shown, type(shown)) == (told, type(told))


@pytest.mark.parametrize(
    "report",
    [
        lambda: current.metric("m", "much"),  # pyright: ignore[reportArgumentType]
        lambda: current.metric("m", [1]),  # pyright: ignore[reportArgumentType]
        lambda: current.metric("m", 1, at=math.nan),
        lambda: current.metric("m", 1, at="now"),  # pyright: ignore[reportArgumentType]
        lambda: current.metric("m", 1, at=10**400),
    ],
)
def test_what_is_no_number_is_refused_where_it_is_said(inside: Inside, report: Callable[[], None]) -> None:
    with pytest.raises(UsageError, match="'m' must be a"):
        report()
    inside.buffer.report(NOTE)
    assert inside.told == [NOTE]


def test_a_million_values_wait_in_no_more_memory_than_some_thousand(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer, "INTERVAL", 3600.0)
    for number in range(30_001):
        current.metric("m", number)
    assert len(inside.values("m")) >= 30_001 - buffer.MOST_POINTS
    inside.buffer.report(NOTE)
