"""A notebook's cells -> its steps, each name resolved to a step, a parameter or code of other cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import takewhile

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell.names import Names
from jupyter_pipes.analysis.cell.source import unregistered
from jupyter_pipes.analysis.handed_texts import handed_names
from jupyter_pipes.analysis.loop_counters import without_counters
from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.cells import Notebook, Unit
from jupyter_pipes.analysis.notebook.definition_states import (
    definitions_of,
    set_in_modules,
    states,
    too_early,
    with_states_of_modules,
)
from jupyter_pipes.analysis.notebook.elements.needs import expressions, mapped
from jupyter_pipes.analysis.notebook.prelude import Problem, Reach, Strength, reach
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.analysis.notebook.run_scripts import imports_of
from jupyter_pipes.analysis.notebook.set_up import SetUp, is_sure, reach_setup
from jupyter_pipes.analysis.notebook.setting_search import SettingSearch
from jupyter_pipes.analysis.notebook.statements import (
    EXTENSIONS,
    called_names,
    imported_modules,
    names_in_texts,
)
from jupyter_pipes.analysis.notebook.timeline import BEFORE_STATEMENTS, Binding, Timeline, code_of, piece
from jupyter_pipes.analysis.quoted_code import expression_names
from jupyter_pipes.analysis.states import definition_of
from jupyter_pipes.analysis.streams import STREAM_NAMES
from jupyter_pipes.model.steps import (
    PARAMS_OWNER,
    Cell,
    CodePiece,
    Diagnostic,
    ParameterSpec,
    Step,
    StepOptions,
)


def resolve(
    cells: Sequence[Cell], parameters: Sequence[ParameterSpec] = (), *, in_file: bool = True
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """Return the steps of a notebook, in its order, and what is wrong or worth saying.

    `demanded` is left empty and `--after` is not checked: both need all the steps (graph.py).
    """
    notebook = Notebook(cells, parameters, in_file=in_file)
    diagnostics = notebook.diagnostics
    setup = reach_setup(notebook, diagnostics)
    context = _Context(tuple(parameters), tuple(cell for cell in cells if cell.role == "params"), setup)
    earlier = _still_true(_latest.get(in_file), notebook, context)
    resolved: list[_Resolved] = []
    blocked: dict[tuple[str, str], tuple[Diagnostic, ...]] = {}
    for position, unit in enumerate(notebook.units):
        one = earlier.get(position) or _resolved(notebook, unit, position, setup)
        resolved.append(one)
        notebook.modules[unit.name] = one.modules
        notebook.definitions[unit.name] = definitions_of(one.step, notebook.definitions)
        notebook.changing |= set(map(definition_of, one.step.writes))
        diagnostics += one.diagnostics
        for name, owner in one.step.reads.items():
            diagnostics += blocked.pop((owner, name), ())
        blocked |= {(unit.name, name): problems for name, problems in one.blocked.items()}
        # Before the cell's definitions: what these need of the cell's own values is a value of a step.
        binding = Binding((unit.index, BEFORE_STATEMENTS), unit.cells[0].number, unit.name)
        notebook.timeline.add_all(one.step.writes, binding)
    _latest[in_file] = _Resolution(tuple(cells), context, tuple(notebook.units), tuple(resolved))
    return tuple(without_counters([one.step for one in resolved])), tuple(dict.fromkeys(diagnostics))


def _resolved(notebook: Notebook, unit: Unit, position: int, setup: SetUp) -> _Resolved:
    one = _Resolver(notebook, unit).resolved(position, setup)
    if not unit.options.map:
        return one
    alone = _Resolver(notebook, msgspec.structs.replace(unit, said=Names())).resolved(position, setup)
    return msgspec.structs.replace(one, step=mapped(one.step, alone.step, unit.names.writes))


class _Resolved(Struct, frozen=True):
    """What was found of one unit.

    Attributes:
        step: the step.
        diagnostics: what is wrong with it.
        blocked: name -> what is wrong only if a later step reads a name that this one binds on some paths
            only: on the others the name has its value from before, which cannot be had.
        hangs_on_later: whether cells behind it may have a say in that.
        modules: top-level modules that its code and what it reads come from.
        imports: those in cells before it that it has, whether it names them or not.
    """

    step: Step
    diagnostics: tuple[Diagnostic, ...]
    blocked: dict[str, tuple[Diagnostic, ...]]
    hangs_on_later: bool
    modules: frozenset[str]
    imports: tuple[Binding, ...]


class _Context(Struct, frozen=True):
    """What counts for every unit, wherever it stands: parameters, the cells that declare them, set-up."""

    parameters: tuple[ParameterSpec, ...]
    declarations: tuple[Cell, ...]
    setup: SetUp


class _Resolution(Struct, frozen=True):
    """A whole notebook as it was resolved."""

    cells: tuple[Cell, ...]
    context: _Context
    units: tuple[Unit, ...]
    resolved: tuple[_Resolved, ...]


_latest: dict[bool, _Resolution] = {}
"""The latest resolution, of a file and of a kernel: cells are mostly added or edited near the end."""


def _still_true(latest: _Resolution | None, notebook: Notebook, context: _Context) -> dict[int, _Resolved]:
    """Return, by position, what is known of the units that stand before the first cell that changed."""
    if latest is None or latest.context != context:
        return {}
    cells = zip(latest.cells, notebook.cells, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], cells))
    pairs = zip(latest.units, notebook.units, latest.resolved, strict=False)
    unchanged = takewhile(lambda pair: pair[1].last < same and pair[0] == pair[1], pairs)
    return {
        place: one
        for place, (_, unit, one) in enumerate(unchanged)
        # Whether an import is for what it does hangs on all cells.
        if not one.hangs_on_later and one.imports == notebook.imports_before(unit)
    }


_SAID_BY_OPTIONS: dict[str, Callable[[StepOptions], tuple[object, ...]]] = {
    "JP002": lambda options: (options.inputs, options.outputs),
    "JP006": lambda options: (options.inputs,),
}
"""What ends a diagnostic about code that is not in sight."""


class _Resolver:
    """Resolves one step's names on the timeline of what stands before it."""

    def __init__(self, notebook: Notebook, unit: Unit) -> None:
        self._notebook = notebook
        self._timeline: Timeline = notebook.timeline
        self._unit = unit
        self._diagnostics: list[Diagnostic] = []
        self._blocked: dict[str, tuple[Diagnostic, ...]] = {}
        self._redefined: frozenset[str] = frozenset()

    def resolved(self, position: int, setup: SetUp) -> _Resolved:
        """Return the step at this position, with what is wrong with it."""
        step = self._step(position, setup)
        modules = self._modules(step)
        step = self._with_modules(step, modules)
        diagnostics = (*self._cell_diagnostics(), *self._diagnostics)
        hangs_on_later = bool(self._diagnostics or self._blocked)
        imports = self._notebook.imports_before(self._unit)
        return _Resolved(step, diagnostics, self._blocked, hangs_on_later, modules, imports)

    def _with_modules(self, step: Step, modules: frozenset[str]) -> Step:
        changed = self._notebook.set_in[self._unit.name].modules
        step = with_states_of_modules(step, self._timeline, self._unit.place, modules, changed)
        cells = self._notebook.cells[: self._unit.last + 1]
        mine = (each for each in self._notebook.settings if each.binding.defined_in == step.name)
        return msgspec.structs.replace(step, sets=set_in_modules(step, cells, mine))

    def _step(self, position: int, setup: SetUp) -> Step:
        unit = self._unit
        reached = self._reached(setup)
        self._diagnostics += [
            problems.needs_output(unit.spot(), root, early.state, early.owner, early.code.cell, line)
            for early in too_early(self._timeline, reached.code, unit.place)
            for root in sorted(code_of(early.code).binds)[:1]
            for line in [code_of(early.code).line]
        ]
        sure = [problem for problem in reached.problems if problem.strength > Strength.OPTIONAL]
        self._diagnostics += [self._problem(problem) for problem in sure]
        futures = [binding for binding in self._notebook.futures if binding.place < unit.place]
        imports = self._notebook.imports_before(unit)
        code = {binding.place: binding for binding in (*imports, *futures, *reached.code)}
        prelude = tuple(self._piece(code[place], reached) for place in sorted(code.keys() - setup.places))
        imports = imported_modules(unit.body) | imports_of(unit.cells) | reached.imports | setup.reach.imports
        made = {name for code in (*setup.pieces, *prelude) if not code.for_effect for name in code.names}
        writes = self._writes(made, reached.values)
        own = unit.code - unit.names.modules
        held = states(self._timeline, unit.place, (*setup.reach.code, *reached.code), own, self._redefined)
        return Step(
            name=unit.name,
            position=position,
            body=unit.body,
            label=f"cell {unit.cells[0].number}",
            cell=unit.cells[0].number,
            cell_id=unit.cells[0].id,
            options=unit.options,
            reads=self._reads(dict.fromkeys(setup.reach.values, PARAMS_OWNER) | reached.values) | held.reads,
            writes=(*writes, *sorted(self._streams(reached)), *held.writes),
            plain=(*sorted(made & reached.names - reached.values.keys()), *held.plain),
            setup=setup.pieces,
            prelude=prelude,
            imports=tuple(sorted(imports)),
            opaque=unit.names.opaque,
            doc=unit.doc,
            continued=unit.continued,
        )

    def _piece(self, binding: Binding, reached: Reach) -> CodePiece:
        registers_in = self._timeline.registers_in(binding)
        has_run = (unit.last >= binding.place[0] for unit in self._notebook.units)
        return piece(
            binding,
            is_late=binding.place in reached.late,
            for_effect=not code_of(binding).is_future and binding not in reached.code,
            registers_in=registers_in,
            position=list(has_run).index(True) if registers_in else 0,
        )

    def _all_needs(self) -> dict[str, Strength]:
        """Return what the cell needs, with what texts in it may name to helpers that evaluate them."""
        needs = self._needs()
        reached = self._reach(needs)
        if types := self._types_of_parameters(reached):
            needs |= dict.fromkeys(sorted(types - needs.keys()), Strength.OPTIONAL)
            reached = self._reach(needs)
        if carried := self._carried(reached) - needs.keys():
            needs |= dict.fromkeys(sorted(carried), Strength.OPTIONAL)
            reached = self._reach(needs)
        evaluating = [binding for binding in reached.code if code_of(binding).evaluates_texts]
        if not evaluating or self._unit.options.inputs is not None:
            return needs
        texts = names_in_texts(self._unit.text) - needs.keys() - self._unit.names.writes
        needs |= {name: Strength.OPTIONAL for name in sorted(texts) if self._is_there(name)}
        if self._reach(needs).names == reached.names:
            spot, helper = self._unit.spot(), evaluating[0]
            self._diagnostics.append(problems.evaluated(spot, helper.cell, code_of(helper).line))
        return needs

    def _types_of_parameters(self, reached: Reach) -> frozenset[str]:
        """Return the classes of the notebook that declarations of parameters name: their values need them."""
        declared = (self._notebook.parameters.get(n) for n, o in reached.values.items() if o == PARAMS_OWNER)
        texts = (each.annotation or each.default for each in declared if each is not None)
        names = frozenset[str]().union(*map(expression_names, texts))
        return frozenset(name for name in names if self._timeline.is_class(name, self._unit.place))

    def _carried(self, reached: Reach) -> frozenset[str]:
        """Return definitions that change and that its values may be made with, and what handed texts name."""
        producers = {owner for owner in reached.values.values() if owner != PARAMS_OWNER}
        made_with = frozenset[str]().union(*(self._notebook.definitions[owner] for owner in producers))
        perhaps = self._notebook.changed_through_instances(self._unit.last) - self._notebook.changing
        # What nobody is sure to change is no reason to refuse a step that cannot have it.
        perhaps = frozenset(name for name in perhaps & made_with if self._is_there(name))
        names = (made_with & self._notebook.changing | perhaps) - self._unit.names.writes
        units = (unit for unit in self._notebook.units if unit.name in reached.values.values())
        quoted = handed_names(reached.values, {unit.name: unit.text for unit in units})
        definitions = (name for name in names if self._timeline.is_definition(name, self._unit.place))
        return frozenset((*definitions, *filter(self._is_there, quoted)))

    def _is_there(self, name: str) -> bool:
        return not self._reach({name: Strength.OPTIONAL}).problems

    def _modules(self, step: Step) -> frozenset[str]:
        """Return the modules that a step's code, and the values that it reads, may lead to."""
        producers = (self._notebook.modules.get(owner, frozenset()) for owner in step.inputs.values())
        return frozenset(step.imports).union(*producers)

    def _reached(self, setup: SetUp) -> Reach:
        """Return what the step reaches, with the settings that count for it."""
        imports = imported_modules(self._unit.body) | setup.reach.imports
        search = SettingSearch(self._notebook.settings, self._notebook.modules, self._reach)
        reached = search.reached(self._all_needs(), imports, self._unit.place, self._unit.name)
        self._diagnostics += search.diagnostics
        return reached

    def _cell_diagnostics(self) -> Iterator[Diagnostic]:
        name, options = self._unit.name, self._unit.options
        mine = (one.binding for one in self._notebook.settings if one.binding.defined_in == name)
        lines = {(binding.cell, code_of(binding).line) for binding in mine}
        handed_on = lines | self._notebook.set_in[name].lines
        for problem in self._unit.names.diagnostics:
            if problem.code in _SAID_BY_OPTIONS and None not in _SAID_BY_OPTIONS[problem.code](options):
                continue
            spot = self._unit.spot(problem.line)
            if problem.code == "JP005" and (spot.cell, spot.line) in handed_on:
                continue
            yield msgspec.structs.replace(problem, step=spot.step, cell=spot.cell, line=spot.line)

    def _reach(self, needs: Mapping[str, Strength], whole: Sequence[Binding] = ()) -> Reach:
        unit, writes = self._unit, self._unit.names.writes
        return reach(self._timeline, needs, unit.place, reader=unit.name, writes=writes, whole=whole)

    def _needs(self) -> dict[str, Strength]:
        names, options = self._unit.names, self._unit.options
        called = called_names(self._unit.text)
        # A helper that the cell calls before may bind them.
        perhaps = self._changed_by_helpers() - self._unit.changes
        # What only helpers change, they say themselves that they need.
        needed = names.reads | (self._unit.changes & names.optional_reads)
        optional = names.optional_reads | names.optional_writes
        if names.uses_extensions:
            optional |= {EXTENSIONS}
        needed, optional = needed - perhaps, optional | (needed & perhaps)
        if options.inputs is not None:
            # Who says the inputs takes over from the analysis: what it found besides must not be in the way.
            needed, optional = frozenset(options.inputs), optional | needed
        needed |= self._unit.said.reads
        called |= called_names(expressions(options)) | called_names(options.repeat_while)
        needs = {name: Strength.CALLED if name in called else Strength.NEEDED for name in sorted(needed)}
        needs |= dict.fromkeys(sorted(self._unit.streams.draws), Strength.OPTIONAL)
        for name in sorted(optional - needed):
            reached = self._reach({name: Strength.OPTIONAL})
            missing = [problem for problem in reached.problems if problem.kind != "drawn"]
            is_read = name in names.optional_reads & names.writes
            if not missing:
                needs[name] = Strength.OPTIONAL
            elif is_read and (there := [problem for problem in missing if problem.kind != "undefined"]):
                self._diagnostics += map(self._problem, there)
            elif name in names.optional_writes:
                self._blocked[name] = tuple(map(self._problem, missing))
        return needs

    def _reads(self, values: dict[str, str]) -> dict[str, str]:
        inputs = self._unit.options.inputs
        asked_for = values.keys() if inputs is None else {*inputs, *self._unit.said.reads, *STREAM_NAMES}
        taken = {name for name, owner in values.items() if owner == PARAMS_OWNER or name in asked_for}
        return {name: values[name] for name in sorted(taken)}

    def _writes(self, bound_before: Set[str], values_read: Mapping[str, str]) -> tuple[str, ...]:
        unit, names = self._unit, self._unit.names
        of_steps = {name for name, owner in values_read.items() if owner != PARAMS_OWNER}
        changed = unit.changes | self._changed_by_helpers() | (unit.registered_in & of_steps)
        foreign = {name for name in changed - names.writes if self._timeline.is_definition(name, unit.place)}
        imported = {name for name in foreign if self._timeline.is_import(name, unit.place)}
        if unit.options.outputs is None:
            self._redefined = frozenset(foreign - imported)
        changed -= STREAM_NAMES
        values = (names.writes | changed) - names.definitions - names.modules - unit.code - foreign - {"_"}
        outputs = unit.options.outputs
        if outputs is None:
            # On some paths the value would be one from before, and not the newest: that cannot be had.
            return tuple(sorted(values - (bound_before & self._blocked.keys())))
        unknown = [name for name in outputs if not (name in values or names.opaque or unit.options.pipeline)]
        self._diagnostics += [problems.unknown_output(unit.spot(), name, values) for name in unknown]
        return outputs

    def _streams(self, reached: Reach) -> frozenset[str]:
        """Return the global streams of random numbers that the step seeds, or draws from behind a seed."""
        seeded = self._timeline.seeded_by_calls(called_names(self._unit.body), self._unit.place)
        return reached.streams | self._unit.streams.seeds | seeded

    def _changed_by_helpers(self) -> frozenset[str]:
        """Return what functions of earlier cells change or bind when this cell calls them."""
        unit, names = self._unit, self._unit.names
        called = called_names(unregistered(unit.text)) | called_names(unit.options.repeat_while)
        # A function that the cell defines itself before it calls it is not the one of an earlier cell.
        called &= names.reads | names.optional_reads
        return self._timeline.changed_by_calls(called, unit.place)

    def _problem(self, problem: Problem) -> Diagnostic:
        if problem.kind == "undefined":
            return self._undefined(problem)
        spot, code = self._unit.spot_of(problem.root), problem.code
        assert code is not None, "only code of other cells needs outputs or binds anew"
        if problem.kind == "drawn":
            return problems.drawn_between(
                Spot(None, code.cell, code_of(code).line), problem.name, problem.owner
            )
        if problem.kind == "rebound":
            return problems.rebound(spot, problem.name, problem.owner, code.cell, code_of(code).line)
        line = code_of(code).line_of(problem.name)
        needed = (spot, problem.root, problem.name, problem.owner, code.cell, line)
        if code_of(code).is_definition:
            return problems.definition_needs_output(*needed)
        return problems.needs_output(*needed, problem.dependents)

    def _undefined(self, problem: Problem) -> Diagnostic:
        name, unit = problem.name, self._unit
        if problem.code is None and name in (unit.options.inputs or ()):
            return problems.unknown_input(unit.spot(), name, self._timeline.names())
        diagnostic = self._notebook.nowhere_before(unit, name, unit.spot_of(problem.root), problem.via)
        return diagnostic if is_sure(problem) else msgspec.structs.replace(diagnostic, severity="warning")
