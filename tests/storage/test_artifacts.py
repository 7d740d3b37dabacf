"""The store keeps whole values under their content, gives them back, and says what went wrong."""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.model.errors import SerializationError, StoreError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage import serializers
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.blobs import local as local_blobs
from jupyter_pipes.storage.joining import Joiner
from jupyter_pipes.storage.serializers import serialize

LARGE = np.arange(2_000_000.0)


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    url = tmp_path / "store" if request.param == "local" else f"memory://{tmp_path.name}-{os.getpid()}/store"
    return ArtifactStore(url)


@pytest.fixture
def local(tmp_path):
    return ArtifactStore(tmp_path / "store")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damage(path: Path) -> None:
    path.write_bytes(b"\xff" * 7 + path.read_bytes()[7:])


def path_of(store: ArtifactStore, ref: ArtifactRef) -> Path:
    return Path(store.uri(ref.digest).removeprefix("file://"))


@pytest.mark.parametrize("value", [{"a": [1, 2.5]}, LARGE, {1, "x"}, b"\0" * 300_000, None])
def test_what_was_put_comes_back(store, value):
    ref = store.put("value", value)
    loaded = store.get(ref)
    assert type(loaded) is type(value)
    assert np.array_equal(loaded, value) if isinstance(value, np.ndarray) else loaded == value
    assert store.has(ref)
    assert store.is_whole(ref)
    assert (ref.name, ref.stable) == ("value", True)


def test_a_reference_survives_as_data_and_tells_about_the_value(local):
    ref = local.put("df", pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert msgspec.json.decode(msgspec.json.encode(ref), type=ArtifactRef) == ref
    assert (ref.type, ref.shape, ref.serializer) == ("pandas.DataFrame", (2, 2), "pickle5")
    assert ref.bytes == path_of(local, ref).stat().st_size
    assert re.search(r"a +b", ref.preview)


def test_bytes_are_kept_as_they_are(store):
    digest = store.put_bytes(b"abc")
    assert digest == "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    assert store.get_bytes(digest) == b"abc"


@pytest.mark.parametrize("value", [1, LARGE])
def test_equal_values_are_kept_once(local, tmp_path, value):
    first = local.put("a", value)
    second = local.put("b", value)
    assert (second.digest, second.name) == (first.digest, "b")
    assert files(tmp_path) == [path_of(local, first)]


def test_a_small_value_that_is_there_is_not_written_again_but_is_young_again(local):
    path = path_of(local, local.put("a", 1))
    os.utime(path, (1, 1))
    inode = path.stat().st_ino
    local.put("b", 1)
    assert path.stat().st_ino == inode
    assert path.stat().st_mtime > 1


def test_the_layout_is_by_digest_and_the_folder_is_private(local, tmp_path):
    ref = local.put("a", 1)
    assert path_of(local, ref) == tmp_path / "store/objects" / ref.digest[:2] / ref.digest[2:]
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert ArtifactStore(f"file://{tmp_path}/store").get(ref) == 1


def test_nothing_is_touched_before_something_is_put(tmp_path):
    store = ArtifactStore(tmp_path / "store")
    ref = ArtifactRef("a", "ab" * 32, "int", 1, "json")
    assert not store.has(ref)
    assert not store.is_whole(ref)
    assert list(tmp_path.iterdir()) == []


def test_uris_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ArtifactStore("store").uri("abcd") == f"file://{tmp_path}/store/objects/ab/cd"
    assert ArtifactStore("s3://team/pipes/").uri("abcd") == "s3://team/pipes/objects/ab/cd"


def test_a_relative_store_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = ArtifactStore("store")
    ref = store.put("a", 1)
    monkeypatch.chdir("/")
    assert store.get(ref) == 1


def test_a_missing_artifact_is_an_error(store):
    with pytest.raises(StoreError, match=r"No such file|not found|missing|cd"):
        store.get(ArtifactRef("a", "ab" + "cd" * 31, "int", 1, "json"))


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2, 3), LARGE], ids=["json", "pickle", "mapped"])
@pytest.mark.parametrize("length", [0, 1, 30, -1])
def test_a_shortened_artifact_is_an_error(local, value, length):
    ref = local.put("a", value)
    path = path_of(local, ref)
    os.truncate(path, length if length >= 0 else ref.bytes - 1)
    if path.stat().st_size == ref.bytes:
        return
    assert not local.has(ref)
    with pytest.raises(StoreError, match=r"'a'.*bytes instead of.*Run the step that makes it again"):
        local.get(ref)


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2, 3), LARGE], ids=["json", "pickle", "mapped"])
def test_damage_that_keeps_the_size_is_found(local, value):
    ref = local.put("a", value)
    damage(path_of(local, ref))
    assert local.has(ref)
    with pytest.raises(StoreError, match=r"'a'.*is damaged"):
        local.get(ref)


