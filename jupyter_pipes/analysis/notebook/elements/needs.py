"""What the options of a step read, and what its code needs for one element of its `--map`."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from jupyter_pipes.analysis.cell.names import Names
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.mapping.children import ElementNeeds
from jupyter_pipes.model.mapping.clauses import element_names, elements_code
from jupyter_pipes.model.steps import Step, StepOptions


def expressions(options: StepOptions) -> str:
    """Return the expressions that options say, as one that reads what they read; "" if there are none.

    What `--repeat-while` says is computed behind the step's code: it is none of them.
    """
    said = [
        f"({options.when}\n)" if options.when else "",
        elements_code(options.map) if options.map else "",
    ]
    return ", ".join(filter(None, said))


def said_names(context: Callable[[str], Names], names: Names, options: StepOptions) -> Names:
    """Return what the expressions in a step's options do with names from outside of it.

    Args:
        context: what a piece of code does with names where the step stands.
        names: what the step's code does with names.
        options: the step's options.
    """
    expression = expressions(options)
    said = context(expression) if expression else Names()
    if not options.repeat_while:
        return said
    behind = context(f"({options.repeat_while}\n)").reads
    return replace(said, reads=said.reads | (behind - (names.writes - names.optional_writes)))


def own_names(names: Names, options: StepOptions) -> Names:
    """Return what a step's code does with names of the notebook: those of an element are none.

    What an element changes in place stays its own: each of them has the same inputs.
    """
    if not options.map:
        return names
    own = frozenset(element_names(options.map))
    nothing = frozenset[str]()
    return replace(
        names,
        reads=names.reads - own,
        optional_reads=names.optional_reads - own,
        writes=names.writes - own,
        mutates=nothing,
        maybe_mutates=nothing,
    )


def mapped(step: Step, alone: Step, bound: frozenset[str]) -> Step:
    """Return a step with a `--map`, and what one of its elements needs.

    Global streams of random numbers, and what modules and definitions hold, are not handed on through it:
    each element would hand on another state.

    Args:
        step: the step, with what its options need.
        alone: the same step without these.
        bound: the names that its code binds, and does not only change.
    """
    places = {(piece.label, piece.line) for piece in alone.prelude}
    needs = ElementNeeds(
        tuple(name for name in alone.reads if name not in STREAM_NAMES),
        tuple(place for place, piece in enumerate(step.prelude) if (piece.label, piece.line) in places),
        alone.plain,
        alone.imports,
    )
    return replace(
        step,
        reads={name: owner for name, owner in step.reads.items() if name not in STREAM_NAMES},
        writes=tuple(name for name in step.writes if name in bound),
        element=needs,
    )
