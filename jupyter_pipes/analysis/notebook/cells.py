"""A notebook's cells -> its steps as yet unresolved, and what all of its code comes to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell.names import Names
from jupyter_pipes.analysis.cell.scopes import PROMPT_HISTORY, PROMPT_INPUTS
from jupyter_pipes.analysis.cell.source import unregistered
from jupyter_pipes.analysis.effects.through_instances import ANY_CLASS, handled_parts
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.elements.needs import own_names, said_names
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.reading.context import Context, code_in
from jupyter_pipes.analysis.notebook.reading.effect_imports import effect_imports
from jupyter_pipes.analysis.notebook.reading.reading import OwnedCell, read
from jupyter_pipes.analysis.notebook.run_scripts import expanded
from jupyter_pipes.analysis.notebook.statements import hides_names
from jupyter_pipes.analysis.notebook.timeline import BEFORE_STATEMENTS, Binding, Place
from jupyter_pipes.analysis.streams import Uses
from jupyter_pipes.model.steps import Cell, Diagnostic, ParameterSpec, StepOptions
from jupyter_pipes.system.memory import remembered

_NOTHING: frozenset[str] = frozenset()


class Unit(Struct, frozen=True):
    """A step as its cells state it: one cell, or several joined with `--append`.

    Attributes:
        name: the step's name.
        cells: its cells.
        index, last: places of the first and the last of them.
        doc: the Markdown above the first.
        body: their code, joined.
        text: the same as the analysis reads it: with what scripts that it runs bind.
        names: what that code does with names.
        said: what the expressions in its options do with names.
        streams: what it does with global streams of random numbers.
        code: names of its definitions: code for later steps, not values.
        registered_in: names whose objects only decorators and registrations change: code does so for others.
    """

    name: str
    cells: tuple[Cell, ...]
    index: int
    last: int
    doc: str = ""
    body: str = ""
    text: str = ""
    names: Names = Names()
    said: Names = Names()
    streams: Uses = Uses()
    code: frozenset[str] = _NOTHING
    registered_in: frozenset[str] = _NOTHING

    @property
    def options(self) -> StepOptions:
        """What the user said behind `%%step`."""
        return self.cells[0].options

    @property
    def place(self) -> Place:
        """Up to where it sees the notebook."""
        return (self.last, BEFORE_STATEMENTS)

    @property
    def changes(self) -> frozenset[str]:
        """Names from outside whose objects it changes or may change, but for what its definitions change."""
        return (self.names.mutates | self.names.maybe_mutates) - self.registered_in

    @property
    def continued(self) -> dict[str, int]:
        """Id of each cell but the first -> line of the joined body on which its own begins."""
        lengths = accumulate((cell.body.count("\n") + 1 for cell in self.cells[:-1]), initial=1)
        return {cell.id: start for cell, start in zip(self.cells, lengths, strict=True) if start > 1}

    def spot(self, line: int = 1) -> Spot:
        """Return where line `line` of the joined body stands."""
        for cell in self.cells[:-1]:
            length = cell.body.count("\n") + 1
            if line <= length:
                return Spot(self.name, cell.number, line)
            line -= length
        return Spot(self.name, self.cells[-1].number, line)

    def spot_of(self, name: str) -> Spot:
        """Return where the step reads `name` first."""
        return self.spot(self.names.read_lines.get(name, 1))


class Notebook:
    """All cells, read once from first to last.

    Attributes:
        cells: as given.
        parameters: name -> declaration.
        units: the steps' cells, in order.
        timeline: where parameters and code bind names; the steps' own values are not on it yet.
        setup: the statements of `%%setup` cells.
        futures: the `from __future__` imports.
        imports: those that later steps have, whether they name them or not.
        settings: statements of other cells, and of steps, that set something in a module.
        modules: step -> the modules that its code and what it reads come from, of steps resolved so far.
        set_in: step -> what it sets in modules that is handed on.
        definitions: step -> the definitions that these come from.
        changing: definitions that hold something which changes, as far as cells were read and resolved.
        diagnostics: what is wrong with cells that are no steps, and with names of steps.
    """

    def __init__(self, cells: Sequence[Cell], parameters: Sequence[ParameterSpec], *, in_file: bool) -> None:
        self.cells = cells
        self.parameters = {parameter.name: parameter for parameter in parameters}
        self.modules: dict[str, frozenset[str]] = {}
        self.definitions: dict[str, frozenset[str]] = {}
        self._problems: list[Diagnostic] = []
        units = self._gather(in_file=in_file)
        owners = {id(cell): unit.name for unit in units for cell in unit.cells}
        owned = [OwnedCell(cell, owners.get(id(cell), "")) for cell in cells]
        reading = read(owned, parameters, in_file=in_file)
        self.timeline, self.setup, self.futures = reading.timeline, reading.setup, reading.futures
        self.settings, self.set_in = reading.settings, reading.set_in
        self.imports = tuple(effect_imports(reading.imports, cells))
        self.changing, self._classes = reading.changing, reading.classes
        self.diagnostics = [*self._problems, *reading.diagnostics]
        self.units = _analyzed_all(units, reading.contexts, in_file=in_file)

    def imports_before(self, unit: Unit) -> tuple[Binding, ...]:
        """Return the imports in cells before a step that it has, whether it names them or not."""
        before = (binding for binding in self.imports if binding.place < unit.place)
        return tuple(binding for binding in before if binding.defined_in != unit.name)

    def nowhere_before(self, unit: Unit, name: str, spot: Spot, via: str) -> Diagnostic:
        """Return what to say of a name that a step needs and that nothing binds before it."""
        for other in self.units:
            if other.index > unit.index and name in other.names.writes:
                return problems.written_later(spot, name, other.spot(), via=via)
        if PROMPT_HISTORY.fullmatch(name) or PROMPT_INPUTS.fullmatch(name):
            return problems.prompt_history(spot, name, via=via)
        cell = next((binding.cell for binding in self.timeline.after(name, unit.place)), 0)
        before = reversed(self.cells[: unit.last])
        hiding = next(filter(hides_names, before), None)
        return problems.undefined(spot, name, self.timeline.names(), via, defined_later=cell, hiding=hiding)

    def changed_through_instances(self, last: int) -> frozenset[str]:
        """Return the classes that the cells up to that place may change by other names than theirs."""
        if not self._classes:
            return _NOTHING
        handled = _NOTHING.union(*(_handled(expanded(cell)) for cell in self.cells[: last + 1]))
        return frozenset(
            name
            for index, name, shared in self._classes
            if index <= last and not handled.isdisjoint((ANY_CLASS, name, *shared))
        )

    def _gather(self, *, in_file: bool) -> list[Unit]:
        units: dict[str, Unit] = {}
        for index, cell in enumerate(self.cells):
            if cell.role != "step":
                continue
            earlier, spot = units.get(cell.name), Spot(cell.name, cell.number)
            if cell.append and earlier is not None:
                units[cell.name] = msgspec.structs.replace(earlier, cells=(*earlier.cells, cell), last=index)
                continue
            if cell.append:
                self._problems.append(problems.nothing_to_append_to(spot))
            if earlier is not None:
                self._problems.append(problems.repeated(spot, earlier.cells[0].number, in_file=in_file))
                if in_file:
                    continue
                del units[cell.name]
            units[cell.name] = Unit(cell.name, (cell,), index, index, _doc(self.cells, index))
        return list(units.values())


@remembered
def _handled(source: str) -> frozenset[str]:
    tree = tree_of(source)
    return handled_parts(tree) if tree else _NOTHING


class _Stated(NamedTuple):
    """A step as its cells state it, and what the analysis must know of those before it."""

    unit: Unit
    context: Context


_latest: dict[bool, list[tuple[_Stated, Unit]]] = {}
"""The steps of the latest notebook of a file, and of a kernel, as stated and as analyzed."""


def _analyzed_all(units: Sequence[Unit], contexts: Sequence[Context], *, in_file: bool) -> list[Unit]:
    """Return the steps analyzed; those that are as in the latest notebook are not analyzed again."""
    stated = [_Stated(unit, contexts[unit.last]) for unit in units]
    earlier = _latest.get(in_file, [])
    pairs = zip(earlier, stated, strict=False)
    known = {place: one for place, ((before, one), now) in enumerate(pairs) if before == now}
    analyzed = [known.get(place) or _analyzed(*now) for place, now in enumerate(stated)]
    _latest[in_file] = list(zip(stated, analyzed, strict=True))
    return analyzed


def _analyzed(unit: Unit, context: Context) -> Unit:
    body = "\n".join(cell.body for cell in unit.cells)
    text = "\n".join(expanded(cell) for cell in unit.cells)
    parts = (statement for cell in unit.cells for statement in code_in(cell, context))
    code = _NOTHING.union(*(statement.binds - statement.changes for statement in parts))
    streams = Uses() if unit.options.map else context.streams(f"{text}\n{unit.options.repeat_while}")
    names = own_names(context.names(text, unit.options.repeat_while), unit.options)
    plain = context.names(unregistered(text, context.registries(text)))
    return msgspec.structs.replace(
        unit,
        body=body,
        text=text,
        names=names,
        said=said_names(context.names, names, unit.options),
        streams=streams,
        code=code,
        registered_in=(names.mutates | names.maybe_mutates) - (plain.mutates | plain.maybe_mutates),
    )


def _doc(cells: Sequence[Cell], index: int) -> str:
    above: list[str] = []
    while index and cells[index - 1].role == "markdown":
        index -= 1
        above.append(cells[index].source.strip())
    return "\n\n".join(reversed(above))
