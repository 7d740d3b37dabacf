"""What is kept is what its name says, though a thread goes on writing; damage is never fed on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage import file_digests
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.blobs import base as blobs
from jupyter_pipes.storage.blobs import local as local_blobs
from jupyter_pipes.storage.blobs import remote as remote_blobs
from jupyter_pipes.storage.joining import Joiner

SIZES = {"small": 100, "mapped": 100_000, "large": 3_000_000}
"""Numbers of 8 bytes: read as a whole; mapped; hashed behind the writing."""


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    place = tmp_path / "store"
    return ArtifactStore(place if request.param == "local" else f"memory://{tmp_path.name}-{os.getpid()}")


@pytest.fixture
def local(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


@pytest.fixture(params=SIZES.values(), ids=SIZES)
def numbers(request: pytest.FixtureRequest) -> Any:
    return np.arange(float(request.param))


@pytest.fixture
def changing(numbers: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the array changed whenever it is looked at, as a thread might do at just those moments."""

    def then_change(look: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*arguments: Any) -> Any:
            seen = look(*arguments)
            numbers[:] += 1
            return seen

        return looked

    for place in (local_blobs, remote_blobs):
        for name in ("digest_of", "write_pieces", "pieces"):
            if hasattr(place, name):
                monkeypatch.setattr(place, name, then_change(getattr(blobs, name, digest_of)))
    return numbers


def test_what_changes_while_it_is_stored_is_kept_under_its_own_name(
    store: ArtifactStore, changing: Any
) -> None:
    ref = store.put("numbers", changing)
    assert digest_of([store.get_bytes(ref.digest)]) == ref.digest
    assert store.is_whole(ref)
    assert len(store.get(ref)) == len(changing)


def test_what_changes_while_it_is_stored_with_links_counts_as_it_was_written(
    local: ArtifactStore, changing: Any
) -> None:
    joiner = Joiner()
    shared = [1, 2]
    local.put("shared", shared, joiner=joiner)
    ref = local.put("both", [shared, changing], joiner=joiner)
    assert ref.references
    assert ref.content == ""
    assert digest_of([local.get_bytes(ref.digest)]) == ref.digest


def path_of(store: ArtifactStore, ref: ArtifactRef) -> Path:
    return Path(store.uri(ref.digest).removeprefix("file://"))


def damage(path: Path) -> None:
    """Change the last byte of the file, where it lies."""
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))


def checked(store: ArtifactStore, ref: ArtifactRef) -> dict[str, str]:
    """Return what a run has in hand when it has decided to take an artifact."""
    store.note_written(ref)
    assert store.is_whole(ref)
    return dict(store.proofs([ref]))


def test_damage_between_decision_and_load_is_told_and_cleared_away(
    local: ArtifactStore, numbers: Any
) -> None:
    ref = local.put("numbers", numbers)
    proofs = checked(local, ref)
    damage(path_of(local, ref))
    reader = ArtifactStore(path_of(local, ref).parents[2])
    reader.trust(proofs)
    with pytest.raises(StoreError, match=r"'numbers'.*is damaged.*Run the step that makes it again"):
        reader.get(ref)
    assert not path_of(local, ref).exists()


def test_what_was_checked_is_not_read_for_it_again(
    local: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = local.put("numbers", np.arange(float(SIZES["mapped"])))
    proofs = checked(local, ref)
    monkeypatch.setattr(file_digests, "_seen", {})
    monkeypatch.setattr(local_blobs, "digest_of", pytest.fail)
    reader = ArtifactStore(path_of(local, ref).parents[2])
    reader.trust(proofs)
    assert len(reader.get(ref)) == SIZES["mapped"]


def test_what_nobody_checked_is_read_for_it_once(
    local: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = local.put("numbers", np.arange(float(SIZES["mapped"])))
    assert len(local.get(ref)) == SIZES["mapped"]
    monkeypatch.setattr(local_blobs, "digest_of", pytest.fail)
    assert len(local.get(ref)) == SIZES["mapped"]


def test_damage_behind_the_back_of_a_reader_is_told(local: ArtifactStore) -> None:
    ref = local.put("numbers", np.arange(float(SIZES["mapped"])))
    local.get(ref)
    local.check_loaded()
    damage(path_of(local, ref))
    with pytest.raises(StoreError, match=r"damaged while it was in use.*run the step that makes it again"):
        local.check_loaded()


@pytest.mark.parametrize("harmless", [os.utime, os.unlink], ids=["wanted again", "removed"])
def test_what_does_no_harm_to_a_mapped_value_is_no_damage(
    local: ArtifactStore, harmless: Callable[[Path], None]
) -> None:
    ref = local.put("numbers", np.arange(float(SIZES["mapped"])))
    local.get(ref)
    harmless(path_of(local, ref))
    local.check_loaded()


def test_a_blob_that_was_written_anew_does_no_harm_to_who_has_the_old_one(local: ArtifactStore) -> None:
    ref = local.put("numbers", np.arange(float(SIZES["large"])))
    local.get(ref)
    assert local.put("again", np.arange(float(SIZES["large"]))).digest == ref.digest
    local.check_loaded()
