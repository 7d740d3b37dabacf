"""Options that refer to what steps make (`${load.df.rows}`): settled, recalled from kept results, or open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.parts import PartKind
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines.options.table import BY_FIELD
from jupyter_pipes.planning.settling.placement import on_queue
from jupyter_pipes.storage.queues import LOCAL, Queue

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History

Referred = Mapping[str, ArtifactRef | None]
"""What options refer to, by `key_of`; None where an ignored failure left nothing."""


def open_kinds(options: StepOptions) -> tuple[PartKind, ...]:
    """Return the kinds of parts of the signature that hang on options that are still open."""
    return tuple(kind for field in options.made for kind in BY_FIELD[field].counts)


def words(options: StepOptions) -> str:
    """Return how the options were said that are still open."""
    return " ".join(f"{BY_FIELD[field].flag} {' '.join(texts)}" for field, texts in options.made.items())


def known_later(step: Step) -> Iterator[str]:
    """Yield in words which options are open, and what they wait for."""
    if made := step.options.made:
        flags = " and ".join(BY_FIELD[field].flag for field in made)
        steps = list(dict(step.option_needs))
        verbs = ("are" if len(made) > 1 else "is", "have" if len(steps) > 1 else "has")
        yield f"{flags} {verbs[0]} known when {' and '.join(steps)} {verbs[1]} ended"


def recalled(
    step: Step, referred: Referred, pipeline: str, history: History, queues: Mapping[str, Queue]
) -> tuple[Step, ToldOptions] | None:
    """Return a step with what its options came to when a kept result had the same; None if none had."""
    sources = sources_of(step.options, referred)
    for result in history.results_of(pipeline, step.name):
        told = result.content.told
        if told is not None and told.sources == sources:
            return settled(step, told.options, queues), told
    return None


def sources_of(options: StepOptions, referred: Referred) -> str:
    """Return a digest that is equal where open options come to the same."""
    held = {key: ref and f"{ref.serializer}:{ref.digest}" for key, ref in sorted(referred.items())}
    return digest(repr((sorted(options.made.items()), held)))


def settled(step: Step, told: StepOptions, queues: Mapping[str, Queue]) -> Step:
    """Return a step whose open options are as they were told, on their queue.

    Raises:
        ConfigurationError: the queue's environment is none that a step may have.
    """
    fields: dict[str, Any] = {field: getattr(told, field) for field in step.options.made}
    if fields.get("queue") == LOCAL:
        # As if nothing had been said: that of the run.
        fields["queue"] = step.options.queue
    (placed,) = on_queue((replace(step, options=replace(step.options, made={}, **fields)),), LOCAL, queues)
    return placed
