"""The one tree of errors: each says what happened, to which step and cell line, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_pipes.model.results import StepError
    from jupyter_pipes.model.steps import Diagnostic


_DRIVING = re.compile(
    r"(?!\x1b\[[0-9;:]*m)[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal takes for more than text, but for colours, tabs and line breaks; and what turns lines."""


def visible(text: str) -> str:
    """Return a text with all that would drive a terminal written as Python writes it; colours stay."""
    return _DRIVING.sub(lambda control: control[0].encode("unicode_escape").decode(), text)


def place_text(step: str | None, place: StepError | PipesError | Diagnostic | None) -> str:
    """Return where something happened, as people say it: `step clean, line 3`."""
    line = place.line if place else None
    return ", ".join(([f"step {step}"] if step else []) + ([f"line {line}"] if line else []))


class PipesError(Exception):
    """Base of every error that jupyter_pipes raises.

    Args:
        message: what happened and what to do, in one or two sentences.
        step: name of the step that it happened to, if there is one.
        line: line of that step's cell as the editor's gutter counts it (the ``%%step`` line is 1).
        diagnostics: the problems found before anything ran, if that is what this reports.
    """

    def __init__(
        self,
        message: str,
        *,
        step: str | None = None,
        line: int | None = None,
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.step = step
        self.line = line
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        # `KeyError`, which is a base of some, would show the message as a literal.
        return self.message

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this: users get the message, not the library's own frames.
        return [visible(f"{type(self).__name__}: {self}")]


class UsageError(PipesError):
    """An option, verb or value that jupyter_pipes does not understand."""


class StepUnknown(UsageError, KeyError):
    """A run has no step of this name."""


class InvalidPipeline(PipesError):
    """The pipeline has problems that were found before anything ran; see ``diagnostics``."""


class ParameterError(PipesError):
    """A parameter's declaration or value does not fit; the message names both and what is allowed."""


class NotebookError(PipesError):
    """A notebook or module could not be read or written as one."""


class ConfigurationError(PipesError):
    """``pipes.toml`` or ``pyproject.toml`` says something that does not fit."""


class SerializationError(PipesError):
    """A value cannot be stored, or stored bytes cannot be made into the value again."""


class StoreError(PipesError):
    """The artifact store or the history cannot be read or written."""


class UntrustedStore(PipesError):
    """Kept values were written by somebody else: loading them runs code, which must be asked for."""


class ArtifactMissing(PipesError, KeyError):
    """No kept artifact has this name, for this run and these parameters."""


class OutFileMissing(PipesError):
    """A step ended without having made a file that its `--out-file` names."""


class RunNotFound(PipesError):
    """The history holds no such run."""


class OutsideStep(PipesError):
    """``current`` was used where no step is running."""


class RunFailed(PipesError):
    """A run ended ``failed``; ``run`` holds all of it."""

    def __init__(self, message: str, run: Any, *, step: str | None = None, line: int | None = None) -> None:
        super().__init__(message, step=step, line=line)
        self.run = run


class RunCancelled(PipesError):
    """A run ended ``cancelled`` or ``interrupted``; ``run`` holds all of it."""

    def __init__(self, message: str, run: Any) -> None:
        super().__init__(message)
        self.run = run


def described(error: Exception) -> str:
    """Return an error in words: one of the project speaks for itself, any other goes with its class."""
    return str(error) if isinstance(error, PipesError) else f"{type(error).__name__}: {error}"
