"""A worker that cannot read what it would be sent gets no job, and is told apart in words."""

from __future__ import annotations

import pytest

from jupyter_pipes.execution.executors.remote.versions import versions, what_differs

OURS = {"Python": "3.11", "cloudpickle": "3", "jupyter_pipes": "0.3.0"}


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (OURS, ""),
        ({**OURS, "numpy": "2"}, ""),
        ({**OURS, "Python": "3.12"}, "has Python 3.12, the kernel 3.11"),
        (
            {"Python": "3.12", "cloudpickle": "3"},
            "has Python 3.12, the kernel 3.11 and has jupyter_pipes ?, the kernel 0.3.0",
        ),
    ],
)
def test_what_differs_is_named_with_both_versions(theirs: dict[str, str], words: str) -> None:
    assert what_differs(theirs, OURS) == words


def test_this_process_fits_itself() -> None:
    assert what_differs(versions(), versions()) == ""
