"""What options with `${load.df.rows}` come to, in a process that has what they refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from jupyter_pipes.analysis.states import metrics_of
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.made.value import item, metric
from jupyter_pipes.pipelines.made.writing import as_written
from jupyter_pipes.pipelines.options.table import BY_FIELD
from jupyter_pipes.pipelines.references import METRICS, Lookup, Reference
from jupyter_pipes.pipelines.referring.values import converted
from jupyter_pipes.pipelines.step_options import checked

TOLD = "_told_options"
"""What the answer is called in the process that gives it."""


def code_of(step: str, made: Mapping[str, Sequence[str]]) -> str:
    """Return the code that binds `TOLD`, where all that the options of a step need is in the namespace."""
    return f"{TOLD} = __import__({__name__!r}, fromlist=['answer']).answer({step!r}, {made!r}, globals())"


def key_of(owner: str, output: str) -> str:
    """Return the name under which an output of a step is in the namespace: no two have the same."""
    return f"{owner}.{output}"


def answer(step: str, made: Mapping[str, Sequence[str]], namespace: Mapping[str, Any]) -> bytes:
    """Return what options of a step come to, as its only options, in msgpack.

    Args:
        step: the step's name.
        made: field of options -> its texts.
        namespace: what they refer to, by `key_of`.

    Raises:
        UsageError: an output has no such fact, item or attribute, or the value does not fit.
    """

    def lookup(reference: Reference) -> Any:
        measured = key_of(reference.owner, metrics_of(reference.owner))
        if reference.name == METRICS and measured in namespace:
            return metric(reference, namespace[measured])
        return item(reference, namespace[key_of(reference.owner, reference.name)])

    return msgspec.msgpack.encode(options_of(step, made, lookup))


def options_of(step: str, made: Mapping[str, Sequence[str]], lookup: Lookup) -> StepOptions:
    """Return what options of a step come to, as its only options.

    Args:
        step: the step's name.
        made: field of options -> its texts.
        lookup: what references stand for.

    Raises:
        UsageError: one stands for nothing, or the value does not fit.
    """

    def written(reference: Reference) -> Any:
        return as_written(reference, lookup(reference))

    fields = {
        field: checked(
            BY_FIELD[field],
            list(texts),
            step,
            partial(converted, BY_FIELD[field], written if field == "given" else lookup),
        )
        for field, texts in made.items()
    }
    return StepOptions(**fields)


def told(content: bytes) -> StepOptions:
    """Return the options that `answer` gave."""
    return msgspec.msgpack.decode(content, type=StepOptions)
