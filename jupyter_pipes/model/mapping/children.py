"""Steps that a run adds below a step: how they are called, and what elements of a `--map` need."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

_S = TypeVar("_S", bound=Struct)
"""A step, as data: those files import this one."""


class ElementNeeds(Struct, frozen=True):
    """What the code of a step with a `--map` needs for one element, without what only the `--map` needs.

    Attributes:
        reads: names that it reads, those of the element itself not among them.
        prelude: places, in the step's prelude, of the code that it reaches.
        plain: names whose values plain cells make anew in its process.
        imports: top-level module names that its code imports.
    """

    reads: tuple[str, ...] = ()
    prelude: tuple[int, ...] = ()
    plain: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def child_name(step: str, which: int | str) -> str:
    """Return the name of a step below another one: `score[3]`, `prep[load]`."""
    return f"{step}[{which}]"


def is_child(name: str) -> bool:
    """Return whether a name is that of a step below another one; no step of a pipeline has such a name."""
    return name.endswith("]")


def step_of(name: str) -> str:
    """Return the step that a name belongs to: itself, or the one that it is below."""
    return name.partition("[")[0]


def own_name(name: str) -> str:
    """Return how a step is called in its own pipeline: `load` of `prep[load]`, and of `prep[more[load]]`."""
    return name.rstrip("]").rpartition("[")[2]


def parent_of(name: str) -> str:
    """Return the step that a name is directly below, `prep[more]` of `prep[more[load]]`; "" for none."""
    outer, _, _ = name.rpartition("[")
    return outer + "]" * outer.count("[")


def inner_name(name: str) -> str:
    """Return a name as the pipeline of its outermost step has it: `more[load]` of `prep[more[load]]`."""
    return name.partition("[")[2].removesuffix("]")


def planned_child(planned: _S, name: str) -> _S:
    """Return an element of a `PlannedStep`: it waits for nothing, for its step has done so."""
    options = _options(_any(planned).options)
    return replace(planned, name=name, upstream=(), options=options, observed_files={})


def element_of(of: _S, name: str) -> _S:
    """Return what runs for one element of a `Step`."""
    step = _any(of)
    needs: ElementNeeds = step.element or ElementNeeds()
    return replace(
        of,
        name=name,
        reads={each: owner for each, owner in step.reads.items() if each in needs.reads},
        # What it changes in place stays its own: each element has the same inputs.
        options=replace(_options(step.options), outputs=step.writes),
        prelude=tuple(step.prelude[place] for place in needs.prelude),
        plain=needs.plain,
        imports=needs.imports,
        observed_reads=tuple(each for each in step.observed_reads if each in needs.reads),
        observed_files={},
        joined=tuple(group for group in step.joined if set(group) <= set(needs.reads)),
        element=None,
    )


def _any(step: Struct) -> Any:
    return step


def _options(options: Any) -> Any:
    """Return the options that each element has of its step's: not those that are about all of them."""
    return replace(options, map=(), when="", gate="", out_files=(), pipeline="", given=())
