"""What the user said of a step, held against what another engine has a place for: said, noted or refused."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.arguments import items
from jupyter_pipes.pipelines.step_options import BY_FIELD, as_keywords

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_pipes.export.placing.catalogued import Keeps
    from jupyter_pipes.model.steps import Step, StepOptions

BY_FUNCTION = frozenset({"inputs", "outputs", "bash", "after"})
"""Fields of the options that the functions and the edges say."""


class Engine(Struct, frozen=True):
    """Another engine, as far as exports ask.

    Attributes:
        name: how people call it.
        said: fields of the options that the export writes where the engine has them.
        refused: field -> why a step that says it cannot be exported; all other fields become a comment.
        reports: method of `current` -> the function that stands in for it.
        own: name that the export needs beside the steps' functions -> the import that binds it, "" for what
            it defines; where the notebook binds the name, the export calls it otherwise.
        reserved: name that the engine's own code has there, and that cannot be called otherwise -> the same.
        keeps: says which entries of our catalog its own can have; None where it has none.
    """

    name: str
    said: frozenset[str]
    refused: Mapping[str, str]
    reports: Mapping[str, str]
    own: Mapping[str, str] = {}
    reserved: Mapping[str, str] = {}
    keeps: Keeps | None = None

    def check(self, step: Step) -> None:
        """Refuse a step that says what the engine has not.

        Raises:
            NotebookError: it does; the message says which option, in which cell, and why.
        """
        options = step.options
        if options.referring:
            field = next(iter(options.referring))
            why = "references are filled in by jupyter_pipes when a run begins; say the value itself"
            raise self._refusal(step, field, why)
        for field in as_keywords(options):
            if field in self.refused:
                raise self._refusal(step, field, self.refused[field])

    def note(self, options: StepOptions) -> str:
        """Return a comment with what the user said and the engine has no place for, "" for nothing."""
        said = as_keywords(options)
        left = [field for field in said if field not in self.said | BY_FUNCTION]
        words = " ".join(_written(field, said[field]) for field in left)
        return f"# No place in {self.name}: {words}" if left else ""

    def refuse(self, step: Step, why: str) -> NotebookError:
        """Return the error that refuses a step, with its cell."""
        return NotebookError(
            f"step {step.name} ({step.label}) cannot be exported to {self.name}: {why}", step=step.name
        )

    def _refusal(self, step: Step, field: str, why: str) -> NotebookError:
        return self.refuse(step, f"it says {_written(field, as_keywords(step.options)[field])}, but {why}")


def _written(field: str, value: object) -> str:
    option = BY_FIELD[field]
    words = [] if value is True or not option.metavar else [_quoted(str(item)) for item in items(value)]
    return " ".join([option.flag, *words])


def _quoted(word: str) -> str:
    quoted = shlex.quote(word)
    # As people write it: a condition has single quotes inside.
    return quoted if quoted == word or set(word) & {*'"$`\\'} else f'"{word}"'
