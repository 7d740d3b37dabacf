"""A notebook's cells -> its steps as yet unresolved, and a timeline of all parameters and code."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell.names import Names, analyze
from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE
from jupyter_pipes.analysis.cell.source import unregistered, words
from jupyter_pipes.analysis.effects.summaries import Environment, restricted, updated
from jupyter_pipes.analysis.effects.through_instances import ANY_CLASS, handled_parts, shared_containers
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.elements.needs import own_names, said_names
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.run_scripts import expanded, restored
from jupyter_pipes.analysis.notebook.settings import (
    HandedOn,
    Setting,
    sets_anything,
    setting,
    settings_of_step,
)
from jupyter_pipes.analysis.notebook.statements import (
    Statement,
    definitions,
    mentioned,
    plain_texts,
    statements,
)
from jupyter_pipes.analysis.notebook.timeline import BEFORE_STATEMENTS, Binding, Place, Timeline
from jupyter_pipes.analysis.settings.shared_parts import SharedParts
from jupyter_pipes.analysis.streams import STREAMS, Uses, imports_of, uses
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic, ParameterSpec, StepOptions
from jupyter_pipes.system.memory import remembered

_NOTHING: frozenset[str] = frozenset()


class Context(Struct, frozen=True, eq=False):
    """What the analysis of a cell must know of those before it.

    The same cells give the same object: a notebook to which a cell is added is not read again from its first
    cell on.

    Attributes:
        modules: names that they import.
        shadowed: names that are always there and that they bind.
        environment: what is known of the functions, classes and values that they bind.
        imports: names that they import, each with what it is imported from.
        definitions: names of functions and classes that they define.
    """

    modules: frozenset[str] = _NOTHING
    shadowed: frozenset[str] = _NOTHING
    environment: Environment = Environment()
    imports: frozenset[tuple[str, str]] = frozenset()
    definitions: frozenset[str] = _NOTHING

    @remembered
    def names(self, source: str, behind: str = "") -> Names:
        """Return what a cell in this context does with names, with an expression that runs behind it."""
        whole = f"{source}\n{behind}"
        modules, shadowed = mentioned(whole, self.modules), mentioned(whole, self.shadowed)
        return analyze(source, modules, shadowed, restricted(self.environment, words(whole)), behind)

    @remembered
    def parts(self, source: str, *, of_step: bool) -> tuple[Statement, ...]:
        """Return the statements of a cell in this context, of a step's its definitions."""
        known = mentioned(source, self.modules), restricted(self.environment, words(source))
        if of_step:
            return definitions(source, *known, self.registries(source))
        return statements(source, *known)

    def registries(self, source: str) -> frozenset[str]:
        """Return the definitions in a cell that have no `register` of the notebook, but one of Python's."""
        named = mentioned(source, self.definitions) | self.names(source).definitions
        return named - self.behind(source).environment.classes_with("register") if named else named

    @remembered
    def behind(self, source: str) -> Context:
        """Return what is known behind a cell with this code."""
        names = self.names(source)
        return Context(
            (self.modules - names.writes) | names.modules,
            self.shadowed | (names.writes & ALWAYS_THERE),
            updated(self.environment, names.writes, names.leaves),
            self.imports,
            (self.definitions - names.writes) | (names.definitions - names.modules),
        )

    def streams(self, source: str) -> Uses:
        """Return what code in this context does with global streams of random numbers."""
        names = mentioned(source, frozenset(name for name, _ in self.imports))
        made = uses(source, frozenset(pair for pair in self.imports if pair[0] in names))
        modules = (*self.modules, *(origin for _, origin in self.imports))
        has_torch = "torch" in source or any(module.startswith("torch") for module in modules)
        return made if has_torch else made.without(STREAMS["torch"])


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
        self.timeline = Timeline()
        self.setup: list[Binding] = []
        self.futures: list[Binding] = []
        self.settings: list[Setting] = []
        self.modules: dict[str, frozenset[str]] = {}
        self.set_in: defaultdict[str, HandedOn] = defaultdict(HandedOn)
        self.definitions: dict[str, frozenset[str]] = {}
        self._of_steps: frozenset[str] = _NOTHING
        self._shared_parts = SharedParts()
        self.changing: set[str] = set()
        self._classes: list[tuple[int, str, frozenset[str]]] = []
        self.diagnostics: list[Diagnostic] = []
        units = self._gather(in_file=in_file)
        self._add_parameters(parameters)
        contexts = self._add_cells({id(cell): unit.name for unit in units for cell in unit.cells})
        self.units = [_analyzed(unit, contexts[unit.last]) for unit in units]

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
                self.diagnostics.append(problems.nothing_to_append_to(spot))
            if earlier is not None:
                self.diagnostics.append(problems.repeated(spot, earlier.cells[0].number, in_file=in_file))
                if in_file:
                    continue
                del units[cell.name]
            units[cell.name] = Unit(cell.name, (cell,), index, index, _doc(self.cells, index))
        return list(units.values())

    def _add_parameters(self, parameters: Sequence[ParameterSpec]) -> None:
        elsewhere = {parameter.name for parameter in parameters}
        for index, cell in enumerate(self.cells):
            if cell.role == "params":
                names = analyze(cell.body, _NOTHING, _NOTHING)
                declared = names.writes - names.definitions - names.modules
                self.timeline.add_all(declared, Binding((index, 0), cell.number, PARAMS_OWNER))
                elsewhere -= declared
        # Parameters from elsewhere (a command line, an API) are there before the first cell.
        self.timeline.add_all(elsewhere, Binding((-1, 0), 0, PARAMS_OWNER))

    def _add_cells(self, owners: dict[int, str]) -> list[Context]:
        """Put the code of all cells on the timeline; return the context of each."""
        contexts: list[Context] = []
        context = _first_context(self.timeline.names() & ALWAYS_THERE)
        for index, cell in enumerate(self.cells):
            contexts.append(context)
            if cell.role in ("markdown", "params") or (cell.role == "step" and id(cell) not in owners):
                continue
            names = context.names(expanded(cell))
            if cell.role != "step":
                self.diagnostics += problems.of_plain_cell(cell, names.diagnostics)
                self._shared_parts.read(cell.body)
            else:
                self._of_steps |= names.writes - names.definitions - names.modules
            context = _with_imports(context, cell.body)
            self._add_code(index, cell, owners.get(id(cell), ""), context)
            context = context.behind(expanded(cell))
        return contexts

    def _add_code(self, index: int, cell: Cell, owner: str, context: Context) -> None:
        is_setup = cell.role == "setup"
        for place, plain in enumerate(_code(cell, context)):
            statement = self._with_streams(plain, (index, place), context)
            binding = Binding((index, place), cell.number, "", statement, owner, is_setup)
            may_set = not is_setup and (not owner or statement.is_definition)
            if may_set and (made := setting(binding, self.timeline)) is not None:
                self.settings.append(made)
                binding = made.binding
            changed = self.timeline.changed_by_calls(statement.calls, binding.place)
            changed |= self.timeline.changed_by_deriving(statement.derives, binding.place)
            self.timeline.add_all(statement.binds | changed, binding)
            self.changing |= statement.deferred_changes & statement.binds
            if statement.is_definition and not (statement.is_import or statement.is_function):
                shared = _shared(statement.source)
                self._classes += [(index, name, shared) for name in statement.firm]
            if is_setup:
                self.setup.append(binding)
            if statement.is_future:
                self.futures.append(binding)
        if owner:
            self._add_settings_of_step(index, cell, owner, context)

    def _with_streams(self, statement: Statement, place: Place, context: Context) -> Statement:
        """Return the statement with the streams of random numbers that it uses among its names."""
        of = context.streams(statement.source)
        seeds = of.seeds | self.timeline.seeded_by_calls(statement.calls, place)
        if statement.is_function:
            return _with_streams(statement, deferred=of.draws, deferred_seeds=of.later_seeds)
        return _with_streams(statement, draws=of.draws, seeds=seeds)

    def _add_settings_of_step(self, index: int, cell: Cell, owner: str, context: Context) -> None:
        """A step's settings hold for later steps as well; its seeds are handed on as states of streams."""
        imported = mentioned(cell.body, context.behind(expanded(cell)).modules.union(dict(context.imports)))
        behind, body = len(cell.body), self._shared_parts.spelled_out(cell.body, imported)
        texts = plain_texts(body)
        # Few steps set anything: what their statements do with names is not to be found out for nothing.
        parts = (Binding((index, behind), cell.number, "", Statement(1, text), owner) for text in texts or ())
        if texts is not None and not any(sets_anything(part, self.timeline) for part in parts):
            return
        bindings = (
            Binding((index, behind + place), cell.number, "", statement, owner)
            for place, statement in enumerate(statements(body, mentioned(body, context.modules)))
            if not (statement.is_definition or context.streams(statement.source).seeds)
        )
        earlier = _NOTHING.union(*(each.modules for each in self.set_in.values()))
        settings, handed_on = settings_of_step(bindings, self.timeline, self._of_steps, earlier)
        self.settings += settings
        self.set_in[owner] = self.set_in[owner].united(handed_on)


