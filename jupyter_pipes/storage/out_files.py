"""Files that steps make (`--out-file`): kept as artifacts of their content, and put back where they were."""

from __future__ import annotations

import codecs
import mmap
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import OutFileMissing, StoreError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.blobs.base import write_pieces
from jupyter_pipes.storage.file_digests import file_digest, remember_written
from jupyter_pipes.storage.serializers.plain import FileSerializer
from jupyter_pipes.storage.whole_files import replacing

if TYPE_CHECKING:
    from jupyter_pipes.storage.artifacts import ArtifactStore

_BEGINNING = 300
"""Characters of a text file that its artifact shows."""


def keep(store: ArtifactStore, path: str, directory: Path) -> ArtifactRef:
    """Keep the content of a file that a step made; its artifact is named as the path.

    Args:
        store: where to; the file is mapped, never held in memory as a whole.
        path: as `--out-file` has it.
        directory: the folder that it counts from.

    Raises:
        OutFileMissing: there is no such file.
        OSError: it cannot be read.
        StoreError: the store cannot be written.
    """
    file = directory / path
    if not file.is_file():
        what = "a folder: name the files in it" if file.is_dir() else "not there"
        raise OutFileMissing(
            f"the step ended, but its --out-file {path} is {what}; write it (in {directory}) on every path "
            "through the step, or correct the option",
            line=1,
        )
    with _mapped(file) as content:
        digest = store.put_bytes(content)
        return ArtifactRef(path, digest, "file", len(content), FileSerializer.name, (), _beginning(content))


def keep_content(store: ArtifactStore, file: Path) -> str:
    """Keep the content of a file, which is mapped, and return its digest.

    Raises:
        OSError: it cannot be read.
        StoreError: the store cannot be written.
    """
    with _mapped(file) as content:
        return store.put_bytes(content)


def restore(store: ArtifactStore, artifacts: Iterable[ArtifactRef], directory: Path) -> list[str]:
    """Put back each file among the artifacts that is missing or has other content; return their paths.

    Raises:
        StoreError: what was kept is missing or damaged, or the file cannot be written.
    """
    files = (artifact for artifact in artifacts if artifact.serializer == FileSerializer.name)
    changed = [artifact for artifact in files if file_digest(directory / artifact.name) != artifact.digest]
    for artifact in changed:
        _put_back(store, artifact, directory / artifact.name)
    return [artifact.name for artifact in changed]


def _put_back(store: ArtifactStore, artifact: ArtifactRef, path: Path) -> None:
    if not store.is_whole(artifact):
        raise StoreError(
            f"the file {artifact.name} cannot be put back: what was kept of it is missing or damaged "
            f"({store.uri(artifact.digest)}); run the step that makes it again"
        )
    try:
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft, draft.open("xb") as file:
            write_pieces(file, [store.view(artifact.digest)])
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"the file {artifact.name} cannot be put back ({path}): {reason}") from error
    remember_written(path, artifact.digest)


@contextmanager
def _mapped(path: Path) -> Generator[memoryview]:
    """Give the file's content without reading it."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            # Nothing cannot be mapped.
            yield memoryview(b"")
            return
        with (
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping,
            memoryview(mapping) as content,
        ):
            yield content


def _beginning(content: memoryview) -> str:
    """Return how a text begins, "" for anything else."""
    head = bytes(content[: 4 * _BEGINNING])
    if b"\0" in head:
        return ""
    try:
        # Its last character may be cut.
        return codecs.getincrementaldecoder("utf-8")().decode(head)[:_BEGINNING]
    except UnicodeDecodeError:
        return ""
