"""`Run`: one run, under way or from the history, as users hold it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.execution import loop
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel, RunCommand
from jupyter_pipes.model.errors import (
    ArtifactMissing,
    PipesError,
    RunCancelled,
    RunFailed,
    RunNotFound,
    UsageError,
)
from jupyter_pipes.model.quantities import duration_text, exact_duration_text
from jupyter_pipes.model.results import ArtifactRef, OutputRef
from jupyter_pipes.model.shown.series import Series
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.pipelines.arguments import check_count, check_seconds, check_text, shown
from jupyter_pipes.runs import contents
from jupyter_pipes.runs.contents import (
    StepsByName,
    artifacts,
    failure,
    monitored_series,
    named_artifact,
    where_it_ran,
)
from jupyter_pipes.runs.logs import Log, brought, ends_of
from jupyter_pipes.runs.looks import preview

if TYPE_CHECKING:
    from jupyter_pipes.execution.ending import Ending
    from jupyter_pipes.execution.recording.subscribers import Subscriber
    from jupyter_pipes.history.workspace import Workspace


class Driver(Protocol):
    """What a run under way goes on by here: its controller, or what follows that of another process."""

    is_controller: bool
    """Whether the run ends with this process."""

    @property
    def view(self) -> RunView:
        """How the run stands, live."""
        ...

    @property
    def ended(self) -> Ending:
        """Set when it has ended."""
        ...

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the view and each new record, on the background thread."""
        ...

    def command(self, command: RunCommand) -> None:
        """Have something done with the run; from any thread.

        Raises:
            UsageError: it does not go on.
        """
        ...