@remembered
def _handled(source: str) -> frozenset[str]:
    tree = tree_of(source)
    return handled_parts(tree) if tree else _NOTHING


@remembered
def _shared(source: str) -> frozenset[str]:
    """Return what instances of the classes that a statement defines share and can change."""
    tree = tree_of(source)
    return _NOTHING.union(*map(shared_containers, ast.walk(tree))) if tree else _NOTHING


def _with_streams(
    statement: Statement,
    *,
    draws: frozenset[str] = _NOTHING,
    seeds: frozenset[str] = _NOTHING,
    deferred: frozenset[str] = _NOTHING,
    deferred_seeds: frozenset[str] = _NOTHING,
) -> Statement:
    """Return the statement with streams that it, or functions that it defines, use among its names."""
    if not (draws or seeds or deferred or deferred_seeds):
        return statement
    return msgspec.structs.replace(
        statement,
        binds=statement.binds | draws | seeds,
        firm=statement.firm | seeds,
        optional_reads=statement.optional_reads | draws,
        deferred=statement.deferred | deferred,
        deferred_changes=statement.deferred_changes | deferred | deferred_seeds,
        deferred_seeds=deferred_seeds,
    )


@remembered
def _with_imports(context: Context, source: str) -> Context:
    """Return the context with what a cell itself imports."""
    news = imports_of(source)
    bound = {name for name, _ in news}
    older = frozenset(pair for pair in context.imports if pair[0] not in bound) if news else context.imports
    return msgspec.structs.replace(context, imports=older | news)


@remembered
def _first_context(shadowed: frozenset[str]) -> Context:
    return Context(shadowed=shadowed)


def _analyzed(unit: Unit, context: Context) -> Unit:
    body = "\n".join(cell.body for cell in unit.cells)
    text = "\n".join(expanded(cell) for cell in unit.cells)
    parts = (statement for cell in unit.cells for statement in _code(cell, context))
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


def _code(cell: Cell, context: Context) -> tuple[Statement, ...]:
    parts = context.parts(expanded(cell), of_step=cell.role == "step")
    return tuple(restored(part, cell) for part in parts) if cell.scripts else parts


def _doc(cells: Sequence[Cell], index: int) -> str:
    above: list[str] = []
    while index and cells[index - 1].role == "markdown":
        index -= 1
        above.append(cells[index].source.strip())
    return "\n\n".join(reversed(above))
