"""What a front end is told of a step's elements."""

from __future__ import annotations

import pytest

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
    assert kernel.answer("elements", step="b") == {"title": "Elements", "elements": (), "more": 0}
