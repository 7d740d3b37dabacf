"""What a front end is told of a step's elements."""

from __future__ import annotations

import pytest

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.kernel.link.showing import ShownView
from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow


def test_elements_are_told_what_went_wrong_first(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a --map 'x in [1, 0, 2]'\ny = 1 / x", b="%%step b\nz = 1")
    assert "has not run yet" in kernel.refusal("elements", step="a")
    kernel.run()
    told = kernel.answer("elements", step="a")
    assert [(each["name"], each["value"], each["status"]) for each in told["elements"]] == [
        ("a[1]", "0", "failed"),
        ("a[0]", "1", "completed"),
        ("a[2]", "2", "completed"),
    ]
    assert "division by zero" in told["elements"][0]["why"]
    assert told["elements"][1]["why"] == ""
    assert kernel.answer("elements", step="b") == {
        "title": "Elements",
        "elements": (),
        "more": 0,
        "run": "",
    }


def test_elements_and_their_count_are_told_behind_runs_that_did_not_run_them(kernel: AskedKernel) -> None:
    """One that took their result, one of other steps, and in a kernel that ran nothing yet."""
    kernel.show(a="%%step a --map 'x in [1, 2, 4]'\ny = 1 / x", b="%%step b\nz = 1")
    kernel.run()
    kernel.run()
    assert_elements_are_told(kernel)
    kernel.run(steps=["b"])
    assert_elements_are_told(kernel)
    other = AskedKernel(kernel.session.directory)
    other.show(a="%%step a --map 'x in [1, 2, 4]'\ny = 1 / x", b="%%step b\nz = 1")
    assert_elements_are_told(other)


def assert_elements_are_told(kernel: AskedKernel) -> None:
    steps = board_of(ShownView(kernel.session).now()).steps
    step = next(each for each in steps if each.name == "a")
    assert (step.elements, step.progress) == (3, "3/3")
    assert [each["value"] for each in kernel.answer("elements", step="a")["elements"]] == ["1", "2", "4"]
