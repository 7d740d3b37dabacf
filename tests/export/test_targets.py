"""Where exports may be written: over nothing, over an earlier export, and else only with `force`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_pipes.export.targets import check_target
from jupyter_pipes.model.errors import NotebookError, UsageError

MODULE = '"""Study.\n\nExported from study.ipynb by jupyter_pipes.\n"""\n\nx = 1\n'
EXECUTED = json.dumps({"cells": [{"metadata": {"jupyter_pipes": {"run": "r1", "step": "a"}}}]})
REPORT = "<!DOCTYPE html>\n<!-- Report of run r1 by jupyter_pipes. -->\n"
OTHERS = {
    "notes.txt": "Exported from nowhere",
    "tool.py": "x = 1\n",
    "like.py": 'x = """\nExported from a by jupyter_pipes."""\n',
    "study.ipynb": '{"cells": [{"metadata": {}}]}',
    "page.html": "<!DOCTYPE html>\n<p>Report of run r1 by jupyter_pipes.</p>",
    "broken.ipynb": "{",
    "list.ipynb": "[1]",
    "deep.ipynb": "[" * 100_000,
    "data.bin": "\0",
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_somebody_else_is_replaced_only_by_force(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(OTHERS[name])
    with pytest.raises(UsageError, match=r"there already.*--force"):
        check_target(path, force=False)
    check_target(path, force=True)


@pytest.mark.parametrize(
    ("name", "text"), [("train.py", MODULE), ("out.ipynb", EXECUTED), ("out.html", REPORT), ("new.py", "")]
)
def test_an_earlier_export_is_replaced(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    check_target(path, force=False)
    check_target(tmp_path / "none.py", force=False)
    if text:
        with pytest.raises(UsageError, match="--force"):
            check_target(path, force=False, replaces_own=False)


def test_the_notebook_itself_is_no_export_though_it_was_executed(tmp_path: Path) -> None:
    path, link = tmp_path / "n.ipynb", tmp_path / "link.ipynb"
    path.write_text(EXECUTED)
    link.symlink_to(path)
    for target in (path, link, tmp_path / "." / "n.ipynb"):
        with pytest.raises(UsageError, match="--force"):
            check_target(target, force=False, source=str(path))


def test_what_is_no_file_is_refused_by_force_as_well(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    names = ("fifo.py", "loop.py", "no/x.py")
    for target in (*(tmp_path / name for name in names), ".", "/dev/null", "a\0b.py", "x" * 300 + ".py"):
        with pytest.raises(NotebookError, match="cannot write"):
            check_target(Path(target), force=True)