class Run(Mapping[str, Any]):
    """One run of a pipeline.

    `run["df"]` loads the artifact of that name; `run.steps["clean"]` says how a step stands.

    As a mapping it has the names of its artifacts, and loads a value when it is asked for; `STEP.NAME` names
    that of one step.
    """

    def __init__(self, workspace: Workspace, run: str, driver: Driver | None = None) -> None:
        self._workspace = workspace
        # The background thread holds it as long as the run goes on; then it goes, though users keep the run.
        self._driver_here = weakref.ref(driver) if driver else None
        self._ended = driver.ended if driver else None
        self._view = driver.view if driver else workspace.history.view(run)
        self._sources: dict[str, RunView] = {}
        self.id = run
        self.is_driven_here = driver is not None and driver.is_controller
        """Whether it ends with this process: another one, or nobody, drives it otherwise."""

    @property
    def _driver(self) -> Driver | None:
        return self._driver_here() if self._driver_here is not None else None

    @property
    def workspace(self) -> Workspace:
        """Where it is kept."""
        return self._workspace

    @property
    def view(self) -> RunView:
        """The folded journal, live while the run goes on."""
        return self._view

    @property
    def status(self) -> Status:
        """`running`, `completed`, `failed`, `cancelled` or `interrupted`."""
        return self._view.status

    @property
    def reason(self) -> str:
        """Why it ended so, in words."""
        return self._view.reason

    @property
    def steps(self) -> Mapping[str, StepView]:
        """The steps by name, in order: `status`, `reason`, `attempts`, `error`, `artifacts`, `metrics`."""
        return StepsByName(self.id, self._view.steps)

    @property
    def metrics(self) -> dict[str, Series]:
        """All points of the metrics that steps put on the run (`--monitor`), by `STEP/NAME`."""
        return monitored_series(self._view, lambda step: self.shown_attempt(step)[1])

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters' values, as JSON carries them."""
        return self._view.parameters

    @property
    def seconds(self) -> float:
        """Wall time so far, or in all."""
        return (self._view.ended or time.time()) - self._view.started

    def __getitem__(self, name: str) -> Any:
        """Return the value that was kept last under `name` (`STEP.NAME` for that of one step).

        Raises:
            ArtifactMissing: the run kept nothing under this name.
            StoreError: it is not in the store any more, or damaged.
            UntrustedStore: another user could have written it, and nobody said `trust`.
        """
        self._workspace.check_values(trust=False)
        return self._workspace.store.get_whole(self.artifact(name))

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the artifacts, each once, in the order of the steps."""
        return iter(dict.fromkeys(artifact.name for _, artifact in artifacts(self._view)))

    def __len__(self) -> int:
        """Return how many names of artifacts there are."""
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        """Return whether `run[name]` has a value, without loading it."""
        return isinstance(name, str) and named_artifact(self._view, name) is not None

    def __bool__(self) -> bool:
        """Return that there is a run, also one that kept nothing."""
        return True

    def __eq__(self, other: object) -> bool:
        """Return whether it is this very object: runs that kept the same values are still two."""
        return self is other

    def __hash__(self) -> int:
        """Return a hash by identity, as `==` goes by it."""
        return id(self)

    def trust(self) -> Run:
        """Let values be loaded that another user could have written, of all runs of the project; return this.

        Loading one runs the code that it names.
        """
        self._workspace.check_values(trust=True)
        return self

    def artifact(self, name: str) -> ArtifactRef:
        """Return the reference of the artifact that `run[name]` loads.

        Raises:
            ArtifactMissing: the run kept nothing under this name.
        """
        artifact = named_artifact(self._view, name) if isinstance(cast("object", name), str) else None
        if artifact is None:
            near = nearest(str(name), self)
            hint, kept = f"; did you mean {near}? It" if near else "; it", ", ".join(sorted(self))
            raise ArtifactMissing(
                f"run {self.id} kept nothing under {shown(name)}{hint} kept: {kept or 'nothing'}"
            )
        return artifact

    def uri(self, artifact: ArtifactRef) -> str:
        """Return the absolute fsspec URL of an artifact."""
        return self._workspace.store.uri(artifact.digest)

    def logs(self, step: str, attempt: int | None = None, tail: int | None = None) -> str:
        """Return what a step printed, in its latest attempt unless another is named.

        Of a step with a `--map` it is what its first elements printed, the end of each; `score[3]` is one.

        A cached step shows what it printed when it ran. Of more than 4 MiB it is the end, behind a line that
        says so and names the file with all of it (`log_path`).

        Args:
            step: the step's name.
            attempt: the attempt's number, from 1.
            tail: only about this many bytes at the end.

        Raises:
            UsageError: the run has no such step, or the step no such attempt.
            StoreError: the log is in the store, and cannot be read there.
        """
        log = self.log(step, attempt)
        elements = self.element_logs(step) if attempt is None else ()
        return (log.text() if tail is None else log.end(check_count("tail", tail))) + ends_of(elements)

    def log(self, step: str, attempt: int | None = None) -> Log:
        """Return an attempt's log, to be read in pieces."""
        return Log(self.log_path(step, attempt))

    def element_logs(self, step: str) -> list[tuple[str, Log]]:
        """Return the logs of a `--map`'s elements, by name; of a cached step, in the run that it took."""
        view = self.step(step)
        if not view.source_run:
            return [(name, self.log(name)) for name in view.children]
        run = Run(self._workspace, view.source_run) if self._source(view) else None
        return run.element_logs(view.source_step) if run else []

    def log_path(self, step: str, attempt: int | None = None) -> Path | None:
        """Return where an attempt's log is, None when the step did not run; raises as `logs` does."""
        source, view = where_it_ran(self.id, self.step(step), self._source)
        attempts = view.attempts if view else ()
        numbers = [each.number for each in attempts]
        if attempt is not None and attempt not in numbers:
            there_are = ", ".join(map(str, numbers)) or "none"
            raise UsageError(
                f"run {self.id} has no log of attempt {shown(attempt)} of step {step}; attempts: {there_are}"
            )
        of = next((each for each in reversed(attempts) if attempt in (None, each.number)), None)
        if of is None or view is None:
            return None
        path = self._workspace.log_path(source, view.name, of.number)
        return brought(path, of.log, lambda: self._workspace.store)

    def shown_attempt(self, step: str) -> tuple[str, AttemptView | None]:
        """Return the attempt whose outputs a step shows, and its run: an earlier one when it is cached."""
        source, attempts = self.shown_attempts(step)
        return source, next(reversed(attempts), None)

    def shown_attempts(self, step: str) -> tuple[str, Sequence[AttemptView]]:
        """Return the attempts whose logs a step has, and their run: an earlier one when it is cached."""
        run, view = where_it_ran(self.id, self.step(step), self._source)
        return run, view.attempts if view else ()

    def _source(self, step: StepView) -> RunView | None:
        """Return the earlier run with a step's outputs, folded once for all; None if it is not there."""
        run = step.source_run
        # `gc` may have taken it just when it was decided upon.
        with suppress(RunNotFound):
            self._sources[run] = self._sources.get(run) or self._workspace.history.view(run)
        source = self._sources.get(run)
        return source if source and source.has(step.source_step) else None

    def step(self, name: str) -> StepView:
        """Return how a step stands.

        Raises:
            UsageError: the run has no such step.
        """
        return self.steps[name]

    def bundle(self, output: OutputRef) -> dict[str, Any]:
        """Return the MIME bundle of an output: `{"data": …, "metadata": …}`."""
        return msgspec.json.decode(self._workspace.store.get_bytes(output.digest))

    def preview(self, artifact: ArtifactRef) -> dict[str, Any]:
        """Return a look inside an artifact as a MIME bundle: frames and figures as IPython shows them."""
        return preview(artifact, self._workspace)

    def subscribe(self, subscriber: Callable[[RunView, ev.Record], None]) -> None:
        """Call `subscriber(view, record)` on a background thread for each new fact of a run followed here."""
        driver = self._driver
        if driver is not None:
            driver.subscribe(subscriber)

    def cancel(
        self, step: str | None = None, *, force: bool = False, reason: str = "cancelled by the user"
    ) -> None:
        """Cancel the run, or one step of it; returns at once if the run is followed here, else when it ended.

        Args:
            step: only this one.
            force: end a run of another process whether or not its controller is there and answers.
            reason: why, in words.

        Raises:
            UsageError: the run has no such step, or does not go on, or did not end in time.
        """
        from jupyter_pipes.history import elsewhere

        command, driver = Cancel(step, reason), self._driver
        if step is not None and (nested := contents.nested_in(self.step(step), self._view)):
            Run(self._workspace, nested.source_run).cancel(nested.source_step, force=force, reason=reason)
        elif driver is not None and not force:
            driver.command(command)
        else:
            elsewhere.cancel(self._workspace.history, self.id, command, force=force)
            self._view = self._view if driver else self._workspace.history.view(self.id)

    def approve(self, step: str | None = None, reason: str = "") -> None:
        """Let a step that waits at its gate begin; returns once its controller, wherever it is, was told.

        Args:
            step: its name; may be left out where one waits.
            reason: what is to be kept with it, in words.

        Raises:
            UsageError: the step does not wait for approval, somebody was faster, or the run does not go on.
        """
        self._answer(step, reason, approved=True)

    def refuse(self, step: str | None = None, reason: str = "") -> None:
        """Have a step that waits at its gate not begin: it and the run end `cancelled`; else as `approve`."""
        self._answer(step, reason, approved=False)

    def _answer(self, step: str | None, reason: str, *, approved: bool) -> None:
        from jupyter_pipes.history import elsewhere
        from jupyter_pipes.history.surroundings.environment import user

        driver = self._driver
        # Nobody brings the view of a run up to date that is not followed here.
        view = self._view if driver is not None else self._workspace.history.view(self.id)
        name = contents.gate_named(view, step)
        answer = AnswerGate(name, approved, user(), reason and check_text("the reason", reason))
        if driver is not None and driver.is_controller:
            driver.command(answer)
            return
        elsewhere.answer(self._workspace.history, self.id, answer)
        if driver is None:
            self._view = self._workspace.history.view(self.id)

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, at most `timeout` seconds.

        Raises:
            TimeoutError: it has not ended by then; it goes on.
            UsageError: `timeout` is no number, or a subscriber of a run waits, for which all runs wait.
        """
        timeout = check_seconds("timeout", timeout)
        if not self.has_ended:
            loop.refuse_to_wait(f"the end of run {self.id}")
        if self._ended is not None and not self._ended.wait(timeout):
            waited = exact_duration_text(timeout or 0)
            raise TimeoutError(f"run {self.id} has not ended after {waited}; it goes on")
        return self

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen in this run."""
        return self._ended.is_set() if self._ended else self._view.status.is_final

    @property
    def trouble(self) -> PipesError | None:
        """Why it could not be driven, recorded or followed to its end, if it could not."""
        return self._ended.error if self._ended is not None else None

    def check(self) -> Run:
        """Return the run itself if it completed.

        Raises:
            RunFailed: it failed; the message names the step, the line and the error.
            RunCancelled: it was cancelled or interrupted.
            PipesError: it could not be driven or recorded to its end.
        """
        if self.trouble is not None:
            raise self.trouble
        if self.status in (Status.CANCELLED, Status.INTERRUPTED):
            raise RunCancelled(f"run {self.id} was {self.status}: {self.reason}", self)
        if self.status is Status.FAILED:
            text, step, line = failure(self._view)
            raise RunFailed(text, self, step=step, line=line)
        return self

    def __repr__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        took = duration_text(self.seconds)
        return f"<Run {self.id} of {self._view.pipeline}: {self.status}{reason}, {self._view.tally}, {took}>"
