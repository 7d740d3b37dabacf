"""When the steps of a run are decided: what is cached all at once, the others as they come up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.execution.decisions.elements import ElementDecisions
from jupyter_pipes.execution.decisions.lookup import Lookup
from jupyter_pipes.execution.decisions.options import OpenOptions
from jupyter_pipes.execution.recording.stated import decided, element_decided
from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, described
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.system.loading import making_what_stays

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.callbacks import Callbacks
    from jupyter_pipes.execution.jobs import Jobs
    from jupyter_pipes.execution.publishing.publisher import Publisher
    from jupyter_pipes.execution.recording.files_seen import FilesSeen
    from jupyter_pipes.execution.recording.recorder import Recorder
    from jupyter_pipes.history.indexing import ResultContent
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.views import StepView
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.planning.request import RunRequest


class Deciding:
    """The decisions of one run that are made, or under way. Used on the background thread only.

    Args:
        request: what the run is to do.
        workspace: where it is kept.
        recorder: has its view, and keeps what a decision went by.
        jobs: says what a step reads.
        files: says who wrote which file last.
        callbacks: are asked before.
        publisher: writes what the catalog names of what is cached.
        has_ended: whether nothing more will happen in the run.
        take: takes the facts that come of it.
        begin: has work done on the loop.
    """

    def __init__(
        self,
        request: RunRequest,
        workspace: Workspace,
        recorder: Recorder,
        jobs: Jobs,
        files: FilesSeen,
        callbacks: Callbacks,
        publisher: Publisher,
        *,
        has_ended: Callable[[], bool],
        take: Callable[..., None],
        begin: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._as_they_are = request.arguments.selection.taken
        self._recorder = recorder
        self._lookup = Lookup(recorder.view.run, request, workspace, callbacks.values, publisher)
        self._options = OpenOptions(
            recorder.view.run, request, workspace, jobs, callbacks.values, self._lookup.recalled
        )
        self._callbacks = callbacks
        self._jobs = jobs
        self._files = files
        self._has_ended = has_ended
        self._take = take
        self._begin = begin
        self._ahead: dict[str, Decision] | None = None
        self._elements = ElementDecisions(jobs, self._lookup, self._take_elements, self._cannot_decide, begin)
        self.reused: dict[str, ResultContent] = {}
        """Element of a step -> what is kept of it, of those that are cached."""
        self._undecided: list[do.Decide] = []
        self._under_way: dict[str, do.Decide] = {}

    async def look_ahead(self) -> None:
        """Decide all that is cached at once; what came up meanwhile is decided then."""
        await self._callbacks.begin()
        self._ahead = await self._lookup.ahead(self._callbacks.asks_before)
        waiting, self._undecided = self._undecided, []
        cached = [each.step for each in waiting if each.step in self._ahead and not self._is_over(each)]
        with making_what_stays():
            self._take(*(self._decided(step, self._ahead[step]) for step in cached))
        for command in waiting:
            if command.step not in cached:
                self._begin(self._decide(command))

    def decided_ahead(self, command: do.Decide) -> ev.StepDecided | None:
        """Return the decision of a step that comes up now, if it was made ahead."""
        self._under_way[command.step] = command
        if self._ahead is not None and command.step in self._ahead:
            return self._decided(command.step, self._ahead[command.step])
        return None

    def decide_soon(self, command: do.Decide) -> None:
        """Have a step decided, behind the look ahead."""
        if is_child(command.step):
            self._elements.add(command)
        elif self._ahead is None:
            self._undecided.append(command)
        else:
            self._begin(self._decide(command))

    def forget(self, step: str) -> None:
        """Drop what was decided, or is being decided, of inputs that are not the right ones any more."""
        self._under_way.pop(step, None)
        self._callbacks.forget(step)
        if self._ahead is not None:
            self._ahead = {name: self._ahead[name] for name in self._as_they_are if name in self._ahead}

    async def _decide(self, command: do.Decide) -> None:
        if self._is_over(command):
            return
        name = command.step
        refusal = await self._callbacks.before(name)
        if self._is_over(command):
            return
        if refusal:
            self._take(ev.StepDecided(name, "skipped", (refusal,)))
            return
        try:
            facts = await self._facts(command)
        except Exception as error:  # whatever it is, it is this step's: an unreadable file, a lost store
            self._cannot_decide(command, error)
            return
        self._take(*facts)

    async def _facts(self, command: do.Decide) -> list[ev.AnyEvent]:
        """Return the decision, behind the options that it goes by; nothing if nobody wants it any more."""
        name = command.step
        settled = [await self._settled(name)] if self._options.decide(name) else []
        step = self._jobs.step(name)
        step = replace(step, options=settled[0].options) if settled else step
        decision = await self._lookup.decide(
            step,
            self._jobs.inputs(step),
            self._files.last_writers(),
            lambda reason: self._take(ev.StepDeferred(name, reason)),
            lambda: self._is_over(command),
            claims=command.claims,
        )
        if decision is None:
            return []
        if self._options.has(name) and decision.result is None and not settled:
            # What is cached needs none of them.
            settled = await self._settled_to_run(command, decision)
        return [*settled, self._decided(name, decision)] if not self._is_over(command) else []

    async def _settled(self, step: str) -> ev.OptionsSettled:
        self._take(ev.StepDeferred(step, f"computes {self._options.words(step)}"))
        return await self._options.settle(step)

    async def _settled_to_run(self, command: do.Decide, decision: Decision) -> list[ev.OptionsSettled]:
        """Return what the options of a step that has to run come to; others may compute it if it does not."""
        is_wanted = False
        try:
            settled = await self._settled(command.step)
            is_wanted = not self._is_over(command)
        finally:
            if not is_wanted:
                await asyncio.to_thread(self._lookup.forget, decision)
        return [settled]

    def _take_elements(self, decisions: Sequence[tuple[do.Decide, Decision]]) -> None:
        wanted = [(command.step, each) for command, each in decisions if not self._is_over(command)]
        self.reused |= {name: each.result.content for name, each in wanted if each.result is not None}
        self._take(*(element_decided(name, each) for name, each in wanted))

    def _is_over(self, command: do.Decide) -> bool:
        """Whether nobody wants the decision any more: the step, or the run, ended or was opened again."""
        is_latest = self._under_way.get(command.step) is command
        return self._has_ended() or not is_latest or self._step(command.step).status.is_final

    def _decided(self, step: str, decision: Decision) -> ev.StepDecided:
        return decided(step, decision, self._step(step).reopened, self._recorder.keep)

    def _step(self, name: str) -> StepView:
        return self._recorder.view.step(name)

    def _cannot_decide(self, command: do.Decide, error: Exception) -> None:
        line = error.line if isinstance(error, PipesError) else None
        kind = type(error).__name__
        reported = StepError(kind, str(error), line=line, bases=(kind,))
        if not self._is_over(command):
            self._take(ev.StepEnded(command.step, Status.FAILED, described(error), reported))
