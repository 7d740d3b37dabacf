"""Files that steps make: kept as they are, put back whole, never read into memory as a whole."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import OutFileMissing, StoreError
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.file_digests import file_digest
from jupyter_pipes.storage.out_files import keep, restore

CONTENTS = [b"", b"a,b\n1,2\n", "ä".encode() * 1000, b"\0\xff" * 10, b"\xff\xfe", os.urandom(300_000)]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_a_kept_file_has_the_digest_of_its_bytes_and_comes_back_as_them(
    store: ArtifactStore, folder: Path, content: bytes
) -> None:
    (folder / "out.bin").write_bytes(content)
    kept = keep(store, "out.bin", folder)
    assert (kept.name, kept.type, kept.serializer, kept.bytes) == ("out.bin", "file", "file", len(content))
    assert kept.digest == file_digest(folder / "out.bin")
    assert store.get(kept) == content
    (folder / "out.bin").unlink()
    assert restore(store, [kept], folder) == ["out.bin"]
    assert (folder / "out.bin").read_bytes() == content


@pytest.mark.parametrize(
    ("content", "preview"),
    [
        (b"a,b\n1,2\n", "a,b\n1,2\n"),
        (b"x" * 5000, "x" * 300),
        ("aä".encode() * 5000, "aä" * 150),
        ("😀".encode() * 5000, "😀" * 300),
        (b"\0abc", ""),
        (b"\x89PNG\r\n", ""),
    ],
    ids=["text", "long text", "umlauts", "cut in a character", "zero byte", "no text"],
)
def test_a_text_file_shows_how_it_begins(
    store: ArtifactStore, folder: Path, content: bytes, preview: str
) -> None:
    (folder / "out").write_bytes(content)
    assert keep(store, "out", folder).preview == preview


def test_what_is_no_file_is_told_with_what_to_do(store: ArtifactStore, folder: Path) -> None:
    with pytest.raises(OutFileMissing, match=r"--out-file out\.csv is not there; write it") as caught:
        keep(store, "out.csv", folder)
    assert caught.value.line == 1
    (folder / "out.csv").mkdir()
    with pytest.raises(OutFileMissing, match="is a folder: name the files in it"):
        keep(store, "out.csv", folder)


def test_only_what_is_missing_or_changed_is_put_back(store: ArtifactStore, folder: Path) -> None:
    kept = []
    for name in ("same", "changed", "missing", "deep/er/missing"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        kept.append(keep(store, name, folder))
    value = store.put("value", 1)
    (folder / "changed").write_text("by hand")
    (folder / "missing").unlink()
    (folder / "deep/er/missing").unlink()
    (folder / "deep/er").rmdir()
    before = (folder / "same").stat().st_ino
    assert restore(store, [*kept, value], folder) == ["changed", "missing", "deep/er/missing"]
    assert [(folder / ref.name).read_text() for ref in kept] == [ref.name for ref in kept]
    assert (folder / "same").stat().st_ino == before
    assert restore(store, [*kept, value], folder) == []
    assert sorted(path.name for path in folder.iterdir()) == ["changed", "deep", "missing", "same"]


def test_a_file_put_back_has_the_mode_of_any_new_file(store: ArtifactStore, folder: Path) -> None:
    (folder / "out").write_text("x")
    kept = keep(store, "out", folder)
    expected = (folder / "out").stat().st_mode
    (folder / "out").unlink()
    restore(store, [kept], folder)
    assert (folder / "out").stat().st_mode == expected


def test_a_link_stays_one(store: ArtifactStore, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (folder / "out").symlink_to(tmp_path / "real")
    kept = keep(store, "out", folder)
    (tmp_path / "real").write_text("changed")
    assert restore(store, [kept], folder) == ["out"]
    assert (folder / "out").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_absolute_paths_are_put_back_where_they_were(
    store: ArtifactStore, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere" / "out"
    path.parent.mkdir()
    path.write_text("x")
    kept = keep(store, str(path), folder)
    path.unlink()
    assert restore(store, [kept], folder) == [str(path)]
    assert path.read_text() == "x"


def test_a_damaged_blob_is_never_put_back(store: ArtifactStore, folder: Path) -> None:
    (folder / "out").write_text("whole")
    kept = keep(store, "out", folder)
    Path(store.uri(kept.digest).removeprefix("file://")).write_text("damag")
    (folder / "out").write_text("by hand")
    with pytest.raises(StoreError, match="out cannot be put back"):
        restore(store, [kept], folder)
    assert (folder / "out").read_text() == "by hand"


def test_what_stands_in_the_way_is_told_and_left_alone(store: ArtifactStore, folder: Path) -> None:
    (folder / "out").write_text("x")
    kept = keep(store, "out", folder)
    (folder / "out").unlink()
    (folder / "out").mkdir()
    with pytest.raises(StoreError, match="out cannot be put back"):
        restore(store, [kept], folder)
    assert [path.name for path in folder.iterdir()] == ["out"]


def test_a_large_file_is_not_held_in_memory(store: ArtifactStore, folder: Path) -> None:
    size = 64 * 1024**2
    with (folder / "out").open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    try:
        kept = keep(store, "out", folder)
        (folder / "out").unlink()
        restore(store, [kept], folder)
        assert tracemalloc.get_traced_memory()[1] < size / 4
    finally:
        tracemalloc.stop()
    assert (folder / "out").stat().st_size == size
