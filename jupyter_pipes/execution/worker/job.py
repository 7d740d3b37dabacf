"""One attempt from start to end: load, run, capture, store, report. The same for every executor."""

from __future__ import annotations

import builtins
import os
import pickle
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import msgspec
from IPython.core.interactiveshell import InteractiveShell

from jupyter_pipes.analysis.files.uses import shell_script
from jupyter_pipes.analysis.quoted_code import expression_names
from jupyter_pipes.analysis.states import definition_of, metrics_of
from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.current import Context, current
from jupyter_pipes.execution.worker.displays.displays import Displays
from jupyter_pipes.execution.worker.failing.errors import as_data, below, line_of, reason
from jupyter_pipes.execution.worker.failing.retries import Asking
from jupyter_pipes.execution.worker.fresh_modules import loaded_from_source
from jupyter_pipes.execution.worker.handover import HandOver
from jupyter_pipes.execution.worker.looping.rounds import run_rounds
from jupyter_pipes.execution.worker.mapping.elements import all_of, keep_elements
from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.execution.worker.metrics.tensorboard import take_scalars
from jupyter_pipes.execution.worker.observation.files import FileWatch
from jupyter_pipes.execution.worker.observation.listings import reads_folders_natively
from jupyter_pipes.execution.worker.observation.randomness import (
    from_elsewhere,
    own_numbers,
    restore_streams,
    states,
    stream_states,
    unseeded,
)
from jupyter_pipes.execution.worker.progress import watch_tqdm
from jupyter_pipes.execution.worker.reopening import files_kept
from jupyter_pipes.execution.worker.scripts.script import run_script
from jupyter_pipes.execution.worker.shell import Failure, StepCell
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.mapping.clauses import elements_code
from jupyter_pipes.model.steps import CodePiece
from jupyter_pipes.pipelines.made.value import parameters_made
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.previews import value_in_words

SLOW_PRELUDE = 0.5
"""Seconds from which a stretch of prelude earns a note that it runs in every step that needs it."""

_MET = "_when_it_is_true"
"""What the value of a `--when` or a `--repeat-while` is called while it is looked at."""

_ELEMENTS, _TAKEN = "_elements_of_the_map", "_all_elements_of_the_map"
"""What the elements of a `--map` are called while they are looked for, and what takes them."""


def run_job(
    job: Job,
    shell: InteractiveShell,
    report: Callable[[ev.AnyEvent], None],
    log_size: Callable[[], int],
    *,
    interactive: bool = False,
) -> None:
    """Run the attempt and report what happens; the last report is `AttemptEnded`.

    Args:
        job: the attempt as data.
        shell: the IPython shell of this process.
        report: takes each event.
        log_size: the number of bytes written to the log so far.
        interactive: whether somebody is there to answer `input()` (a debugger asks so).
    """
    started = time.perf_counter()
    buffer = MetricBuffer(job, report)
    attempt = Attempt(job, shell, buffer, log_size)
    ended = attempt.run(interactive=interactive)
    usage = msgspec.structs.replace(ended.usage, seconds=time.perf_counter() - started)
    files, written, listed = attempt.files.seen(), attempt.files.written(), attempt.files.listed()
    if attempt.files.is_blind:
        attempt.note(
            "closed files of its process that it did not open (os.closerange): which files compiled code "
            "read since is not known; name them with --file"
        )
    buffer.report(msgspec.structs.replace(ended, usage=usage, files=files, written=written, listed=listed))


