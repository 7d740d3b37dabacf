"""Files that define pipelines are imported as they stand there now."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyter_pipes.runs.modules import import_module


@pytest.mark.parametrize("edited", ["flow", "helper"])
def test_what_was_edited_within_a_second_is_not_taken_from_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str
) -> None:
    """Python takes bytecode for current if the source has its size and its time in whole seconds."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    sources = {"flow": "from helper import step\nvalue = 1 + step\n", "helper": "step = 1\n"}

    def value() -> int:
        for name, source in sources.items():
            path = tmp_path / f"{name}.py"
            path.write_text(source)
            os.utime(path, (1_700_000_000, 1_700_000_000))
            monkeypatch.delitem(sys.modules, name, raising=False)
        return import_module(tmp_path / "flow.py").value

    assert value() == 2
    sources[edited] = sources[edited].replace("1", "2")
    assert value() == 3
    for name in sources:
        monkeypatch.delitem(sys.modules, name)
