"""A file is written as a whole or not at all, whoever writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.storage.whole_files import replace_file, replacing


def test_the_draft_becomes_the_file_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert draft.suffix == path.suffix
        assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "new"


def test_an_error_leaves_the_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "out.py", tmp_path / "link.py"
    path.write_text("old")
    path.chmod(0o750)
    link.symlink_to(path)
    replace_file(link, "new")
    assert link.is_symlink()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o750)


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"cannot write .*missing/out\.py"):
        replace_file(tmp_path / "missing" / "out.py", "new")


def test_a_device_or_a_folder_is_never_replaced(tmp_path: Path) -> None:
    for place in (Path("/dev/null"), tmp_path):
        with pytest.raises(NotebookError, match="cannot write"):
            replace_file(place, "new")