@pytest.mark.parametrize("value", [[1, 2, 3], (1, 2, 3), LARGE], ids=["json", "pickle", "mapped"])
def test_a_damaged_artifact_is_never_fed_on_and_out_of_the_way_of_a_new_one(local, tmp_path, value):
    ref = local.put("a", value)
    damage(path_of(local, ref))
    assert not local.is_whole(ref)
    assert files(tmp_path) == []
    assert local.put("a", value) == ref
    assert local.is_whole(ref)
    damage(path_of(local, ref))
    with pytest.raises(StoreError, match=r"'a'.*missing or damaged"):
        local.get_whole(ref)
    with pytest.raises(StoreError):
        local.get(ref)


def test_damage_at_the_end_of_a_large_value_is_found_before_it_is_given(local):
    ref = local.put("a", LARGE)
    with path_of(local, ref).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(StoreError, match=r"'a'.*missing or damaged"):
        local.get_whole(ref)


def test_the_word_of_who_has_just_written_an_artifact_is_taken_until_the_file_changes(local):
    ref = local.put("a", [1, 2, 3])
    path = path_of(local, ref)
    damage(path)
    local.note_written(ref)
    assert local.is_whole(ref)
    path.write_bytes(path.read_bytes() + b"x")
    assert not local.is_whole(ref)


def test_a_damaged_artifact_of_another_size_is_written_anew(local):
    ref = local.put("a", [1, 2, 3])
    path_of(local, ref).write_bytes(b"x")
    assert local.put("a", [1, 2, 3]) == ref
    assert local.is_whole(ref)


def test_a_large_artifact_that_is_there_stays_unless_it_is_damaged(local):
    path = path_of(local, ref := local.put("a", LARGE))
    first = path.stat().st_ino
    assert local.put("b", LARGE).digest == ref.digest
    assert path.stat().st_ino == first
    damage(path)
    local.put("b", LARGE)
    assert path.stat().st_ino != first
    assert local.is_whole(ref)
    assert files(path.parents[2]) == [path]


def test_a_whole_artifact_that_cannot_be_loaded_is_no_damage(local):
    ref = msgspec.structs.replace(local.put("a", 1), serializer="elsewhere")
    with pytest.raises(SerializationError, match=r"'a'.*'elsewhere', which is not installed"):
        local.get(ref)


