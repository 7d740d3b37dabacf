"""Folders that are made once, whoever wants them, and never used half made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_pipes.execution.environments import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def maker(calls: list[str]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "content").write_text("whole")
        calls.append(folder.name)

    return make


def test_what_several_want_at_once_is_made_once() -> None:
    calls: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        folders = {*pool.map(lambda _: cache.made("one", maker(calls)), range(8))}
    assert (len(folders), calls) == (1, ["one"])


def test_what_was_left_half_made_is_made_anew() -> None:
    half = cache.cache_folder() / "one"
    half.mkdir(parents=True)
    (half / "rest").touch()
    assert not cache.is_made("one")
    folder = cache.made("one", maker([]))
    assert (folder / "content").read_text() == "whole"
    assert not (folder / "rest").exists()


def test_what_fails_is_not_there_and_may_be_tried_again() -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        cache.made("one", fail)
    assert not cache.is_made("one")
    cache.made("one", maker([]))
    assert cache.is_made("one")


def test_what_nobody_used_for_long_is_told_first_and_can_be_removed() -> None:
    import os

    for name in ("old", "new"):
        cache.made(name, maker([]))
    mark = next((cache.cache_folder() / "old").glob(".jupyter*"))
    os.utime(mark, (mark.stat().st_mtime - 1000, mark.stat().st_mtime - 1000))
    old, new = cache.unused(0)
    assert (old.path.name, new.path.name) == ("old", "new")
    assert [each.path for each in cache.unused(900)] == [old.path]
    cache.remove(old.path)
    assert [each.path.name for each in cache.unused(0)] == ["new"]
