"""Lines that IPython drops above a cell's first are counted, so that tracebacks name the cell's own."""

from __future__ import annotations

import pytest

from jupyter_pipes.execution.worker.numbering import leading_blank_lines


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("x", 0),
        ("\nx", 1),
        ("\n    x", 1),
        ("  x\n\ny", 0),
        (" \n\t\n\tx", 2),
        ("\r\n\r\nx", 2),
        ("\n\n", 2),
        ("", 0),
    ],
)
def test_an_indented_line_is_not_blank(source: str, count: int) -> None:
    assert leading_blank_lines(source) == count