class Attempt:
    """The state of one attempt while it runs."""

    def __init__(
        self, job: Job, shell: InteractiveShell, buffer: MetricBuffer, log_size: Callable[[], int]
    ) -> None:
        self.job = job
        self.step = job.step
        self.report = buffer.report
        self._buffer = buffer
        self.store = ArtifactStore(job.store)
        self.store.trust(job.proofs)
        self.displays = Displays(job, self.store, self.report, log_size)
        self.cell = StepCell(shell, self.displays.show, self.displays.clear)
        self.outputs = HandOver(job, self.cell.namespace, self.store, self.report)
        is_native = any(map(reads_folders_natively, self.step.sources))
        self.files = FileWatch(Path(job.directory), job.store, job.named, reads_natively=is_native)
        self._label = f"Step {self.step.name}"
        self._process = os.getpid()
        self._asking = Asking(job, self.cell, self.note)
        self._raised: BaseException | None = None

    def run(self, *, interactive: bool) -> ev.AttemptEnded:
        """Run all phases in order and return how the attempt ended."""
        context = Context(self.job, self._buffer, self.outputs.put)
        current.enter(context)
        try:
            return self._ended(lambda: self._run_inside(context, interactive=interactive))
        finally:
            context.send_last_progress()
            self.displays.tell_figures({*context.kept, *self.step.options.out_files})
            current.enter(None)

    def _run_inside(self, context: Context, *, interactive: bool) -> ev.AttemptEnded:
        with (
            self.cell.entered(),
            self.displays.titled(self.cell.shell),
            _surroundings(self.job, self.outputs.modules.loaded, interactive=interactive),
            self.files.watching(is_alone=not interactive),
            own_numbers(restored=interactive) as numbers,
        ):
            ended = self._ended(lambda: self._run_phases(context, numbers))
            return self._asking.asked(ended, self._raised) if self._raised else ended

    def _ended(self, phases: Callable[[], ev.AttemptEnded]) -> ev.AttemptEnded:
        try:
            return phases()
        except PipesError as error:
            return self._failed(error, error.line)
        except Exception as error:  # the folder is gone, a parameter's class: it must be told, not lost
            return self._failed(error, None)

    def _run_phases(self, context: Context, numbers: Mapping[str, Any]) -> ev.AttemptEnded:
        if script := shell_script(self.step.body):
            # A shell gets it as its input, not on its command line.
            self.files.note_command(script, None)
        self.cell.namespace.update(self._parameters())
        self.cell.serve_loop(self.step.sources)
        if failed := self._run_pieces(self.step.early_pieces):
            return failed
        # The prelude may have bound older values of the same names, and the classes of some.
        context.parameters = self._parameters()
        self.cell.namespace.update(context.parameters)
        self.outputs.load_inputs()
        restore_streams(self.cell.namespace)
        self.outputs.modules.begin()
        if failed := self._run_late_pieces(context):
            return failed
        self.displays.is_of_other_cells = False
        self.outputs.watch()
        watch_tqdm()
        # Only other cells can seed a stream from elsewhere.
        begun: Mapping[str, Any] = states() if self.step.pieces else {}
        if self.job.gathers is not None:
            self.outputs.gather(self.job.gathers)
            return ev.AttemptEnded(self.step.name, self.job.attempt, "completed")
        if ended := self._left_out():
            return ended
        if self.job.finds_elements:
            return self._find_elements()
        options = self.step.options
        with self.outputs.definitions.remembered_when_made(self.cell.shell):
            failed = run_rounds(self, options) if options.repeat_while else self.run_parts()
        take_scalars(self.files.written(), self.job, self._buffer)
        if failed:
            return failed
        for note in filter(None, (unseeded(self.job, numbers), from_elsewhere(self.job, begun))):
            self.note(note)
        self.cell.namespace.update(stream_states(self.step.writes))
        if (measured := metrics_of(self.step.name)) in self.step.writes:
            self.cell.namespace[measured] = context.buffer.last_values()
        self.outputs.keep()
        return ev.AttemptEnded(self.step.name, self.job.attempt, "completed")

    def _parameters(self) -> dict[str, Any]:
        return {name: pickle.loads(value) for name, value in self.job.parameters.items()}

    def _run_late_pieces(self, context: Context) -> ev.AttemptEnded | None:
        """Run the code that needs inputs; what it binds of these is an older value than theirs."""
        namespace = self.cell.namespace
        binding = [piece for piece in self.job.late_pieces if piece.behind or not piece.is_definition]
        bound = {name for piece in binding for name in piece.names}
        inputs = {name: namespace[name] for name in self.job.inputs.keys() & bound & namespace.keys()}
        for piece in self.job.late_pieces:
            self.outputs.put_back(self.job.lacking(piece))
            self.outputs.definitions.put_on(piece.behind)
            before = self.outputs.definitions.marks(piece.behind)
            if failed := self._run_pieces((piece,)):
                return failed
            context.parameters = {**context.parameters, **{n: namespace[n] for n in parameters_made(piece)}}
            after = self.outputs.definitions.marks(piece.behind)
            _check_that_it_only_looks(piece, [state for state in after if after[state] != before[state]])
        self.outputs.put_back(self.job.drafts)
        namespace.update(inputs)
        return None

    def _run_pieces(self, pieces: Sequence[CodePiece]) -> ev.AttemptEnded | None:
        """Run them in order; return how the attempt ended if one failed."""
        self.displays.is_of_other_cells = True
        for piece in pieces:
            failure = self._run_piece(piece)
            if failure is None:
                continue
            if not (piece.for_effect and isinstance(failure.error, (Exception, SystemExit))):
                return self._piece_failed(piece, failure)
            self.note(f"{piece.source} ({piece.label}): {reason(failure.error)}; it names nothing of it")
        return None

    def _run_piece(self, piece: CodePiece) -> Failure | None:
        begun = time.perf_counter()
        self.outputs.definitions.remember_bare(piece.registers_in)
        is_repeated = (piece.label, piece.line) in self.job.repeated
        with files_kept(self.cell.namespace) if is_repeated else nullcontext():
            failure = self._run_code("\n" * (piece.line - 1) + piece.source, piece.label)
        if failure is None:
            self._asking.has_run(piece)
        if time.perf_counter() - begun > SLOW_PRELUDE and piece in self.step.prelude:
            self._note_slow(piece)
        return failure

    def _note_slow(self, piece: CodePiece) -> None:
        names = ", ".join(piece.names)
        if piece.names[:1] and piece.names[0] in self.step.loads:
            self.note(f"{names} is loaded again in every step that reads it: bind what they need in one step")
        elif piece.cell and not piece.label.endswith(".py"):
            self.note(f"{piece.label} is computed again in every step that reads {names}: tag it with %%step")

    def _left_out(self) -> ev.AttemptEnded | None:
        """Return how the attempt ends if the step's `--when` is not true, or fails; None if it is to run."""
        when = self.step.options.when
        if not when:
            return None
        met = self.is_true("--when", when)
        if isinstance(met, ev.AttemptEnded):
            return met
        words = self.in_words(when)
        why = words if words != when else f"{when} is not true"
        return None if met else ev.AttemptEnded(self.step.name, self.job.attempt, "skipped", why)

    def is_true(self, flag: str, expression: str) -> bool | ev.AttemptEnded:
        """Return whether what an option says is true; how the attempt ends if computing it fails."""
        if failure := self._run_code(f"{_MET} = not not ({expression}\n)", self._label):
            ended = self._failed(failure.error, 1, below(failure.traceback, _MET))
            return msgspec.structs.replace(ended, reason=f"{flag} {expression}: {ended.reason}")
        return self.cell.namespace.pop(_MET)

    def in_words(self, expression: str) -> str:
        """Return an expression with the values that decide it: `len(xs) > 2: xs has 1`."""
        late = {name for piece in self.job.late_pieces if not piece.is_definition for name in piece.names}
        known = self.job.inputs.keys() | self.job.parameters.keys() | late | set(self.step.writes)
        namespace = self.cell.namespace
        names = sorted(expression_names(expression) & known & namespace.keys(), key=expression.index)
        values = ", ".join(value_in_words(name, namespace[name]) for name in names)
        return f"{expression}: {values}" if values else expression

    def _find_elements(self) -> ev.AttemptEnded:
        """Compute the elements of the step's `--map` and keep each; none of its code runs."""
        clauses = self.step.options.map
        self.cell.namespace[_TAKEN] = all_of
        failure = self._run_code(f"{_ELEMENTS} = {_TAKEN}({elements_code(clauses)})", self._label)
        if failure:
            ended = self._failed(failure.error, 1, below(failure.traceback, _ELEMENTS))
            return msgspec.structs.replace(ended, reason=f"--map {' '.join(clauses)}: {ended.reason}")
        self.cell.namespace.pop(_TAKEN)
        keep_elements(self.job, self.store, self.cell.namespace.pop(_ELEMENTS), self.report)
        return ev.AttemptEnded(self.step.name, self.job.attempt, "completed")

    def run_parts(self, *, is_first: bool = True) -> ev.AttemptEnded | None:
        """Run the step's own cells in order; return how the attempt ended if one failed."""
        if self.step.options.bash:
            return self._run_script()
        for place, code in enumerate(self.step.parts):
            if place and is_first:
                self.displays.begin_cell()
            if failure := self._run_code(code, self._label):
                line = line_of(failure.error, self._label)
                return self._failed(failure.error, line, failure.traceback)
        return None

    def _run_script(self) -> ev.AttemptEnded | None:
        try:
            run_script(self.step.body, self.cell.namespace)
        except PipesError as error:
            return self._failed(error, error.line)
        return None

    def _run_code(self, source: str, label: str) -> Failure | None:
        failure = self.cell.run(source, label)
        if os.getpid() != self._process:
            # A copy of the process that the code forked and let come back here: the original goes on.
            processes.flush_streams()
            os._exit(0)
        return failure

    def note(self, text: str) -> None:
        """Tell something that the user should know."""
        self.report(ev.NoteAdded(self.step.name, self.job.attempt, text))

    def _piece_failed(self, piece: CodePiece, failure: Failure) -> ev.AttemptEnded:
        line = line_of(failure.error, piece.label)
        ended = self._failed(failure.error, None, failure.traceback)
        where = f"{piece.label}, line {line}" if line else piece.label
        reason = f"{ended.reason} (in {where}, which step {self.step.name} needs)"
        return msgspec.structs.replace(ended, reason=reason)

    def _failed(
        self, error: BaseException, line: int | None, shown: list[str] | None = None
    ) -> ev.AttemptEnded:
        if self.job.retry_rules:
            self._raised = error
        told = as_data(error, line, shown)
        return ev.AttemptEnded(self.step.name, self.job.attempt, "failed", reason(error), told)


