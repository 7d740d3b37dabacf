"""What verifying a notebook comes to: name by name, cell by cell, run by run."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_pipes.model.results import ArtifactRef

Outcome = Literal[
    "equal", "differs", "varies", "only in the notebook", "only in the pipeline", "not comparable"
]
"""`varies`: two plain runs differ in it as well; the clock or unseeded random numbers."""


class Value(Struct, frozen=True):
    """A value, or the part of it that differs, told for people: its type and repr."""

    type: str
    repr: str


class NameFinding(Struct, frozen=True):
    """How a name compares at the end of both runs.

    Attributes:
        name: the name.
        outcome: how it compares.
        step: the step that wrote it last, None if none did.
        where: the part of it that differs, as Python writes it; "" for the whole.
        notebook, pipeline: what stands there in each; None where there is nothing.
        reason: why it is not there, or cannot be compared.
        kept: where the notebook's value is kept, to be held against that of another plain run.
    """

    name: str
    outcome: Outcome
    step: str | None = None
    where: str = ""
    notebook: Value | None = None
    pipeline: Value | None = None
    reason: str = ""
    kept: ArtifactRef | None = None


class ShownFinding(Struct, frozen=True):
    """What a step displayed or printed otherwise than its cells did."""

    step: str
    notebook: str
    pipeline: str


class Failure(Struct, frozen=True):
    """What did not run to its end: a cell of the notebook, or a step of the pipeline."""

    place: str
    reason: str


class Verification(Struct, frozen=True):
    """What verifying a notebook came to.

    Attributes:
        pipeline: its name.
        steps: how many steps it has.
        names: each name that the pipeline keeps, and each that should be.
        shown: steps whose displays and texts differ.
        notebook_failure: the cell that failed in the plain run, which ended there.
        step_failures: the steps that did not complete.
        rerun: the steps that ran again in a second run, with the reason.
    """

    pipeline: str
    steps: int
    names: tuple[NameFinding, ...]
    shown: tuple[ShownFinding, ...] = ()
    notebook_failure: Failure | None = None
    step_failures: tuple[Failure, ...] = ()
    rerun: tuple[Failure, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether both ran to their end, and no value differs."""
        ended = self.notebook_failure is None and not self.step_failures
        return ended and not any(finding.outcome == "differs" for finding in self.names)
