"""A limit to what blobs take: those go that were wanted least recently."""

from __future__ import annotations

from operator import attrgetter

from jupyter_pipes.storage.blobs.base import Blobs


def keep_within(blobs: Blobs, limit: int, in_use_since: float) -> None:
    """Remove the blobs that were wanted least recently, until all take no more than the limit.

    Args:
        blobs: a place that tells when a blob was wanted last.
        limit: in bytes.
        in_use_since: what was wanted since then stays, in seconds since 1970: somebody may be using it.

    Raises:
        StoreError: the place cannot be read or written.
    """
    stored = sorted(blobs.stored(), key=attrgetter("changed"))
    excess = sum(blob.bytes for blob in stored) - limit
    for blob in stored:
        if excess <= 0 or blob.changed >= in_use_since:
            return
        if blobs.remove(blob, lambda changed: changed < in_use_since):
            excess -= blob.bytes