def _check_that_it_only_looks(piece: CodePiece, changed: Sequence[str]) -> None:
    """Refuse code of a plain cell that changes what an earlier step left: it runs in several steps."""
    if changed:
        names = " and ".join(map(definition_of, changed))
        raise PipesError(
            f"{piece.label}, line {piece.line} changes what {names} holds, behind a step that does so, and "
            "is no step: its change would be made anew in each step that needs it: tag this cell with %%step"
        )


@contextmanager
def _surroundings(job: Job, loaded: Callable[[ModuleType], None], *, interactive: bool) -> Generator[None]:
    """Put the process into the notebook's folder and on its path; undo it afterwards."""
    before = (Path.cwd(), list(sys.path), builtins.input)
    os.chdir(job.directory)
    sys.path[:] = [*job.python_path, *(entry for entry in sys.path if entry not in job.python_path)]
    if not interactive:
        builtins.input = _refuse_input
    try:
        with loaded_from_source(job.python_path, loaded):
            yield
    finally:
        sys.path[:] = before[1]
        builtins.input = before[2]
        os.chdir(before[0])


def _refuse_input(prompt: object = "") -> NoReturn:
    raise PipesError(
        f"a step cannot ask for input (input({str(prompt)!r})): nobody may be there to answer; "
        "make the value a parameter with %%params"
    )
