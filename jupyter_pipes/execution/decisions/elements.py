"""When elements of a `--map` are decided: all that come up together, some at a time, off the run's loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model.mapping.children import step_of

if TYPE_CHECKING:
    from jupyter_pipes.execution.decisions.lookup import Lookup
    from jupyter_pipes.execution.jobs import Jobs
    from jupyter_pipes.execution.scheduling import commands as do
    from jupyter_pipes.planning.decision import Decision

_AT_A_TIME = 200
"""Elements that are decided before it is told how: the first begin while others are looked up."""


class ElementDecisions:
    """Decides elements. Used on the background thread only.

    Args:
        jobs: says what an element reads.
        lookup: decides.
        decided: takes decisions, each with the command that asked for it.
        failed: takes a command that could not be carried out, with the error.
        begin: has work done on the loop.
    """

    def __init__(
        self,
        jobs: Jobs,
        lookup: Lookup,
        decided: Callable[[Sequence[tuple[do.Decide, Decision]]], None],
        failed: Callable[[do.Decide, Exception], None],
        begin: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._decided = decided
        self._failed = failed
        self._begin = begin
        self._waiting: list[do.Decide] = []

    def add(self, command: do.Decide) -> None:
        """Have an element decided, together with those that come up with it."""
        if not self._waiting:
            self._begin(self._decide_all())
        self._waiting.append(command)

    async def _decide_all(self) -> None:
        commands, self._waiting = self._waiting, []
        for step, of_step in groupby(commands, lambda command: step_of(command.step)):
            of_one = list(of_step)
            for first in range(0, len(of_one), _AT_A_TIME):
                await self._decide(step, of_one[first : first + _AT_A_TIME])

    async def _decide(self, step: str, commands: Sequence[do.Decide]) -> None:
        try:
            element = self._jobs.step(commands[0].step)
            inputs = self._jobs.inputs(element)
            values = {command.step: self._jobs.element_inputs(command.step) for command in commands}
            decisions = await in_thread(self._lookup.decide_elements, step, element, inputs, values)
        except Exception as error:  # whatever it is, it is theirs: an unreadable file, a lost store
            for command in commands:
                self._failed(command, error)
            return
        self._decided(list(zip(commands, decisions, strict=True)))
