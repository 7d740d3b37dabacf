"""The facts of what the store has in place of a folder that a run's controller does not see."""

from __future__ import annotations

from msgspec import Struct

from jupyter_pipes.model.shown.kinds import AttemptEvent, Event


class FolderKept(Event, frozen=True):
    """These files of the notebook's folder are in the store, as they are now: path -> digest."""

    files: dict[str, str]


class LogKept(AttemptEvent, frozen=True):
    """The next piece of the attempt's log is in the store, under `digest`; `size` in bytes."""

    digest: str
    size: int


class LogPiece(Struct, frozen=True, gc=False):
    """A piece of a log that is in the store: its digest there, and its size in bytes."""

    digest: str
    size: int
