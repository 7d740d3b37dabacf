"""Rules of the rounds of a `--repeat-while`: how many there are, and how each is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from jupyter_pipes.execution.worker.current import Context, current
from jupyter_pipes.execution.worker.looping.rounds import TOLD, run_rounds
from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step, StepOptions


@dataclass
class Counting:
    """Counts its rounds; it goes on below `until`, and fails in the round `fails`."""

    until: int = 0
    fails: int = 0
    condition_fails: bool = False
    n: int = 0
    first: list[bool] = field(default_factory=list[bool])
    notes: list[str] = field(default_factory=list[str])

    def run_parts(self, *, is_first: bool) -> ev.AttemptEnded | None:
        self.n += 1
        self.first.append(is_first)
        return _failed("ValueError: no") if self.n == self.fails else None

    def is_true(self, flag: str, expression: str) -> bool | ev.AttemptEnded:
        return _failed(f"{flag} {expression}: KeyError") if self.condition_fails else self.n < self.until

    def in_words(self, expression: str) -> str:
        return f"{expression}: n is\n {self.n}"

    def note(self, text: str) -> None:
        self.notes.append(text)


def _failed(reason: str) -> ev.AttemptEnded:
    return ev.AttemptEnded("poll", 1, "failed", reason)


def run(attempt: Counting, at_most: int) -> tuple[ev.AttemptEnded | None, list[ev.AnyEvent]]:
    options = StepOptions(repeat_while="more", at_most=at_most)
    told: list[ev.AnyEvent] = []
    job = Job("r", "p", Step("poll", 0, "", "cell 1", options=options), 1)
    buffer = MetricBuffer(job, told.append)
    current.enter(Context(job, buffer, lambda name, value: pytest.fail("nothing is stored")))
    try:
        return run_rounds(attempt, options), told
    finally:
        current.enter(None)


@pytest.mark.parametrize("at_most", [1, 2, 5])
@pytest.mark.parametrize("until", [0, 1, 2, 4, 9])
def test_there_are_as_many_rounds_as_a_loop_in_a_notebook_has(until: int, at_most: int) -> None:
    n = 0
    while True:
        n += 1
        if not n < until or n == at_most:
            break
    attempt = Counting(until)
    assert run(attempt, at_most)[0] is None
    assert (attempt.n, attempt.first) == (n, [True, *[False] * (n - 1)])


def test_what_was_decided_is_told_between_the_rounds_and_behind_the_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    attempt = Counting(until=2)
    _, told = run(attempt, 5)
    lines = ["round 2 of at most 5: more: n is 1", "2 rounds: no longer more: n is 2"]
    assert capsys.readouterr().out.splitlines() == lines
    assert attempt.notes == lines[1:]
    assert told[0] == ev.ProgressReported("poll", 1, 0, 5, "round 1 of at most 5")
    assert all(TOLD.fullmatch(line) for line in lines)


def test_that_a_condition_is_still_true_behind_the_last_round_is_a_note() -> None:
    attempt = Counting(until=9)
    assert run(attempt, 1)[0] is None
    assert attempt.notes == ["1 round, as many as --at-most allows: still more: n is 1"]
    assert TOLD.fullmatch(attempt.notes[0])


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (Counting(until=9, fails=3), "round 3 of at most 5: ValueError: no"),
        (Counting(condition_fails=True), "round 1 of at most 5: --repeat-while more: KeyError"),
    ],
)
def test_a_failure_says_its_round(attempt: Counting, reason: str) -> None:
    ended, _ = run(attempt, 5)
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("failed", reason)
