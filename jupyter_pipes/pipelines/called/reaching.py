"""What reaches the code of functions that steps name, wherever in the notebook it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook.resolution import resolve
from jupyter_pipes.analysis.states import is_state
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic, ParameterSpec, Step
from jupyter_pipes.system.patterns import pattern

_WHERE = pattern(r"^Step .*? \(cell \d+, line \d+\)")


class Reached(Struct, frozen=True):
    """What a name comes to behind all cells of a notebook.

    Attributes:
        name: as a step says it: `look`, `policies.look`.
        step: what reaches its code, as a step that is none of the pipeline's.
        errors: what is wrong with that.
    """

    name: str
    step: Step
    errors: tuple[Diagnostic, ...] = ()

    @property
    def root(self) -> str:
        """The name that the notebook would have: `policies` of `policies.look`."""
        return self.name.partition(".")[0]

    @property
    def is_unknown(self) -> bool:
        """Whether nothing in the notebook is called so, nor in Python."""
        return any(each.cause == self.root for each in self.errors)

    @property
    def owner(self) -> str:
        """What it is where it is a value, in words; "" if it is code."""
        owner = self.step.reads.get(self.root)
        if owner is None:
            return ""
        return "a parameter" if owner == PARAMS_OWNER else f"a value of step {owner}"

    def obstacles(self, what: str) -> Iterator[str]:
        """Yield what keeps its code from being reached without a step's values, in words."""
        yield from (_WHERE.sub(self.name, each.message) for each in self.errors)
        for value, maker in self.step.reads.items():
            if maker != PARAMS_OWNER and not _is_stream(value):
                yield f"{self.name} reads {value} of step {maker}: {what} have no values of steps"

    def without_values(self) -> Step:
        """Return what reaches its code, without what only steps have: that is refused, or a state."""
        step = self.step
        return replace(step, reads={name: of for name, of in step.reads.items() if of == PARAMS_OWNER})


def reached(
    names: Iterable[str], cells: Sequence[Cell], parameters: Sequence[ParameterSpec], *, in_file: bool
) -> dict[str, Reached]:
    """Return what names come to, each once.

    Args:
        names: as steps say them.
        cells, parameters, in_file: as for `graph.build`.
    """
    asked = dict.fromkeys(names)
    if not asked:
        return {}
    # A cell behind all others reaches all that they define.
    last = len(cells) + 1
    asking = [Cell(_asking(name), last, "step", f"%%step\n{name}()", _asking(name)) for name in asked]
    resolved, diagnostics = resolve([*cells, *asking], parameters, in_file=in_file)
    steps = {step.name: step for step in resolved}
    errors = [each for each in diagnostics if each.severity == "error"]
    return {
        name: Reached(name, steps[own], tuple(each for each in errors if each.step == own))
        for name in asked
        for own in [_asking(name)]
    }


def functions_in(cells: Iterable[Cell]) -> set[str]:
    """Return the names of the functions that the cells define."""
    return {name for cell in cells for name in _functions_in(cell)}


def _asking(name: str) -> str:
    return f"callback {name}"


def _functions_in(cell: Cell) -> Iterator[str]:
    tree = tree_of(cell.body) if cell.role != "markdown" else None
    return (node.name for node in (tree.body if tree else ()) if isinstance(node, ast.FunctionDef))


def _is_stream(value: str) -> bool:
    return is_state(value) or value in STREAM_NAMES
