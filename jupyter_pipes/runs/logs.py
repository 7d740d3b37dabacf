"""The log of an attempt, read in pieces: a step may print more than there is memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.quantities import bytes_text

if TYPE_CHECKING:
    from jupyter_pipes.model.views import LogPiece
    from jupyter_pipes.storage.artifacts import ArtifactStore

MOST = 4 * 2**20
"""Bytes of a log's end that are shown where all of it is asked for."""


_MOST_LOGS, _LONGEST_END = 1000, 4096
"""Logs that are shown together, and bytes of each."""


class Log:
    """A log as far as it is written; one that is not there is empty.

    Its length is in bytes, and `log[start:end]` reads those bytes alone.
    """

    def __init__(self, path: Path | None, start: int = 0, stop: int | None = None) -> None:
        self.path = path
        self._start, self._stop = start, stop

    def __len__(self) -> int:
        try:
            size = self.path.stat().st_size if self.path else 0
        except FileNotFoundError:
            return 0
        return max((size if self._stop is None else min(self._stop, size)) - self._start, 0)

    def __getitem__(self, part: slice) -> bytes:
        start, end, _ = part.indices(len(self))
        if self.path is None or end <= start:
            return b""
        with self.path.open("rb") as file:
            file.seek(self._start + start)
            return file.read(end - start)

    @property
    def is_long(self) -> bool:
        """Whether `text` leaves out its beginning."""
        return len(self) > MOST

    def stretch(self, start: int, stop: int | None) -> Log:
        """Return the part of it from byte `start` up to `stop`; None for all that is there."""
        return Log(self.path, start, stop)

    def end(self, size: int) -> str:
        """Return the text of its last `size` bytes."""
        return self[max(len(self) - size, 0) :].decode("utf-8", "replace")

    def text(self) -> str:
        """Return its text; of a long one the end, behind a line that says where all of it is."""
        size = len(self)
        if size <= MOST:
            return self[:size].decode("utf-8", "replace")
        shown = self[size - MOST : size]
        # It begins with a whole line where there is one.
        shown = shown[shown.find(b"\n") + 1 :] or shown
        left_out = bytes_text(size - len(shown))
        head = f"[… the first {left_out} of the log are left out; all of it is in {self.path} …]\n"
        return head + shown.decode("utf-8", "replace")


def brought(path: Path, pieces: Sequence[LogPiece], store: Callable[[], ArtifactStore]) -> Path:
    """Return the path of a log, with what the store has of it and the file lacks brought there.

    Args:
        path: where it is looked for.
        pieces: what the store has of it; where the attempt ran in the notebook's folder, nothing.
        store: gives the store, where it is needed.

    Raises:
        StoreError: the store cannot be read, or the file not be written.
    """
    ends = list(accumulate(piece.size for piece in pieces))
    size = path.stat().st_size if path.exists() else 0
    if not ends or ends[-1] <= size:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        # Others may bring the same at the same time, to the same places.
        with path.open("r+b") as file:
            for piece, end in zip(pieces, ends, strict=True):
                if end > size:
                    file.seek(end - piece.size)
                    file.write(store().get_bytes(piece.digest))
    except OSError as error:
        raise StoreError(f"the log {path} cannot be brought from the store: {error}") from error
    return path


def ends_of(logs: Iterable[tuple[str, Log]]) -> str:
    """Return the ends of several logs, each below its name; of the first ones that are not empty."""
    texts = ((name, log.end(_LONGEST_END).rstrip()) for name, log in logs)
    return "".join(islice((f"{name}:\n{text}\n" for name, text in texts if text), _MOST_LOGS))
