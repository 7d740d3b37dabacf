"""A folder may have any name that the file system takes: nothing in it is an escape, an option or a home."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.acceptance.project import Project

NAMES = ["100% of my%20data", "a#b;c&d", "who?a=b", "x::y", "~Größe", "-p", "[a]*"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_is_kept_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    project = Project(
        tmp_path / name, "%%step a\nx = 1", "%%step b\nopen('y.txt', 'w').write('y')\ny = x + 1"
    )
    command = project.jupyter_pipes("run", "./study.ipynb", "--output", "out.ipynb")
    assert command.code == 0, command.err
    assert len(nbformat.read(str(project.folder / "out.ipynb"), 4).cells) == 2  # pyright: ignore[reportUnknownMemberType] - untyped
    again = project.pipeline().run()
    assert {step.status for step in again.steps.values()} == {"cached"}
    assert again["y"] == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]
