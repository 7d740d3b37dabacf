"""One step at a time, in the order of the notebook: what a scheduler wants decided is held back till then."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.mapping.children import is_child


class InOrder:
    """A scheduler whose steps begin as a plain run of the cells has them; pure, as the one that it asks.

    A step is under way from its decision to its end: while its retry, or somebody at its gate, is waited for,
    nothing else begins.

    Args:
        scheduler: knows which steps may begin.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._places: dict[str, int] = {}
        self._held: dict[str, do.Decide] = {}
        self._under_way = ""

    def handle(self, event: ev.AnyEvent) -> list[do.AnyCommand]:
        """Take a fact and return what to do now, in order."""
        if isinstance(event, ev.RunStarted):
            self._places = {step.name: place for place, step in enumerate(event.steps)}
        elif isinstance(event, ev.StepEnded | ev.StepReopened):
            self._forget(event.step)
        commands = [command for command in self._scheduler.handle(event) if not self._holds(command)]
        return [*commands, *self._begin_next()]

    def _forget(self, step: str) -> None:
        self._held.pop(step, None)
        if step == self._under_way:
            self._under_way = ""

    def _holds(self, command: do.AnyCommand) -> bool:
        """Hold a decision back; not of elements, nor of what is under way and decided once more."""
        if not isinstance(command, do.Decide) or is_child(command.step) or command.step == self._under_way:
            return False
        self._held[command.step] = command
        return True

    def _begin_next(self) -> Iterator[do.AnyCommand]:
        if self._held and not self._under_way:
            self._under_way = min(self._held, key=self._places.__getitem__)
            yield self._held.pop(self._under_way)
