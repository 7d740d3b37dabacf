"""The callbacks of one run: who is called for which fact, in which order, and what a `before` answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_pipes.execution.callbacks.calls import (
    LIMIT,
    Callback,
    CallbackFailed,
    CallbackHere,
    CallbackInProcess,
    CallbackOfPlugin,
)
from jupyter_pipes.hooks.answering import Answer
from jupyter_pipes.hooks.given import HOOKS, name_of
from jupyter_pipes.hooks.plugins import installed
from jupyter_pipes.hooks.told import StepTold, told_run, told_step
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import described
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.pipelines.called.callbacks import named

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.views import RunView
    from jupyter_pipes.planning.request import RunRequest

_NOTHING: Mapping[str, Any] = MappingProxyType({})

_ALL_HOOKS = (*HOOKS.values(), "artifact_stored")

_WORTH_TELLING = 1.0
"""Seconds of waiting for callbacks at a run's end after which it is told."""

_NEW_STATUS: Mapping[type[ev.Event], Callable[[Any], Status]] = {
    ev.AttemptQueued: lambda event: Status.QUEUED,
    ev.AttemptStarted: lambda event: Status.RUNNING,
    ev.GateReached: lambda event: Status.PENDING,
    ev.GateAnswered: lambda event: Status.PENDING,
    ev.RetryScheduled: lambda event: Status.QUEUED,
    ev.StepReopened: lambda event: Status.PENDING,
    ev.StepEnded: lambda event: event.status,
}
"""The status that a step has behind a fact: views may be ahead of it."""


