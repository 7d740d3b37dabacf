"""What a callback is asked, and what its answer means: the same in a process of its own and in this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from jupyter_pipes.hooks.told import StepTold
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.arguments import shown
from jupyter_pipes.pipelines.declarations.packing import Packed, packed, unpack


class Question(Struct, frozen=True):
    """What a function that a step names is called with.

    Attributes:
        field: the field of `StepOptions` that names it.
        step: the step.
        parameters: of a `before`, the values of those that the step reads, pickled.
        statuses: of an `on_status`, the old and the new one.
    """

    field: str
    step: StepTold
    parameters: dict[str, bytes] = {}
    statuses: tuple[str, ...] = ()

    def arguments(self) -> tuple[Any, ...]:
        """Return what the function is called with."""
        values = (unpack(self.parameters),) if self.field == "before" else ()
        return (self.step, *values, *self.statuses)


class Answer(Struct, frozen=True):
    """What came of it.

    Attributes:
        goes_on: whether the step is to go on.
        changed: parameter -> its new value, for this step.
    """

    goes_on: bool = True
    changed: dict[str, Packed] = {}


def asked(question: bytes) -> tuple[Any, ...]:
    """Return what a function is called with, in a process of its own; the question as msgpack."""
    return msgspec.msgpack.decode(question, type=Question).arguments()


def answer(value: object, question: bytes) -> bytes:
    """Return what it means that a function returned this, both as msgpack.

    Raises:
        UsageError, ParameterError: it has no meaning.
    """
    said = msgspec.msgpack.decode(question, type=Question)
    return msgspec.msgpack.encode(meaning(value, said.parameters) if said.field == "before" else Answer())


def meaning(value: object, parameters: Mapping[str, object]) -> Answer:
    """Return what a `before` says by what it returns.

    Args:
        value: what it returned.
        parameters: those that the step reads.

    Raises:
        UsageError: it is neither False, a dict of such parameters, nor nothing.
        ParameterError: a value cannot be handed to a step's process.
    """
    if value is None or value is True:
        return Answer()
    if value is False:
        return Answer(goes_on=False)
    if not isinstance(value, Mapping):
        raise UsageError(f"it returned {shown(value)}; return False, a dict of parameters, or nothing")
    changed = cast("Mapping[object, object]", value)
    if others := [name for name in changed if name not in parameters]:
        reads = ", ".join(parameters) or "none"
        raise UsageError(
            f"it returned {shown(others[0])}, which is no parameter that the step reads; it reads: {reads}"
        )
    return Answer(changed={str(name): packed(str(name), each) for name, each in changed.items()})
