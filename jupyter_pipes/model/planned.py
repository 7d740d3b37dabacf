"""A step as a run knows it: its name, what it waits for, and what it reads and leaves; no code."""

from __future__ import annotations

from collections.abc import Collection

from jupyter_pipes.model.steps import Step, StepInterface


class PlannedStep(StepInterface, frozen=True):
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
