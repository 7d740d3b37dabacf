"""The kinds of facts: of a run, of one of its steps, of one try of a step."""

from __future__ import annotations

from msgspec import Struct


class Event(Struct, frozen=True, gc=False, tag_field="kind", tag=True, omit_defaults=True):
    """A fact. Events carry ids, digests, references and times; never values, never log text."""


class StepEvent(Event, frozen=True):
    """A fact about one step of the run."""

    step: str


class AttemptEvent(StepEvent, frozen=True):
    """A fact about one try of a step."""

    attempt: int
