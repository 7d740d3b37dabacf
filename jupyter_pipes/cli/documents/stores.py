"""The document of what was copied between artifact stores, or checked in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from jupyter_pipes.cli.documents.base import Document

if TYPE_CHECKING:
    from jupyter_pipes.history.needs import Need
    from jupyter_pipes.storage.blobs.base import Blobs
    from jupyter_pipes.storage.blobs.copying import Seen


class BlobDocument(Document, frozen=True):
    """A blob that is damaged or missing, and who needs it: "" where no run does, or where it has no name."""

    digest: str
    uri: str
    run: str
    step: str
    name: str


class StoreDocument(Document, frozen=True):
    """What was done (push, pull or verify), to how many blobs; and which of them are not whole."""

    did: str
    copied: int
    bytes: int
    there: int
    whole: int
    damaged: list[BlobDocument]
    missing: list[BlobDocument]


def of_blobs(what: str, seen: Iterable[Seen], needed: Mapping[str, Need], at: Blobs) -> StoreDocument:
    """Return the document of what was done to blobs.

    Args:
        what: "push", "pull" or "verify".
        seen: what became of each.
        needed: digest -> who needs it.
        at: where damaged and missing ones are.
    """
    seen = list(seen)
    counts = Counter(each.state for each in seen)
    bad = {
        state: [_blob(each.digest, needed, at) for each in seen if each.state == state]
        for state in ("damaged", "missing")
    }
    size = sum(each.bytes for each in seen if each.state == "copied")
    return StoreDocument(
        what, counts["copied"], size, counts["there"], counts["whole"], bad["damaged"], bad["missing"]
    )


def _blob(digest: str, needed: Mapping[str, Need], at: Blobs) -> BlobDocument:
    need = needed.get(digest)
    run, step, name = (need.run, need.step, need.name) if need else ("", "", "")
    return BlobDocument(digest, at.uri(digest), run, step, name)
