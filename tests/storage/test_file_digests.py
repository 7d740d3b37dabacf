"""Digests of files: of the content, read again only when size, times or inode say so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.model.digests import digest
from jupyter_pipes.storage import file_digests
from jupyter_pipes.storage.file_digests import (
    file_digest,
    is_synced,
    keeping,
    may_change_unseen,
    recall,
    remember_written,
    take_new,
)

LONG_AGO = 1_000_000_000


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin as a new process would."""
    monkeypatch.setattr(file_digests, "_seen", {})
    monkeypatch.setattr(file_digests, "_new", set())


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all files have been at rest for long when they are read."""
    now = time.time_ns()
    monkeypatch.setattr(file_digests.time, "time_ns", lambda: now + 3600 * 10**9)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    return path


def test_a_file_s_digest_is_that_of_its_content(file: Path) -> None:
    assert file_digest(file) == digest(b"abc")
    file.write_bytes(b"")
    assert file_digest(file) == digest(b"")


def test_a_change_within_the_same_moment_and_size_is_seen(file: Path) -> None:
    for content in (b"abc", b"abd", b"abe"):
        file.write_bytes(content)
        os.utime(file, (1, 1))
        assert file_digest(file) == digest(content)


def test_what_is_no_readable_file_has_no_digest(tmp_path: Path, file: Path) -> None:
    assert file_digest(tmp_path / "none") == ""
    assert file_digest(tmp_path) == ""
    assert file_digest(Path(os.devnull)) == ""
    assert file_digest(file / "below") == ""
    os.mkfifo(tmp_path / "pipe")
    assert file_digest(tmp_path / "pipe") == ""


def test_a_file_that_went_away_has_no_digest_though_it_was_known(file: Path, later: None) -> None:
    assert file_digest(file)
    file.unlink()
    assert file_digest(file) == ""


def known_as(file: Path, claimed: str) -> None:
    """Let the file be known, as it is now, under a digest that tells whether it is read again."""
    remember_written(file, claimed)


def _grow(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"x")


def _replace(file: Path) -> None:
    """Put another file of the same size and modification time in its place."""
    stat = file.stat()
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)


CHANGES: dict[str, Callable[[Path], object]] = {
    "size": _grow,
    "mtime": lambda file: os.utime(file, (LONG_AGO, LONG_AGO)),
    "ctime": lambda file: file.chmod(0o600),
    "inode": _replace,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_any_change_of_the_stamp_makes_it_be_read_again(file: Path, change: Callable[[Path], object]) -> None:
    # Else the change of its mode may come within the same tick of the clock.
    os.utime(file, (LONG_AGO - 1, LONG_AGO - 1))
    known_as(file, "claimed")
    before = file.stat().st_ctime_ns
    while file.stat().st_ctime_ns == before:
        change(file)
    assert file_digest(file) == digest(file.read_bytes())


def test_an_unchanged_stamp_spares_the_reading(file: Path) -> None:
    known_as(file, "claimed")
    assert file_digest(file) == "claimed"


def test_what_changed_just_now_is_read_again_at_the_next_call(file: Path) -> None:
    assert file_digest(file) == digest(b"abc")
    assert take_new() == []


def test_what_rested_for_a_while_is_known_from_then_on(file: Path, later: None) -> None:
    assert file_digest(file) == digest(b"abc")
    ((path, _, found),) = take_new()
    assert (path, found) == (str(file), digest(b"abc"))


def test_new_digests_are_taken_once(file: Path, later: None) -> None:
    file_digest(file)
    assert len(take_new()) == 1
    file_digest(file)
    assert take_new() == []


def test_what_was_written_is_new_as_well_and_a_file_that_is_not_there_is_not(
    file: Path, tmp_path: Path
) -> None:
    remember_written(file, "claimed")
    remember_written(tmp_path / "none", "claimed")
    assert [(path, found) for path, _, found in take_new()] == [(str(file), "claimed")]


def test_another_process_recalls_what_was_kept(
    file: Path, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_digest(file)
    ((path, stamp, _),) = take_new()
    monkeypatch.setattr(file_digests, "_seen", {})
    recall([(path, stamp, "kept")])
    assert file_digest(file) == "kept"
    assert take_new() == []


def test_what_is_recalled_is_no_match_for_a_file_that_changed_since(file: Path) -> None:
    recall([(str(file), "3:1:1:1", "kept")])
    assert file_digest(file) == digest(b"abc")


def test_what_this_process_read_itself_goes_before_what_is_recalled(file: Path, later: None) -> None:
    file_digest(file)
    ((path, stamp, _),) = take_new()
    recall([(path, stamp, "kept")])
    assert file_digest(file) == digest(b"abc")


def test_what_is_kept_is_on_the_disk(file: Path, later: None, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(file_digests, "reach_disk", synced.extend)
    file_digest(file)
    with keeping() as new:
        ((path, stamp, _),) = new
        assert synced == [path] == [str(file)]
        assert not is_synced(path, stamp)
    assert is_synced(path, stamp)
    assert not is_synced(path, "another")


def test_what_could_not_be_kept_is_kept_next_time(file: Path, later: None) -> None:
    file_digest(file)

    def fail() -> None:
        with keeping():
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with keeping() as new:
        assert [path for path, _, _ in new] == [str(file)]
    with keeping() as new:
        assert new == []


def test_what_another_process_kept_was_on_the_disk(file: Path) -> None:
    recall([(str(file), "stamp", "kept")])
    assert is_synced(str(file), "stamp")


@pytest.mark.parametrize(
    ("changed", "since", "expected"),
    [
        (1_000_000_000_000_000_123, 0, True),
        (1_000_000_000_000_000_123, 10_000_000, True),
        (1_000_000_000_000_000_123, 30_000_000, False),
        (1_000_000_000_000_000_000, 30_000_000, True),
        (1_000_000_000_000_000_000, 2_100_000_000, False),
    ],
    ids=["now", "a tick", "ticks ago", "a clock of seconds", "seconds ago"],
)
def test_a_file_may_change_unseen_within_a_tick_of_its_file_systems_clock(
    changed: int, since: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stat(path: str) -> Any:
        return SimpleNamespace(st_mtime_ns=changed, st_ctime_ns=changed)

    monkeypatch.setattr(file_digests, "os", SimpleNamespace(stat=stat))
    monkeypatch.setattr(file_digests, "time", SimpleNamespace(time_ns=lambda: changed + since))
    assert may_change_unseen("x.csv") == expected
