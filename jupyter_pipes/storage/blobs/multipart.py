"""Uploads to S3 in parts, several at a time: nothing stands under a key before all of it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from blake3 import blake3

from jupyter_pipes.model.digests import BytesLike
from jupyter_pipes.storage.blobs.base import PIECE, in_parallel, pieces, total

_Part = tuple[int, bytes]
"""A part's number, which counts from 1, and its content."""

MOST_PARTS = 10_000
"""Parts that S3 takes of one upload."""


def is_s3(files: Any) -> bool:
    """Return whether a file system is one of S3."""
    # A text, or a tuple of them.
    return "s3" in files.protocol


def upload(files: Any, path: str, buffers: Sequence[BytesLike], digest: str) -> bool:
    """Put buffers under a key; return False if they changed meanwhile, and nothing is there.

    What an upload of the same content had sent that was broken off is not sent again.

    Args:
        files: the file system of s3fs.
        path: the key, with its bucket.
        buffers: the content.
        digest: of the content; nothing else is put under the key.

    Raises:
        Exception: whatever s3fs and botocore raise, after their own tries.
    """
    upload = _Upload(files, path)
    hasher = blake3()

    def hashed() -> Iterator[_Part]:
        for number, part in enumerate(_parts(buffers), 1):
            hasher.update(part)
            yield number, part

    tags = list(in_parallel(upload.send, hashed()))
    if hasher.hexdigest() != digest:
        upload.abort()
        return False
    upload.complete(tags)
    return True


class _Upload:
    """An upload of one key in parts: begun, or taken up where an earlier one was broken off."""

    def __init__(self, files: Any, path: str) -> None:
        self._files = files
        bucket, key, _ = files.split_path(path)
        self._place = {"Bucket": bucket, "Key": key}
        self._id, self._sent = self._begun(bucket, key)

    def _begun(self, bucket: str, key: str) -> tuple[str, dict[int, dict[str, Any]]]:
        """Return the id of the upload, and the parts of it that are there by their numbers."""
        listed = self._files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key)
        for upload in listed.get("Uploads", ()):
            if upload["Key"] == key:
                return upload["UploadId"], dict(self._listed(upload["UploadId"]))
        return self._files.call_s3("create_multipart_upload", **self._place)["UploadId"], {}

    def _listed(self, upload: str) -> Iterable[tuple[int, dict[str, Any]]]:
        marker, is_more = 0, True
        while is_more:
            place = {**self._place, "UploadId": upload, "PartNumberMarker": marker}
            listed = self._files.call_s3("list_parts", **place)
            yield from ((part["PartNumber"], part) for part in listed.get("Parts", ()))
            marker, is_more = listed.get("NextPartNumberMarker", 0), listed.get("IsTruncated", False)

    def send(self, part: _Part) -> dict[str, Any]:
        """Send a part that is not there, and return what completes the upload with it."""
        number, content = part
        sent = self._sent.get(number)
        if sent is None or sent["Size"] != len(content):
            place = {**self._place, "UploadId": self._id, "PartNumber": number}
            sent = self._files.call_s3("upload_part", **place, Body=content)
        return {"PartNumber": number, "ETag": sent["ETag"]}

    def complete(self, tags: list[dict[str, Any]]) -> None:
        """Have the content stand under its key, from now on."""
        parts = {"Parts": tags}
        self._files.call_s3(
            "complete_multipart_upload", **self._place, UploadId=self._id, MultipartUpload=parts
        )

    def abort(self) -> None:
        """Throw away what was sent."""
        self._files.call_s3("abort_multipart_upload", **self._place, UploadId=self._id)


def _parts(buffers: Sequence[BytesLike]) -> Iterator[bytes]:
    """Yield the content as copies of equal size, but for the last: the same for the same content."""
    size = max(PIECE, -(-total(buffers) // MOST_PARTS))
    gathered = bytearray()
    for piece in pieces(buffers):
        gathered += piece
        while len(gathered) >= size:
            yield bytes(gathered[:size])
            del gathered[:size]
    if gathered:
        yield bytes(gathered)
