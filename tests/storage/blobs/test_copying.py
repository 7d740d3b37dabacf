"""Blobs copied between places: only what is missing, all of it or nothing, and what is damaged is told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.artifacts import open_blobs
from jupyter_pipes.storage.blobs import copying, local
from jupyter_pipes.storage.blobs.base import Blobs, key
from jupyter_pipes.storage.blobs.copying import Seen, copy, rehash
from jupyter_pipes.storage.blobs.local import LocalBlobs
from jupyter_pipes.storage.blobs.remote import RemoteBlobs
from tests.s3 import Server

pytestmark = pytest.mark.slow

CONTENTS = [b"", b"one", os.urandom(100), os.urandom(100)]
UNKNOWN = "0" * 64


@pytest.fixture(params=["folder to S3", "S3 to folder", "folder to folder", "S3 to S3"])
def places(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> tuple[Blobs, Blobs]:
    """From where to where."""
    source, _, target = request.param.partition(" to ")
    return _place(source, "from", url, tmp_path), _place(target, "to", url, tmp_path)


def _place(kind: str, name: str, url: str, folder: Path) -> Blobs:
    return open_blobs(f"{url}/{name}" if kind == "S3" else folder / name)


def states(seen: Iterable[Seen]) -> list[str]:
    return [each.state for each in seen]


def test_what_is_missing_is_copied_once(places: tuple[Blobs, Blobs]) -> None:
    source, target = places
    digests = [source.write([content]) for content in CONTENTS]
    target.write([CONTENTS[1]])
    assert states(copy([*digests, UNKNOWN], source, target)) == [
        "copied",
        "there",
        "copied",
        "copied",
        "missing",
    ]
    assert [target.read(digest) for digest in digests] == CONTENTS
    assert states(copy(digests, source, target)) == ["there"] * 4


def test_what_only_the_target_has_is_there(places: tuple[Blobs, Blobs]) -> None:
    source, target = places
    assert states(copy([target.write([b"one"])], source, target)) == ["there"]


def test_a_damaged_blob_is_not_copied(tmp_path: Path, s3: Server, url: str) -> None:
    source, digest = LocalBlobs(tmp_path / "from"), digest_of([b"one"])
    for target in (LocalBlobs(tmp_path / "to"), RemoteBlobs(url)):
        source.write([b"one"])
        _damage(tmp_path / "from", digest)
        assert states(copy([digest], source, target)) == ["damaged"]
        assert target.size(digest) is None
        assert list(target.stored()) == []


def test_a_damaged_blob_at_the_target_is_put_right(tmp_path: Path) -> None:
    source, target = LocalBlobs(tmp_path / "from"), LocalBlobs(tmp_path / "to")
    digest = source.write([b"one"])
    target.write([b"one"])
    _damage(tmp_path / "to", digest)
    assert states(copy([digest], source, target)) == ["copied"]
    assert target.read(digest) == b"one"


def test_a_fetch_that_was_broken_off_goes_on_where_it_was(
    s3: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (local, copying):
        monkeypatch.setattr(module, "PIECE", 10)
    source, target, content = RemoteBlobs(url), LocalBlobs(tmp_path / "to"), os.urandom(35)
    digest = source.write([content])
    pieces = 0

    def break_off(method: str, path: str) -> int:
        nonlocal pieces
        pieces += method == "GET" and digest[2:] in path
        return 500 if pieces > 2 else 0

    monkeypatch.setattr("jupyter_pipes.storage.blobs.base.AT_ONCE", 1)
    s3.fault = break_off
    with pytest.raises(StoreError, match="Internal Server Error"):
        list(copy([digest], source, target))
    assert target.size(digest) is None
    s3.fault = lambda method, path: 0
    s3.requests.clear()
    assert states(copy([digest], source, target)) == ["copied"]
    assert target.read(digest) == content
    assert s3.asked("GET", digest[2:]) == 2
    assert [blob.digest for blob in target.stored()] == [digest]


@pytest.mark.parametrize("kind", ["S3", "folder"])
def test_all_is_read_to_say_what_is_damaged_or_missing_and_stays(
    kind: str, s3: Server, url: str, tmp_path: Path
) -> None:
    blobs = _place(kind, "at", url, tmp_path)
    digests = [blobs.write([content]) for content in CONTENTS]
    if kind == "S3":
        import boto3

        bucket, _, folder = url.removeprefix("s3://").partition("/")
        client = boto3.client("s3", endpoint_url=s3.url)
        client.put_object(Bucket=bucket, Key=f"{folder}/at/{key(digests[2])}", Body=os.urandom(100))
    else:
        _damage(tmp_path / "at", digests[2])
    for _ in range(2):
        assert states(rehash([*digests, UNKNOWN], blobs)) == ["whole", "whole", "damaged", "whole", "missing"]


def _damage(folder: Path, digest: str) -> None:
    path = folder / key(digest)
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
