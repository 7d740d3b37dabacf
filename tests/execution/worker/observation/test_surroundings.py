"""The parts of modules' state that are no attributes: what changed of them, and putting it elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.execution.worker.observation.surroundings import Surroundings, put_part
from jupyter_pipes.storage.serializers.holdings import Gone


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the working directory, and is left behind the test."""
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folder_that_a_step_changes_to_is_handed_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    surroundings = Surroundings("os", {"chdir"})
    monkeypatch.chdir("inside")
    changes = surroundings.changes()
    assert changes == {"()folder.": str(folder / "inside")}
    monkeypatch.chdir(folder)
    for name, value in changes.items():
        put_part("os", name, value)
    assert Path.cwd() == folder / "inside"


def test_a_folder_that_was_removed_under_the_step_is_nowhere_to_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    surroundings = Surroundings("os", {"chdir"})
    monkeypatch.chdir("inside")
    (folder / "inside").rmdir()
    changes = surroundings.changes()
    monkeypatch.chdir(folder)
    for name, value in changes.items():
        assert value is Gone.GONE
        put_part("os", name, value)
    assert Path.cwd() == folder
