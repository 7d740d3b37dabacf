"""Which values of other cells a step changed in place, though its code does not show it."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.execution.worker.observation.borrowed_values import BorrowedValues
from jupyter_pipes.model.steps import CodePiece, Step


def note_of(code: str, made: str, *, writes: tuple[str, ...] = ()) -> str:
    """Return what is told of a step that runs `code` with a cell that runs `made`."""
    values: dict[str, Any] = {}
    exec(made, values)
    names = tuple(name for name in values if not name.startswith("__"))
    piece = CodePiece("cell 2", 1, made, names)
    borrowed = BorrowedValues(Step("s", 0, code, "cell 3", writes=writes, prelude=(piece,)), values)
    exec(code, values)
    return borrowed.note()


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("list.append(v, 1)", "v = []"),
        ("next(v)", "v = iter([1, 2])"),
        ("v.random()", "import random\nv = random.Random(1)"),
        ("v[0] = 1", "import numpy as np\nv = np.zeros(3)"),
        ("v.extra = 1", "import types\nv = types.SimpleNamespace()"),
    ],
)
def test_a_change_is_told_with_the_cell_that_makes_the_value(code: str, made: str) -> None:
    assert note_of(code, made).startswith("changed v in place, which cell 2 makes")


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("w = sum(v)", "v = [1, 2]"),
        ("w = f()", "def f():\n    return 1"),
        ("w = v + 1", "v = 3"),
        ("next(v)", "v = (i for i in [1, 2])"),
        ("v[0] = 1", "v = bytearray(2_000_000)"),
    ],
)
def test_nothing_is_told_of_what_stays_or_cannot_be_looked_at(code: str, made: str) -> None:
    assert note_of(code, made) == ""


def test_what_is_handed_on_is_not_told() -> None:
    assert note_of("v.append(1)", "v = []", writes=("v",)) == ""
