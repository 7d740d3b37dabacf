"""The log of an attempt, read in pieces: a step may print more than there is memory."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.model.quantities import bytes_text

MOST = 4 * 2**20
"""Bytes of a log's end that are shown where all of it is asked for."""


class Log:
    """A log as far as it is written; one that is not there is empty.

    Its length is in bytes, and `log[start:end]` reads those bytes alone.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def __len__(self) -> int:
        try:
            return self.path.stat().st_size if self.path else 0
        except FileNotFoundError:
            return 0

    def __getitem__(self, part: slice) -> bytes:
        start, end, _ = part.indices(len(self))
        if self.path is None or end <= start:
            return b""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    @property
    def is_long(self) -> bool:
        """Whether `text` leaves out its beginning."""
        return len(self) > MOST

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
