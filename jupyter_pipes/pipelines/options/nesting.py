"""A step that is another pipeline (`--pipeline`): what its cell may say besides, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from jupyter_pipes.model.steps import Diagnostic, Step, StepOptions

_BESIDE = frozenset(
    (
        *("pipeline", "given", "outputs", "after", "before", "after_done", "on_status", "gate", "always"),
        *("retries", "retry_delay", "retry_on", "timeout", "on_fail", "queue", "stage", "tags"),
    )
)
"""Fields of options that mean something for a whole pipeline."""


def nesting_problems(steps: Iterable[Step], flags: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with steps that are pipelines, as far as their own cells tell.

    Args:
        steps: those of a pipeline.
        flags: field of options -> how it is written.
    """
    for step in steps:
        if words := _problem(step, flags):
            yield Diagnostic("JP038", words, step.name, 1, step.cell)


def _problem(step: Step, flags: Mapping[str, str]) -> str:
    options = step.options
    said = {*msgspec.to_builtins(options), *options.referring} - {"referring", "made"}
    if not options.pipeline:
        words = "-p gives values to parameters of a --pipeline: say that as well"
        return words if "given" in said else ""
    if others := sorted(said - _BESIDE):
        names = " and ".join(flags[field] for field in others)
        return f"{names}: not for a step that is another pipeline; say it on the steps of {options.pipeline}"
    if _has_code(step):
        return f"the cell is {options.pipeline}, as --pipeline says: put its code into a step of its own"
    return ""


def _has_code(step: Step) -> bool:
    lines = (line.strip() for line in step.body.splitlines())
    return any(line and not line.startswith("#") for line in lines)


def said_of(options: StepOptions) -> dict[str, object]:
    """Return what a step gives its pipeline: parameter -> text."""
    pairs = (text.partition("=") for text in options.given)
    return {name.strip(): value for name, _, value in pairs}
