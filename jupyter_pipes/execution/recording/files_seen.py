"""Which steps of a run used and wrote which files: no step's end has to be held against all others."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_pipes.execution.early_reads import used, with_folders
from jupyter_pipes.execution.file_notes import shown, whole
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.views import RunView

_NEW_ATTEMPTS = (ev.AttemptQueued, ev.AttemptStarted, ev.StepReopened)


class FilesSeen:
    """An index of one run's files, kept up with its events.

    It goes by all attempts, those that are not their steps' latest any more included.

    Args:
        view: the run, kept up to date by its controller.
        earlier: the events that the view has already.
    """

    def __init__(self, view: RunView, earlier: Iterable[ev.AnyEvent] = ()) -> None:
        self._view = view
        self._positions: dict[str, int] = {}
        self._users: dict[str, set[str]] = {}
        self._writers: dict[str, set[str]] = {}
        self._all_writers: set[str] = set()
        self._last: dict[str, str] = {}
        self._is_stale = False
        for event in earlier:
            self.take(event)
        self._is_stale = bool(self._all_writers)

    def take(self, event: ev.AnyEvent) -> None:
        """Take note of an event that has been folded into the view."""
        if isinstance(event, ev.AttemptEnded):
            self._take_end(event)
        elif isinstance(event, _NEW_ATTEMPTS) and event.step in self._all_writers:
            # What its last attempt wrote counts no longer.
            self._is_stale = True

    def _take_end(self, event: ev.AttemptEnded) -> None:
        directory = self._view.directory
        read = whole((seen.path for seen in event.files), directory)
        for path in (*read, *used(event, directory)):
            self._users.setdefault(path, set()).add(event.step)
        written = whole(event.written, directory)
        for place in with_folders(written):
            self._writers.setdefault(place, set()).add(event.step)
        if written:
            self._all_writers.add(event.step)
            self._last.update(self._shown(event.step, written))

    def sharing(self, event: ev.AttemptEnded) -> list[str]:
        """Return, in the notebook's order, the step of an attempt that ends and all that share files with it.

        They used or wrote what it wrote, or wrote what it used.
        """
        directory = self._view.directory
        written = whole(event.written, directory)
        read = {**whole((seen.path for seen in event.files), directory), **used(event, directory)}
        sharing = {event.step}
        for path in with_folders(written):
            sharing |= self._users.get(path, set())
        for path in (*read, *written):
            sharing |= self._writers.get(path, set())
        return sorted(sharing, key=self._position)

    def _position(self, step: str) -> int:
        if not self._positions:
            self._positions = {name: number for number, name in enumerate(self._view.steps)}
        return self._positions[step]

    def last_writers(self) -> dict[str, str]:
        """Return file -> the step that wrote it last, of the latest attempts that count."""
        if self._is_stale:
            steps = [(name, self._view.steps[name].latest) for name in self._all_writers]
            latest = [(step, attempt) for step, attempt in steps if attempt is not None]
            self._last = {}
            for step, attempt in sorted(latest, key=lambda each: each[1].ended or 0.0):
                self._last.update(self._shown(step, whole(attempt.written, self._view.directory)))
            self._is_stale = False
        return self._last

    def _shown(self, step: str, written: Iterable[str]) -> dict[str, str]:
        attempt = self._view.steps[step].latest
        if attempt is None or attempt.is_outdated:
            return {}
        return {shown(path, self._view.directory): step for path in written}
