"""A process that opens many projects keeps few of them open; those that it lets go of work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.history import opened
from jupyter_pipes.history.opened import workspace_of
from tests.conftest import MakePipeline


@pytest.fixture(autouse=True)
def nothing_open() -> Iterator[None]:
    opened.forget()
    yield
    opened.forget()


def open_files(folder: Path) -> list[str]:
    return [each.path for each in psutil.Process().open_files() if Path(each.path).is_relative_to(folder)]


def folder(base: Path, name: str) -> Path:
    made = base / name
    made.mkdir(exist_ok=True)
    return made


def test_a_folder_has_one_workspace(tmp_path: Path) -> None:
    assert workspace_of(tmp_path) is workspace_of(tmp_path)


def test_of_many_projects_only_the_last_ones_are_open(
    pipeline_of: MakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "MOST", 2)
    runs = [pipeline_of("%%step a\nx = 1", folder=tmp_path / str(n)).run(debug=True) for n in range(4)]
    assert {Path(path).relative_to(tmp_path).parts[0] for path in open_files(tmp_path)} == {"2", "3"}
    # Who still has one of the others goes on with it.
    assert runs[0]["x"] == 1
    assert runs[0].workspace.history.view(runs[0].id).status == runs[0].status


def test_a_workspace_that_is_asked_for_again_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "MOST", 2)
    first = workspace_of(folder(tmp_path, "1"))
    workspace_of(folder(tmp_path, "2"))
    workspace_of(folder(tmp_path, "1"))
    workspace_of(folder(tmp_path, "3"))
    assert workspace_of(folder(tmp_path, "1")) is first
