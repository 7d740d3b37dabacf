"""A step that is another pipeline (`--pipeline`): what its cell may say besides, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.steps import Diagnostic, Step, StepOptions
from jupyter_pipes.pipelines.references import Reference, fill, is_whole

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


def file_and_name(place: str) -> tuple[str, str | None]:
    """Return the file that a `--pipeline` names, and which pipeline of several in it: `train.ipynb:daily`."""
    file, _, name = place.rpartition(":")
    return (file, name) if file.endswith((".ipynb", ".py")) else (place, None)


def is_open(options: StepOptions) -> bool:
    """Whether other steps make something of what a step gives its pipeline, and have not yet."""
    return "given" in options.made


def said_of(options: StepOptions, declared: Iterable[str] = ()) -> dict[str, object]:
    """Return what a step gives its pipeline: parameter -> text, or `UNKNOWN` while another step makes it.

    Args:
        options: the step's.
        declared: the parameters of the pipeline; a reference alone may stand for values of any of them.
    """
    if not is_open(options):
        return dict(map(_assigned, options.given))
    assigned = [text for text in options.made["given"] if not is_whole(text)]
    said = {name: fill(text, _not_yet) for name, text in map(_assigned, assigned)}
    stands_alone = len(assigned) < len(options.made["given"])
    return {**(dict.fromkeys(declared, UNKNOWN) if stands_alone else {}), **said}


def _assigned(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value


def _not_yet(_: Reference) -> object:
    return UNKNOWN
