"""The log of a step as it grows: only what is new is sent, and the traceback leads to cells."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.ansi import plain
from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow

CELLS = {
    "helper": "def boom():\n    return 1 / 0",
    "a": "%%step a\nprint('\\x1b[31mred\\x1b[0m', end='')\nprint('12\\r3')\nx = 1",
    "b": "%%step b --retries 1\nprint('before')\ny = boom()",
}


def test_a_log_is_what_a_terminal_shows_with_its_colours_and_is_sent_once(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    log = kernel.answer("follow log", step="a")
    assert plain(log["text"]).strip() == "3ed12"
    assert "\x1b[31m" in log["text"]
    assert log["is_cut"] is False
    again = kernel.answer("follow log", step="a", seen=log["size"])
    assert (again["text"], again["size"]) == (None, log["size"])


def test_each_attempt_has_its_log_and_its_traceback_with_the_cells_that_it_names(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    log = kernel.answer("follow log", step="b")
    assert (log["attempt"], log["attempts"]) == (2, (1, 2))
    assert "ZeroDivisionError" in log["traceback"]
    assert log["cells"]["1"] == "helper"
    assert kernel.answer("follow log", step="b", attempt=1)["text"].strip() == "before"
    assert "attempt 7" in kernel.refusal("follow log", step="b", attempt=7)


def test_a_cached_step_has_the_log_of_the_run_that_it_took(kernel: AskedKernel) -> None:
    kernel.show(a=CELLS["a"])
    kernel.run()
    first = kernel.answer("follow log", step="a")
    kernel.run()
    assert kernel.answer("follow log", step="a") == first


def test_a_mapped_step_has_the_logs_of_its_elements_as_one_try(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a --map 'x in [1, 2]'\nprint('at', x)\ny = x")
    kernel.run()
    log = kernel.answer("follow log", step="a")
    assert log["text"].split() == ["a[0]:", "at", "1", "a[1]:", "at", "2"]
    assert log["attempts"] == (2,)
    again = kernel.answer("follow log", step="a", seen=log["size"])
    assert (again["text"], again["size"]) == (None, log["size"])
    kernel.run()
    assert kernel.answer("follow log", step="a")["text"] == log["text"], "cached, it has those that it took"


def test_a_step_that_never_ran_says_so(kernel: AskedKernel) -> None:
    kernel.show(a=CELLS["a"])
    assert "has not run yet" in kernel.refusal("follow log", step="a")


def test_a_long_log_shows_its_end_unless_all_is_wanted(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nfor i in range(20000):\n    print('line', i)\nx = 1")
    kernel.run()
    log = kernel.answer("follow log", step="a")
    assert log["is_cut"]
    assert "line 19999" in log["text"]
    assert "line 1\n" not in log["text"]
    whole = kernel.answer("follow log", step="a", is_whole=True)
    assert whole["text"].startswith("line 0\nline 1\n")
    assert not whole["is_cut"]
