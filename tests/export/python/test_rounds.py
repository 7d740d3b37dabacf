"""Rules of exported steps with a `--repeat-while`: their rounds share what they share in the notebook."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import NotebookError
from tests.export.python.test_module import export

START = "%%step start\nx = 1"


def test_what_goes_from_round_to_round_is_taken_and_returned() -> None:
    text = export(START, '%%step poll --repeat-while "x + y < 9" --at-most 4\ny = x\nx += 1')
    assert "@step(repeat_while='x + y < 9', at_most=4)\ndef poll(x):" in text.replace('"', "'")
    assert "return x, y" in text or "return y, x" in text


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('%%step poll --repeat-while "x < 9" --at-most 4\nx += 1\nif x % 2:\n    odd = x', "odd"),
        ('%%step poll --repeat-while "x < 9" --at-most 4 --out y\ny = x\nx = x + 1', "x"),
        ('%%step poll --repeat-while "y < 9" --at-most 4 --out z\ny = x\nz = 1', "y"),
    ],
)
def test_what_a_function_would_lose_between_rounds_is_refused_by_name(cell: str, name: str) -> None:
    with pytest.raises(NotebookError, match=f"between its rounds {name} would be lost"):
        export(START, cell)