class Callbacks:
    """Calls what wants to know of one run. Used on the background thread; what is called runs elsewhere.

    Args:
        request: what the run is to do.
        workspace: where it is kept.
        view: the run.
        values: of the steps' parameters; what a `before` changes goes there.
        take: takes the facts that come of it.
        loop: the background thread's.
    """

    def __init__(
        self,
        request: RunRequest,
        workspace: Workspace,
        view: RunView,
        values: StepValues,
        take: Callable[..., None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._request = request
        self._workspace = workspace
        self._view = view
        self.values = values
        self._take = take
        self._loop = loop
        self._of_all = {hook: [*_plugins(hook), *_given(request, hook)] for hook in _ALL_HOOKS}
        self._steps = {step.name: dict(_by_hook(step.options)) for step in request.definition.steps}
        self._by_name: dict[str, Callback] = {}
        self._latest: dict[Callback, asyncio.Task[None]] = {}
        self._given_up: set[Callback] = set()
        self._asked: dict[str, str] = {}
        self._statuses: dict[str, Status] = {}
        self.is_needed = any(self._of_all.values()) or any(self._steps.values()) or bool(installed().problems)
        """Whether there are any."""

    def asks_before(self, step: str) -> bool:
        """Return whether somebody has a say before a step is decided."""
        return bool(self._of_all["before_step"] or self._steps[step].get("before_step"))

    async def begin(self) -> None:
        """Tell that the run begins, and wait for who wants to know."""
        for plugin, problem in installed().problems.items():
            self._take(ev.CallbackNoted(plugin, f"plugin {plugin} is left out: {problem}", has_failed=True))
        told = {"run": told_run(self._view, self._view.status, "", time.time())}
        calls = (self._call(callback, "before_run", told) for callback in self._of_all["before_run"])
        await asyncio.gather(*calls)

    async def before(self, step: str) -> str:
        """Ask who has a say before a step is decided; return why it is to be skipped, "" if it is not.

        Each is asked once as long as the step has the inputs that it has.
        """
        if step not in self._asked and self.asks_before(step):
            self._asked[step] = await self._refusal(step)
        return self._asked.get(step, "")

    def forget(self, step: str) -> None:
        """Have a step that has other inputs now asked about once more."""
        self._asked.pop(step, None)
        self.values.forget(step)

    def take(self, view: RunView, record: ev.Record) -> None:
        """Tell those who want to know of a fact; a subscriber of the run."""
        event = record.event
        if not isinstance(event, ev.StepEvent) or is_child(event.step):
            return
        if isinstance(event, ev.ArtifactStored):
            told = self._told(event.step, self._status(event.step), "")
            self._tell("artifact_stored", {"step": told, "artifact": event.artifact})
        if type(event) in _NEW_STATUS:
            self._take_status(event.step, _NEW_STATUS[type(event)](event), getattr(event, "reason", ""))
        if isinstance(event, ev.StepEnded):
            self._tell("after_step", {"step": self._told(event.step, event.status, event.reason)})

    async def finish(self, end: ev.AnyEvent) -> None:
        """Wait for all who are told of steps, then tell how the run ends, and wait for that."""
        if not self.is_needed or not isinstance(end, ev.RunEnded):
            return
        waiting = self._loop.call_later(_WORTH_TELLING, self._tell_waiting)
        under_way = {task for task in self._latest.values() if not task.done()}
        _, late = await asyncio.wait(under_way, timeout=LIMIT) if under_way else (None, set[Any]())
        for callback, task in self._latest.items():
            if task in late:
                task.cancel()
                self._note_failure(callback, "", "was too slow to be told of all steps: the run ends")
        told = {"run": told_run(self._view, end.status, end.reason, time.time())}
        calls = (self._call(callback, "after_run", told) for callback in self._of_all["after_run"])
        await asyncio.gather(*calls)
        waiting.cancel()

    def _tell_waiting(self) -> None:
        self._take(ev.RunHeldUp("waits for callbacks"))

    def _take_status(self, step: str, new: Status, reason: str) -> None:
        old, self._statuses[step] = self._status(step), new
        if old is not new:
            told = {"step": self._told(step, new, reason), "old": str(old), "new": str(new)}
            self._tell("on_status", told)

    def _status(self, step: str) -> Status:
        return self._statuses.get(step, Status.PENDING)

    def _told(self, step: str, status: Status, reason: str) -> StepTold:
        return told_step(self._view, self._view.steps[step], status, reason)

    async def _refusal(self, step: str) -> str:
        for callback in self._of("before_step", step):
            self._take(ev.StepDeferred(step, f"waits for callback {callback.name}"))
            told = self._told(step, Status.PENDING, "")
            arguments = {"step": told, "params": self.values.packed(step)}
            answer = await self._call(callback, "before_step", arguments)
            if not answer.goes_on:
                return f"{callback.name} returned False"
            if answer.changed:
                self._change(callback, step, answer)
        return ""

    def _change(self, callback: Callback, step: str, answer: Answer) -> None:
        try:
            values = self.values.change(step, answer.changed)
        except Exception as error:  # it does not fit, or is of a class that only the notebook has
            self._note_failure(callback, step, f"failed: {described(error)}")
            return
        words = ", ".join(f"{name} = {value!r}" for name, value in values.items())
        self._note(callback, step, f"changed {words}", values)

    def _of(self, hook: str, step: str) -> Iterator[Callback]:
        """Yield who is called for a hook about a step: those of all steps first."""
        yield from self._of_all[hook]
        for name in self._steps[step].get(hook, ()):
            callback = self._named(name)
            if callback is not None:
                yield callback
            else:
                text = f"callback {name} failed: the pipeline has no such function"
                self._take(ev.CallbackNoted(name, text, step, has_failed=True))

    def _named(self, name: str) -> Callback | None:
        callbacks, run = self._request.definition.callbacks, self._view.run
        if name in callbacks and name not in self._by_name:
            self._by_name[name] = CallbackInProcess(
                name, callbacks[name], self._request, self._workspace, self.values, run
            )
        return self._by_name.get(name)

    def _tell(self, hook: str, told: Mapping[str, Any]) -> None:
        """Have all called who want to know, each in the order in which it happens."""
        step: StepTold = told["step"]
        for callback in self._of(hook, step.name):
            call = partial(self._call, callback, hook, told)
            self._latest[callback] = self._loop.create_task(_behind(self._latest.get(callback), call))

    async def _call(self, callback: Callback, hook: str, told: Mapping[str, Any]) -> Answer:
        """Call one; whatever goes wrong there is noted, and means nothing to the run."""
        step = told["step"].name if "step" in told else ""
        if callback in self._given_up:
            return Answer()
        try:
            answer, printed = await callback.call(hook, told)
        except CallbackFailed as failure:
            if failure.is_hanging:
                self._given_up.add(callback)
            left = ", and is not called again in this run" if failure.is_hanging else ""
            self._note_failure(callback, step, f"failed: {failure}{left}", failure.error)
        except Exception as error:  # a store that is lost meanwhile, a value that cannot be unpickled
            self._note_failure(callback, step, f"failed: {described(error)}")
        else:
            if printed:
                self._note(callback, step, f"printed: {printed}")
            return answer
        return Answer()

    def _note(
        self, callback: Callback, step: str, text: str, parameters: Mapping[str, Any] = _NOTHING
    ) -> None:
        words = f"callback {callback.name} {text}"
        self._take(ev.CallbackNoted(callback.name, words, step, parameters=dict(parameters)))

    def _note_failure(self, callback: Callback, step: str, text: str, error: StepError | None = None) -> None:
        words = f"callback {callback.name} {text}"
        self._take(ev.CallbackNoted(callback.name, words, step, has_failed=True, error=error))


async def _behind(earlier: asyncio.Task[None] | None, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    if earlier is not None:
        await asyncio.wait([earlier])
    await call()


def _plugins(hook: str) -> list[Callback]:
    return [CallbackOfPlugin(f"{name}.{hook}", caller) for name, caller in installed().callers(hook)]


def _given(request: RunRequest, hook: str) -> list[Callback]:
    return [CallbackHere(name_of(function), function) for function in request.callbacks.get(hook, ())]


def _by_hook(options: Any) -> Iterator[tuple[str, list[str]]]:
    names: dict[str, list[str]] = {}
    for field, name in named(options):
        names.setdefault(HOOKS[field], []).append(name)
    yield from names.items()
