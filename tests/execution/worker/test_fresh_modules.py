"""A module edited within a second, with its size kept, runs as it is now."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from pathlib import Path

import pytest

from jupyter_pipes.execution.worker.fresh_modules import loaded_from_source


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a module whose bytecode is of an earlier state that Python cannot tell from the present one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "edited_at_once.py"
    path.write_text("VALUE = 1\n")
    stat = path.stat()
    py_compile.compile(str(path), doraise=True)
    path.write_text("VALUE = 2\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    importlib.invalidate_caches()
    return path


def value(path: Path) -> int:
    sys.modules.pop(path.stem, None)
    return int(importlib.import_module(path.stem).VALUE)


def test_bytecode_of_an_earlier_state_is_not_run(module: Path) -> None:
    with loaded_from_source([str(module.parent)]):
        assert value(module) == 2


def test_outside_all_is_as_before(module: Path) -> None:
    hooks, other = list(sys.path_hooks), module.parent / "other"
    with loaded_from_source([str(other)]):
        assert value(module) == 1
    assert sys.path_hooks == hooks
