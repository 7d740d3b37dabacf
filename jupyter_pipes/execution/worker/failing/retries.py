"""What `--retry-on` names of the notebook, looked at where the exception is: functions are asked about it."""

from __future__ import annotations

import contextvars
import pickle
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.execution.worker.failing.errors import in_words
from jupyter_pipes.execution.worker.numbering import label_of
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import exact_duration_text
from jupyter_pipes.pipelines.called.fitting import call, misfit
from jupyter_pipes.pipelines.called.retries import ARGUMENTS, value_of
from jupyter_pipes.system.threads import OURS

if TYPE_CHECKING:
    from jupyter_pipes.execution.worker.shell import StepCell
    from jupyter_pipes.model import events as ev
    from jupyter_pipes.model.job import Job, RetryRule
    from jupyter_pipes.model.steps import CodePiece

LIMIT = 30.0
"""Seconds that a function has; one that needs longer is left alone, and means no further try."""


class _Unanswered(Exception):
    """Why a rule has no answer, in words."""


class Asking:
    """Whether what an attempt failed with is one of those for which it is tried again.

    Args:
        job: the attempt.
        cell: where its code runs.
        note: tells the user something.
    """

    def __init__(self, job: Job, cell: StepCell, note: Callable[[str], None]) -> None:
        self._job = job
        self._cell = cell
        self._note = note
        self._begun = time.monotonic()
        self._have_run: set[tuple[str, int, str]] = set()

    def has_run(self, piece: CodePiece) -> None:
        """Take that code of other cells ran: its classes are those that the step raises."""
        if self._job.retry_rules:
            self._have_run.add(_key(piece))

    def asked(self, ended: ev.AttemptEnded, error: BaseException) -> ev.AttemptEnded:
        """Return how the attempt ends, with the rules that hold among its error's `bases`."""
        told, options = ended.error, self._job.step.options
        if told is None or self._job.tries > options.retries or isinstance(error, KeyboardInterrupt):
            return ended
        bases = list(told.bases)
        rules = {rule.name: rule for rule in self._job.retry_rules}
        if not any(name in bases for name in options.retry_on if name not in rules):
            for rule in rules.values():
                bases = self._with_answer(rule, error, bases)
        return replace(ended, error=replace(told, bases=tuple(bases)))

    def _with_answer(self, rule: RetryRule, error: BaseException, bases: list[str]) -> list[str]:
        try:
            value = self._value(rule)
            if isinstance(value, type) and issubclass(value, BaseException):
                return [*bases, rule.name] if isinstance(error, value) else bases
            # An exception may be called like it.
            bases = [name for name in bases if name != rule.name]
            return [*bases, rule.name] if self._answer(rule.name, value, error) else bases
        except KeyboardInterrupt:
            raise
        except (_Unanswered, UsageError) as why:
            self._note_unanswered(rule, str(why))
        except BaseException as raised:  # the user's code may raise anything, and hides no error of the step
            self._note_unanswered(rule, f"{in_words(raised)}{_where(raised, rule)}")
        return bases

    def _note_unanswered(self, rule: RetryRule, why: str) -> None:
        self._note(f"--retry-on {rule.name}: {why}; the step is not tried again for it")

    def _value(self, rule: RetryRule) -> object:
        namespace = self._cell.namespace
        namespace.update({n: pickle.loads(v) for n, v in rule.parameters.items() if n not in namespace})
        for piece in rule.pieces:
            if not self._is_there(piece):
                failure = self._cell.run("\n" * (piece.line - 1) + piece.source, piece.label)
                if failure is not None:
                    raise failure.error
                self._have_run.add(_key(piece))
        return value_of(rule.name, namespace)

    def _is_there(self, piece: CodePiece) -> bool:
        """Whether code ran here: in front of the step's own, or as a part of that."""
        # Made anew, a class would be another one than that of the exception.
        is_bound = bool(piece.names) and all(name in self._cell.namespace for name in piece.names)
        return _key(piece) in self._have_run or (piece.is_definition and is_bound)

    def _answer(self, name: str, function: Any, error: BaseException) -> bool:
        if words := misfit(name, ARGUMENTS, function):
            raise _Unanswered(f"{words}: {call(name, ARGUMENTS)}")
        return _in_time(lambda: bool(function(error, self._job.tries)), self._seconds())

    def _seconds(self) -> float:
        """Return how long a function has: not so long that the step times out, which would hide its error."""
        limit = self._job.step.options.timeout
        left = LIMIT if limit is None else (limit - (time.monotonic() - self._begun)) / 2
        return max(0.0, min(LIMIT, left))


def _in_time(ask: Callable[[], bool], seconds: float) -> bool:
    """Return what a function answers, in a thread that is left alone when it takes too long."""
    answers: list[bool] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(ask())
        except BaseException as raised:  # `sys.exit()` is no answer either
            errors.append(raised)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name=f"{OURS} retry", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise _Unanswered(f"it did not return within {exact_duration_text(round(seconds, 1))}")
    return answers[0]


def _key(piece: CodePiece) -> tuple[str, int, str]:
    return (piece.label, piece.line, piece.source)


def _where(error: BaseException, rule: RetryRule) -> str:
    """Return where in the rule's code something was raised, in words; "" where that is not known."""
    labels = {piece.label for piece in rule.pieces}
    frames = traceback.walk_tb(error.__traceback__)
    places = [(label_of(frame.f_code.co_filename), line) for frame, line in frames]
    own = [f" ({label}, line {line})" for label, line in places if label in labels]
    return own[-1] if own else ""
