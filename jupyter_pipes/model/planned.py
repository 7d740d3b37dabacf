"""A step as a run knows it: its name, what it waits for, and what it reads and leaves; no code."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.steps import Step, StepInterface, StepOptions


class PlannedStep(StepInterface, frozen=True, gc=False):
    """A step as a run knows it: what the scheduler and every view need, without code.

    Attributes:
        name: the step's name.
        upstream: the steps of the run that must end before it starts.
    """

    name: str
    upstream: tuple[str, ...] = ()

    @classmethod
    def of(cls, step: Step, selected: Collection[str]) -> PlannedStep:
        """Return a step as a run of the steps `selected` knows it."""
        return cls(
            step.name,
            tuple(name for name in step.upstream if name in selected),
            **{name: getattr(step, name) for name in StepInterface.__struct_fields__},
        )


class ToldOptions(Struct, frozen=True):
    """What those options of a step came to that refer to what other steps made.

    Attributes:
        sources: digest of what they refer to, and how.
        options: as they were told; no others.
    """

    sources: str
    options: StepOptions


def with_options(steps: Iterable[PlannedStep], name: str, options: StepOptions) -> tuple[PlannedStep, ...]:
    """Return the steps, the one of that name with these options."""
    return tuple(replace(step, options=options) if step.name == name else step for step in steps)
