"""One call of a callback: in a thread of this process, or of the notebook's in a process of its own."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
from msgspec.structs import replace

from jupyter_pipes.execution.executors.answering import ended, taken
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.hooks.answering import Answer, Question, meaning
from jupyter_pipes.model.errors import described
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.model.results import StepError
from jupyter_pipes.pipelines.called.callbacks import ASKED
from jupyter_pipes.pipelines.declarations.packing import unpack
from jupyter_pipes.system.threads import OURS

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.planning.request import RunRequest

LIMIT = 30.0
"""Seconds that a callback has; one that needs longer is given up, and not called again in its run."""

_MOST_PRINTED = 500
"""Characters of what a callback prints that are told: its end."""


class CallbackFailed(Exception):
    """A call that failed.

    Attributes:
        error: with what.
        is_hanging: whether it took too long.
    """

    def __init__(self, text: str, error: StepError | None = None, *, is_hanging: bool = False) -> None:
        super().__init__(text)
        self.error = error
        self.is_hanging = is_hanging


class Callback(Protocol):
    """What can be called."""

    name: str

    async def call(self, hook: str, told: Mapping[str, Any]) -> tuple[Answer, str]:
        """Call it; return what it answers, and what it printed where nobody sees it.

        Args:
            hook: what it is called for.
            told: the hook's arguments; parameters pickled.

        Raises:
            CallbackFailed: it raised, or took too long.
        """
        ...


class CallbackHere:
    """A function of this process.

    Args:
        name: what it is called in messages.
        function: takes the hook's arguments in order.
    """

    def __init__(self, name: str, function: Callable[..., object]) -> None:
        self.name = name
        self._function = function

    async def call(self, hook: str, told: Mapping[str, Any]) -> tuple[Answer, str]:
        """Call it in a thread that nothing waits for longer than it may."""
        parameters: dict[str, bytes] = told.get("params", {})
        arguments = {**told, "params": unpack(parameters)} if "params" in told else told
        value = await _in_own_thread(lambda: self._called(arguments))
        try:
            return meaning(value, parameters) if hook == "before_step" else Answer(), ""
        except Exception as error:
            raise CallbackFailed(described(error), _as_data(error)) from error

    def _called(self, arguments: Mapping[str, Any]) -> object:
        return self._function(*arguments.values())


class CallbackOfPlugin(CallbackHere):
    """What a plugin does for a hook; pluggy takes arguments by name."""

    def _called(self, arguments: Mapping[str, Any]) -> object:
        # pluggy gives what each plugin said that said something; here there is one.
        results = cast("list[object]", self._function(**arguments))
        return results[0] if results else None


class CallbackInProcess:
    """A function that a step names: it runs in a process like a step's, on the machine of the controller.

    Args:
        name: the function's name.
        step: what calls it.
        request, workspace, values, run: of the run.
    """

    def __init__(
        self, name: str, step: Step, request: RunRequest, workspace: Workspace, values: StepValues, run: str
    ) -> None:
        self.name = name
        self._step = step
        self._request = request
        self._workspace = workspace
        self._values = values
        self._run = run
        self._calls = 0

    async def call(self, hook: str, told: Mapping[str, Any]) -> tuple[Answer, str]:
        """Call it, and end the process if it takes too long."""
        field = {"before_step": "before", "after_step": "after_done"}.get(hook, hook)
        statuses = tuple(told[each] for each in ("old", "new") if each in told)
        question = Question(field, told["step"], told.get("params", {}), statuses)
        self._calls += 1
        job = self._job(question)
        end, answers = await ended(job)
        printed = _shortened(await in_thread(taken, Path(job.log)))
        if end.outcome != "completed":
            raise CallbackFailed(
                _with_printed(end.reason, printed), end.error, is_hanging=end.outcome == "timed out"
            )
        content = await in_thread(self._workspace.store.get, answers[0])
        return msgspec.msgpack.decode(content, type=Answer), printed

    def _job(self, question: Question) -> Job:
        definition = self._request.definition
        name = f"callback {self.name}"
        return Job(
            self._run,
            definition.pipeline,
            replace(self._step, name=name, options=replace(self._step.options, timeout=LIMIT)),
            self._calls,
            parameters={
                **self._values.read_by(self._step, question.step.name),
                ASKED: pickle.dumps(msgspec.msgpack.encode(question)),
            },
            directory=definition.directory,
            python_path=definition.python_path,
            environment=dict(os.environ),
            store=self._workspace.settings.store,
            log=str(self._workspace.log_path(self._run, name, self._calls)),
        )


def _with_printed(reason: str, printed: str) -> str:
    return f"{reason} (it printed: {printed})" if printed else reason


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_PRINTED else f"…{text[-_MOST_PRINTED:]}"


async def _in_own_thread(function: Callable[[], object]) -> object:
    """Call a function in a thread that is left alone when it takes too long, also when this process ends.

    Raises:
        CallbackFailed: it raised, or took too long.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[object, BaseException | None]] = loop.create_future()

    def tell(value: object, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((value, error))

    def run() -> None:
        try:
            value, error = function(), None
        except BaseException as raised:  # `sys.exit()` ends no thread of ours either
            value, error = None, raised
        loop.call_soon_threadsafe(tell, value, error)

    threading.Thread(target=run, name=f"{OURS} callback", daemon=True).start()
    try:
        value, error = await asyncio.wait_for(done, LIMIT)
    except TimeoutError:
        text = f"it did not return within {exact_duration_text(LIMIT)}"
        raise CallbackFailed(text, is_hanging=True) from None
    if error is not None:
        raise CallbackFailed(f"{type(error).__name__}: {error}", _as_data(error)) from error
    return value


def _as_data(error: BaseException) -> StepError:
    text = "".join(traceback.format_exception(error))
    bases = tuple(each.__name__ for each in type(error).__mro__[:-1])
    return StepError(type(error).__name__, str(error), text, bases=bases)
