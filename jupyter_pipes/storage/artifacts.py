"""The artifact store: named values kept by content, and given back equal, types included, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.model.errors import SerializationError, StoreError, UntrustedStore
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.blobs.base import Blobs, DamagedBlob
from jupyter_pipes.storage.blobs.local import LocalBlobs
from jupyter_pipes.storage.previews import Describer

# What makes bytes of values, and values of bytes, is loaded where a value is kept or loaded: a run of which
# all is cached does neither.
if TYPE_CHECKING:
    from jupyter_pipes.storage.joining import Joiner
    from jupyter_pipes.storage.loading import Loading
    from jupyter_pipes.storage.serializers import Serialized

UNSIGNED = (
    "is not signed with the key that the settings name (signing), and loading a kept value runs the code "
    "that it names: run its step again, or say --trust (in Python: run.trust()) if you know who wrote it"
)
"""Why a value, or a run's parameters, are not loaded."""


class ArtifactStore:
    """Values under the digests of their bytes: equal bytes are kept once, and a kept value never changes.

    Loading a value may run code that its pickle names (see `serializers.pickling`): whoever can write to the
    store can run code as whoever reads it. A local store is therefore made readable for its owner only.

    Args:
        url: a folder, or any fsspec URL. Nothing is touched before something is kept.
        signed_only: whether artifacts that are marked as unsigned are not loaded.
    """

    def __init__(self, url: str | Path, *, signed_only: bool = False) -> None:
        self.signed_only = signed_only
        self.blobs = open_blobs(url)
        """What it keeps, as bytes without a meaning."""
        self._describer = Describer()

    def put(
        self, name: str, value: object, *, limit: int | None = None, joiner: Joiner | None = None
    ) -> ArtifactRef:
        """Keep a value and return where it is.

        Args:
            name: the variable's name.
            value: any value; large memory that it holds is written from where it is.
            limit: size in bytes beyond which it is not kept.
            joiner: knows the values that this one may share objects with; it learns of this one.

        Raises:
            SerializationError: it cannot be stored; names the variable, its type and what is in the way.
            StoreError: the store cannot be written; nothing is left under the value's digest.
        """
        from jupyter_pipes.storage.joining import NOTHING, Holder
        from jupyter_pipes.storage.serializers import serialize, serialize_linked

        serializer, whole = serialize(name, value)
        joined = joiner.join(name, whole.parts) if joiner else NOTHING
        content = _content(serializer, whole) if joined.links else ""
        imports = whole.imports
        if joined.links:
            serializer, whole = serialize_linked(value, joined.links)
        size = sum(len(buffer) for buffer in whole.buffers)
        if limit is not None and size > limit:
            raise SerializationError(
                f"{name!r} ({type(value).__name__}) is not stored: it takes {size:,} bytes, "
                f"more than the {limit:,} that there is room for."
            )
        digest = self.blobs.write(whole.buffers)
        # Of what is a link as a whole, nothing is written that could be another state of it.
        is_link = id(value) in joined.links
        if content and not is_link and content != _content(*serialize(name, value)):
            # A thread of the step changed it meanwhile: it is known by what was written only.
            content = ""
        type_name, shape, preview = self._describer.describe(value)
        artifact = ArtifactRef(
            name,
            digest,
            type_name,
            size,
            serializer,
            shape,
            preview,
            whole.stable,
            content,
            joined.references,
            imports=imports,
        )
        if joiner:
            joiner.add(Holder(name, lambda: artifact, whole.parts))
        return artifact

    def get(self, ref: ArtifactRef) -> Any:
        """Return the value; large parts of a local one are mapped: shared until written to, never copied.

        Raises:
            StoreError: it is missing, or not what was stored.
            SerializationError: its bytes are whole, but what it takes to read them is not there.
        """
        loading = self.loading()
        try:
            return self.load(ref, loading)
        finally:
            loading.forget()

    def loading(self, together: Iterable[Iterable[str]] = ()) -> Loading:
        """Return what loads several values; those of names that belong together share what they shared."""
        from jupyter_pipes.storage.loading import Loading

        return Loading(self.blobs.read, together)

    def load(self, ref: ArtifactRef, loading: Loading) -> Any:
        """Return the value as `get` does, together with others."""
        self._check_signed(ref)
        size = self.blobs.size(ref.digest)
        if size is not None and size != ref.bytes:
            raise StoreError(self._damage(ref, f"holds {size} bytes instead of {ref.bytes}"))
        try:
            return loading.value(ref)
        except DamagedBlob as error:
            raise StoreError(self._damage(ref, "is damaged")) from error
        except SerializationError as error:
            if not self.is_whole(ref):
                raise StoreError(self._damage(ref, "is damaged")) from error
            raise SerializationError(f"{ref.name!r} ({ref.type}) cannot be loaded. {error}") from error

    def get_whole(self, ref: ArtifactRef) -> Any:
        """Return the value as `get` does, once its content was held against the digest (see `is_whole`).

        Raises:
            StoreError: it is missing or damaged.
            SerializationError: its bytes are whole, but what it takes to read them is not there.
        """
        self._check_signed(ref)
        if not self.is_whole(ref):
            raise StoreError(self._damage(ref, "is missing or damaged"))
        return self.get(ref)

    def is_refused(self, ref: ArtifactRef) -> bool:
        """Return whether the artifact lacks a signature that it needs to be loaded."""
        return ref.unsigned and self.signed_only

    def _check_signed(self, ref: ArtifactRef) -> None:
        if self.is_refused(ref):
            raise UntrustedStore(f"the kept artifact {ref.name!r} {UNSIGNED}")

    def put_bytes(self, data: BytesLike) -> str:
        """Keep bytes as they are and return their digest; StoreError if the store cannot be written."""
        return self.blobs.write([data])

    def get_bytes(self, digest: str) -> bytes:
        """Return kept bytes; StoreError if they are missing or cannot be read."""
        return bytes(self.blobs.read(digest))

    def view(self, digest: str) -> memoryview:
        """Return kept bytes, mapped where they are many; StoreError if they are missing or cannot be read."""
        return self.blobs.read(digest)

    def has(self, ref: ArtifactRef) -> bool:
        """Return whether the artifact is there and has its size."""
        return self.blobs.size(ref.digest) == ref.bytes and not any(
            self.blobs.size(needed) is None for needed in ref.references
        )

    def is_whole(self, ref: ArtifactRef) -> bool:
        """Return whether the artifact is there and its content is what was stored.

        A local one is read for that only if its file changed since; a damaged one is removed, so that the
        step that makes it can put it there again.
        """
        return self.blobs.is_whole(ref.digest, ref.bytes) and all(
            self.blobs.is_whole(needed, None) for needed in ref.references
        )

    def proofs(self, refs: Iterable[ArtifactRef]) -> Mapping[str, str]:
        """Return digest -> what tells another process that what it loads is what was checked here."""
        return self.blobs.proofs({digest for ref in refs for digest in (ref.digest, *ref.references)})

    def trust(self, proofs: Mapping[str, str]) -> None:
        """Take another process's word for what it has checked: no need to read it for that again."""
        self.blobs.trust(proofs)

    def check_loaded(self) -> None:
        """Make sure that what was loaded from mapped files was not damaged behind its readers' backs.

        Raises:
            StoreError: it was; what was computed from it may be wrong.
        """
        for digest in self.blobs.damaged():
            raise StoreError(
                f"a kept artifact was damaged while it was in use ({self.uri(digest)}): "
                "run the step that makes it again"
            )

    def note_written(self, ref: ArtifactRef) -> None:
        """Take the word of the process that has just stored an artifact for its content."""
        self.blobs.note_written(ref.digest)

    def doubtful(self, refs: Iterable[ArtifactRef]) -> set[str]:
        """Return the digests of what is not known to be whole and to outlast a power cut."""
        return self.blobs.doubtful({digest for ref in refs for digest in (ref.digest, *ref.references)})

    def uri(self, digest: str) -> str:
        """Return the absolute fsspec URL of what has this digest."""
        return self.blobs.uri(digest)

    def _damage(self, ref: ArtifactRef, what: str) -> str:
        return (
            f"The kept artifact {ref.name!r} ({ref.type}) {what}: {self.uri(ref.digest)}. "
            "Run the step that makes it again."
        )


def _content(serializer: str, whole: Serialized) -> str:
    return f"{serializer}:{digest_of(whole.buffers)}"


def open_blobs(url: str | Path) -> Blobs:
    """Return the blobs kept under a path or fsspec URL (`file://`, `s3://`, `memory://`, …)."""
    text = str(url)
    if text.startswith("file://"):
        # Few say it so, and the import takes longer than the rest of a look at the store.
        from urllib.request import url2pathname

        return LocalBlobs(Path(url2pathname(text.removeprefix("file://"))))
    if not Path(text).is_absolute() and ("://" in text or "::" in text):
        from jupyter_pipes.storage.blobs.remote import RemoteBlobs

        return RemoteBlobs(text)
    return LocalBlobs(Path(text))
