"""The functions of a notebook that its steps name, found together."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from jupyter_pipes.model.steps import Cell, Diagnostic, ParameterSpec, Step, StepOptions
from jupyter_pipes.pipelines.called import callbacks, retries
from jupyter_pipes.pipelines.called.reaching import reached


class Named(Struct, frozen=True):
    """What steps name.

    Attributes:
        callbacks: name -> what calls it, as a step that is none of the pipeline's.
        retry_rules: what `--retry-on` names of the notebook -> what reaches its code, as such a step.
        problems: what keeps them from being called.
    """

    callbacks: dict[str, Step]
    retry_rules: dict[str, Step]
    problems: tuple[Diagnostic, ...]


def roots_said(options: StepOptions) -> set[str]:
    """Return the names that code would have to bind for what options name: `policies` of `policies.look`."""
    names = (*(name for _, name in callbacks.named(options)), *options.retry_on)
    return {name.partition(".")[0] for name in names}


def named_in(
    steps: Sequence[Step], cells: Sequence[Cell], parameters: Sequence[ParameterSpec], *, in_file: bool
) -> Named:
    """Return what the steps of a notebook name.

    Args:
        steps: the notebook's steps.
        cells, parameters, in_file: as for `graph.build`.
    """
    # The code is resolved once more for all of them.
    of_callbacks = (name for step in reversed(steps) for _, name in callbacks.named(step.options))
    names = (*of_callbacks, *retries.names_to_reach(steps, cells))
    found = reached(names, cells, parameters, in_file=in_file)
    called, problems_of_callbacks = callbacks.callbacks_in(steps, cells, found)
    rules, problems_of_rules = retries.rules_in(steps, cells, found)
    return Named(called, rules, (*problems_of_callbacks, *problems_of_rules))
