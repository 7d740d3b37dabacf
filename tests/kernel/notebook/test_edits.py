"""What was edited or deleted in a notebook and not run since is told, and nothing else is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from jupyter_pipes.kernel.notebook.cells import KernelCells
from jupyter_pipes.kernel.notebook.edits import changed
from jupyter_pipes.kernel.session import Session
from tests.kernel.notebook.test_cells import write

RAN = {"h": "def f():\n    return 1", "a": "%%step a\nx = f()", "b": "%%step b\ny = x"}


def save(path: Path, cells: dict[str, str], seconds: float = 5) -> None:
    """Save the notebook so many seconds from now."""
    write(path, *cells.items())
    os.utime(path, (time.time() + seconds,) * 2)


CASES = {
    "nothing": (RAN, {}),
    "edited": ({**RAN, "a": "%%step a\nx = f() + 1"}, {"a": "edited"}),
    "only layout at its end": ({**RAN, "a": "%%step a\nx = f()\n"}, {}),
    "deleted": ({"h": RAN["h"], "a": RAN["a"]}, {"b": "gone"}),
    "a new cell": ({**RAN, "c": "%%step c\nz = y"}, {}),
    "moved under another id": ({"h": RAN["h"], "a": RAN["a"], "new": RAN["b"]}, {}),
    "another tool's ids": ({f"other-{key}": text for key, text in RAN.items()}, {}),
    "another tool's ids and an edit": ({"x": RAN["h"], "y": "%%step a\nx = 2", "z": RAN["b"]}, {}),
}


@pytest.mark.parametrize(("saved", "expected"), CASES.values(), ids=CASES.keys())
def test_what_the_saved_file_tells(tmp_path: Path, saved: dict[str, str], expected: dict[str, str]) -> None:
    path = tmp_path / "a.ipynb"
    cells = KernelCells(path)
    for key, source in RAN.items():
        cells.define(key, source, 1)
    save(path, saved)
    assert changed(cells.ran, cells.saved()) == expected
    save(path, saved, -5)
    assert changed(cells.ran, cells.saved()) == {}


def test_plans_and_marks_tell_it_for_each_step_concerned(tmp_path: Path) -> None:
    path = tmp_path / "study.ipynb"
    save(path, RAN, -5)
    session = Session(tmp_path, path, {}, live=False)
    for key, source in RAN.items():
        session.define(key, source, 1)
    assert session.pipeline().graph.diagnostics == ()
    save(path, {"h": "def f():\n    return 2", "a": RAN["a"]})
    problems = session.pipeline().graph.diagnostics
    assert [(each.code, each.step, each.severity) for each in problems] == [
        ("JP032", "a", "warning"),
        ("JP033", "b", "warning"),
    ]
    assert problems[0].message.startswith("Cell 1, which step a uses, was edited and not run since")
    assert "JP033 step b" in session.edit_warnings()[1]
    session.define("h", "def f():\n    return 2", 4)
    save(path, {"h": "def f():\n    return 2", "a": RAN["a"]}, -1)
    assert session.pipeline().graph.diagnostics == ()