@pytest.mark.parametrize("value", [1, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("failing", ["write", "replace"])
def test_a_full_or_read_only_disk_leaves_nothing_behind(local, tmp_path, monkeypatch, value, code, failing):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    if failing == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(local_blobs, "write_pieces", fail)
    with pytest.raises(StoreError, match=f"{tmp_path}.*{os.strerror(code)}"):
        local.put("a", value)
    assert files(tmp_path) == []


def test_a_store_that_cannot_be_a_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    store = ArtifactStore(tmp_path / "file" / "store")
    ref = ArtifactRef("a", "ab" * 32, "int", 1, "json")
    assert not store.has(ref)
    with pytest.raises(StoreError, match="Not a directory"):
        store.put("a", 1)


def test_a_disk_that_is_really_full_is_an_error():
    """/dev/full answers every write with "No space left on device"."""
    with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as file:
        local_blobs.write_pieces(file, [b"x"])


def test_an_unknown_kind_of_store_is_an_error():
    with pytest.raises(StoreError, match="nowhere://"):
        ArtifactStore("nowhere://bucket/x").put("a", 1)


def test_a_value_that_cannot_be_stored_writes_nothing(local, tmp_path):
    with pytest.raises(SerializationError, match=r"'log'.*open file"):
        local.put("log", {"f": sys.__stdout__})
    assert files(tmp_path) == []


def test_a_value_beyond_the_limit_is_not_written(local, tmp_path):
    with pytest.raises(SerializationError, match=r"'a' \(ndarray\).*16,000,\d+ bytes, more than the 1,000"):
        local.put("a", LARGE, limit=1000)
    assert files(tmp_path) == []
    assert local.put("b", 1, limit=1000).bytes == 1


def test_what_is_loaded_can_be_changed_without_changing_what_is_kept(store):
    for value in (LARGE, np.arange(3)):
        ref = store.put("a", value)
        loaded = store.get(ref)
        loaded[:] = -1
        assert store.is_whole(ref)
        assert np.array_equal(store.get(ref), value)


def test_a_loaded_value_outlives_its_file(local):
    ref = local.put("a", LARGE)
    loaded = local.get(ref)
    path_of(local, ref).unlink()
    assert np.array_equal(loaded, LARGE)


def test_small_artifacts_hold_no_file_descriptor(local):
    ref = local.put("a", np.arange(100))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counting only
    kept = [local.get(ref) for _ in range(20)]
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - counting only
    assert len(kept) == 20


SHARE = """
import sys, msgspec
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.model.results import ArtifactRef
frame = ArtifactStore(sys.argv[1]).get(msgspec.json.decode(sys.argv[2], type=ArtifactRef))
frame.to_numpy().sum()
print("read", flush=True)
sys.stdin.readline()
pages = {"Rss": 0, "Pss": 0, "Private_Dirty": 0}
mine = False
for line in open("/proc/self/smaps"):
    words = line.split()
    if words[0].endswith(":"):
        if mine and words[0][:-1] in pages:
            pages[words[0][:-1]] += int(words[1]) * 1024
    else:
        mine = "/objects/" in line
print(msgspec.json.encode(pages).decode(), flush=True)
sys.stdin.readline()
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="counts pages as Linux tells them")
def test_processes_that_read_the_same_frame_share_its_pages(local, tmp_path):
    frame = pd.DataFrame(np.ones((1_000_000, 4)))
    ref = local.put("df", frame)
    arguments = [sys.executable, "-c", SHARE, str(tmp_path / "store"), msgspec.json.encode(ref).decode()]
    readers = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        assert [reader.stdout.readline() for reader in readers] == ["read\n", "read\n"]
        for reader in readers:
            reader.stdin.write("\n")
            reader.stdin.flush()
        seen = [msgspec.json.decode(reader.stdout.readline()) for reader in readers]
    finally:
        for reader in readers:
            reader.communicate("\n")
    size = frame.to_numpy().nbytes
    for pages in seen:
        assert pages["Rss"] >= size * 0.9
        assert pages["Pss"] <= size * 0.6
        assert pages["Private_Dirty"] < mmap.PAGESIZE * 20


@pytest.mark.slow
def test_processes_that_put_the_same_value_at_once_keep_one_whole_blob(local, tmp_path):
    code = """
import sys, numpy as np
from jupyter_pipes.storage.artifacts import ArtifactStore
sys.stdin.readline()
print(ArtifactStore(sys.argv[1]).put("a", np.arange(2_000_000.0)).digest)
"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "store")]
    writers = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = {writer.communicate("\n")[0].strip() for writer in writers}
    ref = local.put("a", LARGE)
    assert printed == {ref.digest}
    assert local.is_whole(ref)
    assert files(tmp_path) == [path_of(local, ref)]


def test_an_artifact_is_in_doubt_until_it_is_known_to_be_whole_and_on_the_disk(local):
    ref = local.put("a", [1, 2, 3])
    local.blobs.sync([ref.digest])
    assert local.doubtful([ref]) == {ref.digest}
    local.note_written(ref)
    assert local.doubtful([ref]) == set()
    os.utime(path_of(local, ref))
    assert local.doubtful([ref]) == {ref.digest}


def test_who_wrote_an_artifact_does_not_know_that_it_is_on_the_disk(local):
    ref = local.put("a", [1, 2, 3])
    local.note_written(ref)
    assert local.doubtful([ref]) == {ref.digest}
    path_of(local, ref).unlink()
    assert local.doubtful([ref]) == {ref.digest}


def test_a_store_elsewhere_takes_an_artifact_for_good_or_not_at_all(tmp_path):
    store = ArtifactStore(f"memory://{tmp_path.name}-{os.getpid()}/store")
    assert store.doubtful([store.put("a", [1, 2, 3])]) == set()


def test_a_name_that_is_a_part_of_another_ones_value_is_serialized_by_itself_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside that, it is only a link: figures have many names for their parts."""
    serialized: list[str] = []

    def counted(name: str, value: object) -> Any:
        serialized.append(name)
        return serialize(name, value)

    monkeypatch.setattr(serializers, "serialize", counted)
    store, joiner = ArtifactStore(tmp_path), Joiner()
    part = [1]
    whole = {"part": part}
    store.put("whole", whole, joiner=joiner)
    ref = store.put("part", part, joiner=joiner)
    assert serialized == ["whole", "part"]
    assert ref.content
    assert ref.references
