"""Blobs on S3: what is read is what was written, or an error says what is in the way."""

from __future__ import annotations

import os
import subprocess
import sys

import boto3
import pytest

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.blobs import remote
from jupyter_pipes.storage.blobs.base import DamagedBlob, key
from jupyter_pipes.storage.blobs.remote import RemoteBlobs
from tests.s3 import Server

pytestmark = pytest.mark.slow

CONTENT = os.urandom(100)


@pytest.fixture
def blobs(url: str) -> RemoteBlobs:
    return RemoteBlobs(url)


def _object(server: Server, url: str, digest: str) -> dict[str, str]:
    bucket, _, folder = url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": f"{folder}/{key(digest)}"}


def test_a_small_blob_takes_one_request_to_be_written_once_it_is_known_to_be_missing(
    s3: Server, blobs: RemoteBlobs
) -> None:
    digest = blobs.write([CONTENT[:3], CONTENT[3:]])
    assert s3.asked("PUT") == 1
    assert (blobs.read(digest), blobs.size(digest)) == (CONTENT, len(CONTENT))
    assert blobs.piece(digest, 2, 5) == CONTENT[2:5]
    assert [blob.digest for blob in blobs.stored()] == [digest]


def test_the_empty_blob_is_one(blobs: RemoteBlobs) -> None:
    digest = blobs.write([])
    assert (blobs.read(digest), blobs.size(digest), blobs.piece(digest, 0, 0)) == (b"", 0, b"")


def test_a_large_blob_is_read_in_pieces(
    s3: Server, blobs: RemoteBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = blobs.write([CONTENT])
    monkeypatch.setattr(remote, "PIECE", 30)
    s3.requests.clear()
    assert blobs.read(digest) == CONTENT
    assert s3.asked("GET", digest[2:]) == 4


def test_what_others_write_and_remove_is_known_at_once(url: str, blobs: RemoteBlobs) -> None:
    """Also where the place was listed before."""
    assert list(blobs.stored()) == []
    digest = RemoteBlobs(url).write([CONTENT])
    assert blobs.size(digest) == len(CONTENT)
    (stored,) = blobs.stored()
    assert RemoteBlobs(url).remove(stored, lambda changed: True)
    assert blobs.size(digest) is None


def test_a_damaged_blob_is_told_and_makes_room(s3: Server, url: str, blobs: RemoteBlobs) -> None:
    digest = blobs.write([CONTENT])
    boto3.client("s3", endpoint_url=s3.url).put_object(**_object(s3, url, digest), Body=b"else")
    with pytest.raises(DamagedBlob, match="was damaged"):
        blobs.read(digest)
    assert blobs.size(digest) is None


def test_a_connection_that_ends_in_the_middle_is_made_again(s3: Server, blobs: RemoteBlobs) -> None:
    digest = blobs.write([CONTENT])
    cuts = iter([-1, -1])
    s3.fault = lambda method, path: next(cuts, 0) if method == "GET" else 0
    assert blobs.read(digest) == CONTENT
    assert next(cuts, None) is None


@pytest.mark.parametrize(
    ("status", "said"), [(500, "Internal Server Error"), (403, "Forbidden"), (-1, "not completed")]
)
def test_what_the_server_answers_at_last_is_told(
    status: int, said: str, s3: Server, blobs: RemoteBlobs
) -> None:
    digest = blobs.write([CONTENT])
    s3.fault = lambda method, path: status if method == "GET" or status > 0 else 0
    with pytest.raises(StoreError, match=rf"cannot be read from \(s3://.*{digest[2:]}\): .*{said}"):
        blobs.read(digest)


def test_a_bucket_that_is_not_there_is_told(s3: Server) -> None:
    with pytest.raises(StoreError, match=r"cannot be written to \(s3://nowhere/x\).*does not exist"):
        RemoteBlobs("s3://nowhere/x").write([CONTENT])


WITHOUT_S3FS = """
import sys
sys.modules["s3fs"] = None
from jupyter_pipes.storage.artifacts import ArtifactStore
ArtifactStore("s3://team/pipes").put("a", 1)
"""


@pytest.mark.slow
def test_what_to_install_is_told_where_it_is_missing() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_S3FS], capture_output=True, text=True, check=False)
    assert 'pip install "jupyter_pipes[s3]"' in done.stderr
