"""Large blobs go to S3 in parts: all of a blob stands there, or nothing; what was sent is not sent again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.storage.blobs import multipart, remote
from jupyter_pipes.storage.blobs.remote import RemoteBlobs
from tests.s3 import Server

pytestmark = pytest.mark.slow

PART = 5 << 20
"""Bytes: S3 takes no smaller part but the last."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (multipart, remote):
        monkeypatch.setattr(module, "PIECE", PART)


@pytest.fixture
def content() -> bytearray:
    """Of three parts."""
    return bytearray(os.urandom(2 * PART + 1))


def test_many_buffers_are_one_blob_in_parts_of_one_size(s3: Server, url: str, content: bytearray) -> None:
    blobs = RemoteBlobs(url)
    view = memoryview(content)
    digest = blobs.write([view[:7], view[7 : PART + 9], view[PART + 9 :]])
    assert digest == digest_of([content])
    assert s3.asked("PUT", "partNumber=") == 3
    assert blobs.read(digest) == content


def test_a_blob_that_is_there_is_not_sent_again(s3: Server, url: str, content: bytearray) -> None:
    RemoteBlobs(url).write([content])
    s3.requests.clear()
    RemoteBlobs(url).write([content])
    assert s3.asked("PUT") == s3.asked("POST") == 0


def test_what_was_broken_off_is_not_there_and_goes_on_where_it_was(
    s3: Server, url: str, content: bytearray
) -> None:
    blobs, digest = RemoteBlobs(url), digest_of([content])
    s3.fault = lambda method, path: 500 if "partNumber=2" in path else 0
    with pytest.raises(StoreError, match=r"cannot be written to \(s3://.*Internal Server Error"):
        blobs.write([content])
    assert blobs.size(digest) is None
    assert list(blobs.stored()) == []
    s3.fault = lambda method, path: 0
    s3.requests.clear()
    assert blobs.write([content]) == digest
    assert [path.partition("partNumber=")[2][:1] for method, path in s3.requests if method == "PUT"] == ["2"]
    assert blobs.read(digest) == content


def test_a_failure_in_between_is_tried_again_by_itself(s3: Server, url: str, content: bytearray) -> None:
    failures = iter([503, 500])
    s3.fault = lambda method, path: next(failures, 0) if "partNumber=" in path else 0
    blobs = RemoteBlobs(url)
    assert blobs.read(blobs.write([content])) == content
    assert next(failures, None) is None


def test_content_that_changes_while_it_is_sent_stands_under_no_wrong_name(
    s3: Server, url: str, content: bytearray
) -> None:
    def change(method: str, path: str) -> int:
        if method == "POST" and path.endswith("?uploads"):
            content[-1] = 1
        return 0

    content[-1] = 0

    s3.fault, before = change, digest_of([content])
    blobs = RemoteBlobs(url)
    digest = blobs.write([content])
    assert digest == digest_of([content]) != before
    assert blobs.size(before) is None
    assert blobs.read(digest) == content


def test_two_that_send_the_same_at_the_same_time_both_have_it(url: str, content: bytearray) -> None:
    with ThreadPoolExecutor(2) as pool:
        digests = set(pool.map(lambda _: RemoteBlobs(url).write([content]), range(2)))
    assert digests == {digest_of([content])}
    assert RemoteBlobs(url).read(*digests) == content
