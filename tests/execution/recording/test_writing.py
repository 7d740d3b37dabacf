"""When facts are written: at once before anything is done by them, else together with those that follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from jupyter_pipes.execution.recording.writing import TOGETHER, Writing


class Waiting:
    """A loop whose time goes on when it is told to."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        self.due.append((delay, action))
        return cast("asyncio.TimerHandle", Handle(self, (delay, action)))

    def pass_time(self) -> list[float]:
        """Do what is due, and return after how long each of it was."""
        due, self.due = self.due, []
        for _, action in due:
            action()
        return [delay for delay, _ in due]


class Handle:
    def __init__(self, loop: Waiting, entry: tuple[float, Callable[[], None]]) -> None:
        self.cancel = lambda: loop.due.remove(entry)


class Facts:
    """Takes the place of a recorder: how many facts wait, and how many each transaction had."""

    def __init__(self) -> None:
        self.waiting = 0
        self.transactions: list[int] = []
        self.is_locked = False

    @property
    def is_written(self) -> bool:
        return not self.waiting

    def write(self) -> bool:
        if not self.is_locked:
            self.transactions.append(self.waiting)
            self.waiting = 0
        return not self.is_locked


class Run:
    """A run that writes as a controller does."""

    def __init__(self) -> None:
        self.loop, self.facts = Waiting(), Facts()
        self.writing = Writing(cast("Any", self.facts), cast("Any", self.loop), self.take)

    def take(self, *, at_once: bool = False, new: int = 0) -> bool:
        self.facts.waiting += new
        return self.writing.write(at_once=at_once)


@pytest.fixture
def run() -> Run:
    return Run()


def test_facts_that_nothing_follows_are_written_together_after_a_moment(run: Run) -> None:
    assert [run.take(new=1), run.take(new=2)] == [False, False]
    assert (run.facts.transactions, run.writing.is_due) == ([], False)
    assert run.loop.pass_time() == [TOGETHER]
    assert (run.facts.transactions, run.loop.due, run.writing.is_due) == ([3], [], False)


def test_what_something_waits_for_is_written_at_once_with_all_before_it(run: Run) -> None:
    run.take(new=1)
    assert run.take(new=1, at_once=True)
    assert (run.facts.transactions, run.loop.due) == ([2], [])


def test_nothing_is_done_while_the_history_is_locked_and_all_is_written_then(run: Run) -> None:
    run.facts.is_locked = True
    assert not run.take(new=1, at_once=True)
    assert not run.take(new=1, at_once=True)
    run.facts.is_locked = False
    assert not run.writing.is_due
    run.loop.pass_time()
    assert (run.facts.transactions, run.loop.due) == ([2], [])
