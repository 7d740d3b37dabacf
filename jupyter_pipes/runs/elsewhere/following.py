"""Follows a run that another process drives: the same fold and subscribers, fed by the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_pipes.execution import loop
from jupyter_pipes.execution.ending import Ending
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.execution.recording.subscribers import Subscriber, Subscribers
from jupyter_pipes.history import elsewhere
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.kept import last_run
from jupyter_pipes.runs.run import Run
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.control.commands import RunCommand
    from jupyter_pipes.model.views import RunView

LOOK = 0.2
"""Seconds between two looks at the journal."""

_LOOKS_PER_SETTLING = 10
"""Looks at the journal for each one at the lease: a controller that is gone leaves no news."""

SECOND_CHANCE = 60.0
"""Seconds for which a run without a controller is followed on: its queue begins a lost controller anew."""


class Follower:
    """Follows one run by its journal. Everything but `ended` and `view` is touched on the background thread.

    Args:
        history: where the run is kept.
        run: its id.
    """

    is_controller = False

    def __init__(self, history: History, run: str) -> None:
        self.run = run
        self.ended = Ending()
        self._history = history
        self._written = history.news()
        self._view = history.view(run)
        self._subscribers = Subscribers()
        self._looks = 0
        self._interrupted: float | None = None

    @property
    def view(self) -> RunView:
        """How the run stands."""
        return self._view

    def start(self) -> None:
        """Follow the run from now on, to its end."""
        if self._is_over():
            self.ended.set()
        else:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the view and each new record, on the background thread."""
        self._subscribers.add(subscriber)

    def command(self, command: RunCommand) -> None:
        """Pass a command on to whoever drives the run.

        Raises:
            UsageError: the run does not go on.
        """
        elsewhere.command(self._history, self.run, command)

    async def _follow(self) -> None:
        try:
            while not self._is_over():
                await asyncio.sleep(LOOK)
                if not self._is_due():
                    continue
                try:
                    self._take(await in_thread(self._news))
                except StoreError:
                    # A history that cannot be read just now is looked at again.
                    self._written.were_missed()
        finally:
            self.ended.set()

    def _is_due(self) -> bool:
        self._looks += 1
        # Asked each time: it learns what it is asked about.
        return self._written.may_have_come() or self._is_settling

    @property
    def _is_settling(self) -> bool:
        return self._looks % _LOOKS_PER_SETTLING == 0

    def _news(self) -> Sequence[ev.Record]:
        if self._is_settling:
            self._history.settle_interrupted()
        return self._history.records(self.run, self._view.seq)

    def _take(self, news: Sequence[ev.Record]) -> None:
        for record in news:
            apply(record, self._view)
            self._subscribers.tell(self._view, record)

    def _is_over(self) -> bool:
        """Return whether the run has ended for good, as far as one can tell."""
        if self._view.status is not Status.INTERRUPTED or self._view.queue in ("", LOCAL):
            return self._view.status.is_final
        now = asyncio.get_running_loop().time()
        self._interrupted = self._interrupted or now
        return now - self._interrupted >= SECOND_CHANCE


def going_on(workspace: Workspace, pipeline: str, origin: str) -> Run | None:
    """Return the newest run of a notebook or module, followed, if another process drives it just now.

    Args:
        workspace: where it is kept.
        pipeline: the pipeline's name.
        origin: its file.
    """
    if not workspace.has_history or not workspace.history.running():
        return None
    last = last_run(workspace.history, pipeline, origin)
    is_over = last is None or last.status.is_final or workspace.history.leases.look(last.run).is_over
    return None if last is None or is_over else attach(Run(workspace, last.run))


def attach(run: Run) -> Run:
    """Return a kept run as one that is followed here to its end, whoever drives it."""
    follower = Follower(run.workspace.history, run.id)
    attached = Run(run.workspace, run.id, follower)
    loop.call(follower.start)
    return attached
