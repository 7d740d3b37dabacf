"""Blobs within a limit: what was wanted least recently goes, what may be in use stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_pipes.storage.blobs.base import key
from jupyter_pipes.storage.blobs.limits import keep_within
from jupyter_pipes.storage.blobs.local import LocalBlobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def _fill(folder: Path) -> list[str]:
    """Write three blobs of 10 bytes, wanted last at the times 1, 2 and 3."""
    digests = [LocalBlobs(folder).write([bytes([number]) * 10]) for number in range(3)]
    for moment, digest in enumerate(digests, 1):
        os.utime(folder / key(digest), (moment, moment))
    return digests


@pytest.mark.parametrize(
    ("limit", "in_use_since", "left"),
    [(30, 9, 3), (29, 9, 2), (20, 9, 2), (19, 9, 1), (0, 9, 0), (0, 2, 2), (0, 1, 3)],
)
def test_the_oldest_go_until_the_others_fit(limit: int, in_use_since: int, left: int, folder: Path) -> None:
    digests, blobs = _fill(folder), LocalBlobs(folder)
    keep_within(blobs, limit, in_use_since)
    assert [digest for digest in digests if blobs.size(digest) is not None] == digests[3 - left :]


def test_what_is_wanted_again_stays(folder: Path) -> None:
    first, second, third = _fill(folder)
    blobs = LocalBlobs(folder)
    blobs.write([bytes([0]) * 10])
    keep_within(blobs, 20, float("inf"))
    assert {digest for digest in (first, second, third) if blobs.size(digest) is not None} == {first, third}


def test_a_place_where_nothing_was_kept_has_nothing_to_lose(folder: Path) -> None:
    keep_within(LocalBlobs(folder), 0, float("inf"))
    assert not folder.exists()
