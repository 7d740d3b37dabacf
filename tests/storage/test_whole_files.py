"""A file is written as a whole or not at all, whoever writes it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.storage import whole_files
from jupyter_pipes.storage.whole_files import reach_disk, replace_file, replacing
from jupyter_pipes.system.threads import own_pool


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


Synced = Callable[[], list[str]]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    """Return what was synced since the last call."""
    names: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda file: names.append(Path(f"/proc/self/fd/{file}").resolve().name))

    def take() -> list[str]:
        taken, names[:] = sorted(names), []
        return taken

    return take


def test_files_reach_the_disk_where_no_thread_can_begin_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced: Synced
) -> None:
    """A program that ends while its last run is synced printed a traceback, and left it unsynced."""

    def ended_pool(threads: int) -> ThreadPoolExecutor:
        pool = own_pool(threads)
        pool.shutdown()
        return pool

    monkeypatch.setattr(whole_files, "own_pool", ended_pool)
    for name in "ab":
        (tmp_path / name).touch()
    reach_disk([tmp_path / "a", tmp_path / "b"])
    assert synced() == ["a", "b"]


def test_files_and_folders_reach_the_disk_once_and_what_is_not_there_is_passed_over(
    tmp_path: Path, synced: Synced
) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()
    reach_disk([file, str(file), folder, tmp_path / "none"])
    assert synced() == ["file", "folder"]
    reach_disk([])
    assert synced() == []


def test_what_did_not_change_for_long_is_there_already(
    tmp_path: Path, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7200)
    reach_disk([file])
    assert synced() == []
    monkeypatch.setattr(time, "time", lambda: now - 7200)
    reach_disk([file])
    assert synced() == ["file"]


@pytest.mark.parametrize(
    ("number", "is_told"),
    [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False), (errno.ENOTSUP, False)],
)
def test_a_disk_that_fails_is_told_and_one_that_cannot_sync_is_not(
    number: int, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if is_told:
        with pytest.raises(OSError, match=os.strerror(number)):
            reach_disk([tmp_path])
    else:
        reach_disk([tmp_path])


def test_the_new_content_is_on_the_disk_before_it_takes_the_place_of_the_old(
    tmp_path: Path, synced: Synced
) -> None:
    path = tmp_path / "study.ipynb"
    path.write_text("old")
    replace_file(path, "new")
    draft, folder = sorted(synced(), key=lambda name: name == tmp_path.name)
    assert (draft.endswith("-study.ipynb"), folder) == (True, tmp_path.name)
