"""Rules of functions that are asked whether a step is tried again: what they may do, and cannot hide."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_pipes.execution.worker.failing import retries
from jupyter_pipes.runs.pipeline import Pipeline

FUNCTIONS = """\
import sys, threading
from math import tau

class Policy:
    def __call__(self, error, attempt):
        return attempt < 2

policy = Policy()
always = lambda error, attempt: True

def never(error, attempt): ...
def leaves(error, attempt): sys.exit(3)
def unclear(error, attempt):
    class Answer:
        def __bool__(self):
            raise ValueError('ambiguous')
    return Answer()
def counts(error, attempt):
    print(type(error).__name__, getattr(error, 'returncode', None), attempt)
    return True
"""

ASKED = [
    # --retry-on, the cell below it -> attempts, what the note says, if there is one
    ("policy", "raise KeyError", 2, ""),
    ("always", "raise KeyError", 3, ""),
    ("never", "raise KeyError", 1, ""),
    ("never KeyError", "raise KeyError", 3, ""),
    ("leaves", "raise KeyError", 1, "--retry-on leaves: SystemExit: 3 (cell 1, line 12)"),
    ("unclear", "raise KeyError", 1, "ValueError: ambiguous"),
    ("sys.exit", "raise KeyError", 1, "sys.exit takes other arguments"),
    ("sys.nothing", "raise KeyError", 1, "has no attribute 'nothing'"),
    ("tau", "raise KeyError", 1, "tau is no function"),
    ("threading.BrokenBarrierError", "raise threading.BrokenBarrierError", 3, ""),
    ("counts", "sys.exit(4)", 3, ""),
]


def test_the_answers_of_functions_and_what_they_fail_with(pipeline_of: Callable[..., Pipeline]) -> None:
    steps = [f"%%step s{n} --retries 2 --retry-on {on}\n{body}" for n, (on, body, *_) in enumerate(ASKED)]
    run = pipeline_of(FUNCTIONS, *steps).run(debug=True, check=False)
    seen = [(step.status, len(step.attempts)) for step in run.steps.values()]
    assert seen == [("failed", attempts) for *_, attempts, _ in ASKED]
    for step, (*_, words) in zip(run.steps.values(), ASKED, strict=True):
        assert [words in note for note in step.notes] == ([True] if words else []), (words, step.notes)
        assert step.reason.startswith(("KeyError", "BrokenBarrierError", "the step ended")), "its own error"


def test_a_function_that_hangs_is_left_alone(
    pipeline_of: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "LIMIT", 0.1)
    cells = "import threading", "def hangs(error, attempt): threading.Event().wait(5)"
    run = pipeline_of(*cells, "%%step a --retries 2 --retry-on hangs\nraise KeyError").run(
        debug=True, check=False
    )
    (note,) = run.steps["a"].notes
    assert (len(run.steps["a"].attempts), "within 100 ms" in note) == (1, True)
    assert run.steps["a"].reason == "KeyError"


def test_a_class_of_the_steps_own_cell_is_that_of_the_exception(pipeline_of: Callable[..., Pipeline]) -> None:
    function = "def busy(error, attempt): return isinstance(error, Busy)"
    cell = "%%step a --retries 2 --retry-on busy\nclass Busy(Exception): ...\nraise Busy"
    run = pipeline_of(function, cell).run(debug=True, check=False)
    assert len(run.steps["a"].attempts) == 3


WAYS = [
    ("--when 1/0", "x = 1", "ZeroDivisionError None"),
    ("--bash", "exit 22", "ScriptFailed 22"),
    ("--map 'i in range(1/0)'", "x = i", "ZeroDivisionError None"),
    ("--repeat-while 'x < 3' --at-most 5", "x = 1 / 0", "ZeroDivisionError None"),
    ("--out-file nothing.txt", "x = 1", "OutFileMissing None"),
    ("", "print(limit)", "ValueError None"),
]


def test_it_is_asked_in_whichever_way_a_step_fails(pipeline_of: Callable[..., Pipeline]) -> None:
    steps = [
        f"%%step s{n} {said} --retries 2 --retry-on counts\n{body}" for n, (said, body, _) in enumerate(WAYS)
    ]
    run = pipeline_of(FUNCTIONS, "limit = int('many')", *steps).run(debug=True, check=False)
    for step, (_, _, told) in zip(run.steps, WAYS, strict=True):
        logs = "".join(run.logs(step, attempt=number) for number in (1, 2, 3))
        assert logs == f"{told} 1\n{told} 2\n", "behind the last try nobody asks"
