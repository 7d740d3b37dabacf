"""A notebook's cells -> its steps, each name resolved to a step, a parameter or code of other cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis import problems
from jupyter_pipes.analysis.names import Names, analyze
from jupyter_pipes.analysis.prelude import (
    BEFORE_STATEMENTS,
    Binding,
    Place,
    Problem,
    Reach,
    Strength,
    Timeline,
    piece,
    reach,
)
from jupyter_pipes.analysis.problems import Spot
from jupyter_pipes.analysis.statements import (
    BUILTINS,
    called_names,
    conditional_names,
    definitions,
    imported_modules,
    mentioned,
    statements,
)
from jupyter_pipes.model import PARAMS_OWNER, Cell, CodePiece, Diagnostic, ParameterSpec, Step


def resolve(
    cells: Sequence[Cell], parameters: Sequence[ParameterSpec] = (), *, in_file: bool = True
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """Return the steps of a notebook, in its order, and what is wrong or worth saying.

    `demanded` is left empty and `--after` is not checked: both need all the steps (graph.py).
    """
    return _Notebook(cells, parameters, in_file).resolve()


class _Unit(Struct, frozen=True):
    """A step's cells, read together: `index` and `last` are the places of its first and last cell."""

    name: str
    cells: tuple[Cell, ...]
    index: int
    last: int
    doc: str
    modules: frozenset[str] = frozenset()
    shadowed: frozenset[str] = frozenset()

    @property
    def body(self) -> str:
        return "\n".join(cell.body for cell in self.cells)

    @property
    def names(self) -> Names:
        body = self.body
        return analyze(body, mentioned(body, self.modules), mentioned(body, self.shadowed))

    @property
    def place(self) -> Place:
        return (self.last, BEFORE_STATEMENTS)

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


def _analyzed(source: str, modules: frozenset[str]) -> Names:
    return analyze(source, mentioned(source, modules))


class _Notebook:
    """One pass over the cells from first to last; each step sees what stands before it."""

    def __init__(self, cells: Sequence[Cell], parameters: Sequence[ParameterSpec], in_file: bool) -> None:
        self._cells = cells
        self._in_file = in_file
        self._found: list[Diagnostic] = []
        self._timeline = Timeline()
        self._futures: list[Binding] = []
        self._setup: list[Binding] = []
        self._modules: list[frozenset[str]] = []
        self._shadowed: list[frozenset[str]] = []
        self._units = self._gather_units()
        self._read_parameters(parameters)
        self._read_code()

    def resolve(self) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
        setup = self._reach_setup()
        steps = tuple(self._step(position, unit, setup) for position, unit in enumerate(self._units))
        return steps, tuple(self._found)

    # Reading the cells

    def _gather_units(self) -> list[_Unit]:
        units: dict[str, _Unit] = {}
        for index, cell in enumerate(self._cells):
            if cell.role != "step":
                continue
            known = units.get(cell.name)
            if cell.append and known is not None:
                units[cell.name] = msgspec.structs.replace(known, cells=(*known.cells, cell), last=index)
                continue
            spot = Spot(cell.name, cell.number)
            if cell.append:
                self._found.append(problems.nothing_to_append_to(spot))
            if known is not None:
                self._found.append(problems.repeated(spot, known.cells[0].number, in_file=self._in_file))
                if self._in_file:
                    continue
                del units[cell.name]
            units[cell.name] = _Unit(cell.name, (cell,), index, index, _doc(self._cells, index))
        return list(units.values())

    def _read_parameters(self, parameters: Sequence[ParameterSpec]) -> None:
        declared = {parameter.name for parameter in parameters}
        for index, cell in enumerate(self._cells):
            if cell.role == "params":
                names = _analyzed(cell.body, frozenset())
                own = names.writes - names.definitions - names.modules
                self._timeline.add_code(own, Binding((index, 0), cell.number, PARAMS_OWNER))
                declared -= own
        # Parameters from elsewhere (a command line, an API) are there before the first cell.
        self._timeline.add_code(declared, Binding((-1, 0), 0, PARAMS_OWNER))

    def _read_code(self) -> None:
        """Put the code of all cells on the timeline, knowing at each cell what the cells before import."""
        modules, shadowed = frozenset[str](), self._timeline.names() & BUILTINS
        owners = {id(cell): unit.name for unit in self._units for cell in unit.cells}
        for index, cell in enumerate(self._cells):
            self._modules.append(modules)
            self._shadowed.append(shadowed)
            if cell.role in ("markdown", "params") or (cell.role == "step" and id(cell) not in owners):
                continue
            names = _analyzed(cell.body, modules)
            if cell.role != "step":
                self._found += _cell_diagnostics(cell, names)
            self._add_code(index, cell, owners.get(id(cell), ""))
            modules = (modules - names.writes) | names.modules
            shadowed |= names.writes & BUILTINS
        self._units = [self._with_context(unit) for unit in self._units]

    def _add_code(self, index: int, cell: Cell, owner: str) -> None:
        read = definitions if cell.role == "step" else statements
        is_setup = cell.role == "setup"
        for place, statement in enumerate(read(cell.body, mentioned(cell.body, self._modules[index]))):
            binding = Binding((index, place), cell.number, "", statement, owner, is_setup)
            self._timeline.add_code(statement.binds, binding)
            if is_setup:
                self._setup.append(binding)
            if statement.is_future:
                self._futures.append(binding)

    def _with_context(self, unit: _Unit) -> _Unit:
        modules, shadowed = self._modules[unit.last], self._shadowed[unit.last]
        return msgspec.structs.replace(unit, modules=modules, shadowed=shadowed)

    # Set-up cells

    def _reach_setup(self) -> _Setup:
        found = reach(self._timeline, {}, (-1, BEFORE_STATEMENTS), whole=self._setup)
        self._found += [self._setup_problem(problem) for problem in found.problems if _is_sure(problem)]
        borrowed = [(binding.place, piece(binding)) for binding in found.code if not binding.is_setup]
        cells = [
            ((index, 0), CodePiece(f"cell {cell.number}", 1, cell.body, tuple(sorted(_bound(cell)))))
            for index, cell in enumerate(self._cells)
            if cell.role == "setup"
        ]
        pieces = tuple(code for _, code in sorted([*borrowed, *cells], key=lambda item: item[0]))
        return _Setup(pieces, found, frozenset(binding.place for binding in found.code))

    def _setup_problem(self, problem: Problem) -> Diagnostic:
        assert problem.code is not None, "set-up has no reads but those of its statements"
        assert problem.code.statement is not None, "what reads is code"
        spot = Spot(None, problem.code.cell, problem.code.statement.line_of(problem.name))
        writers = [unit.name for unit in self._units if problem.name in unit.names.writes]
        if writers:
            return problems.setup_needs_output(spot, problem.name, writers[0])
        return problems.undefined(spot, problem.name, self._timeline.names())

    # Steps

    def _step(self, position: int, unit: _Unit, setup: _Setup) -> Step:
        names = unit.names
        first = unit.cells[0]
        options = first.options
        needs = self._needs(unit)
        found = self._reach(unit, needs)
        reads = {**dict.fromkeys(setup.reach.values, PARAMS_OWNER), **found.values}
        if options.inputs is not None:
            reads = {n: o for n, o in reads.items() if o == PARAMS_OWNER or n in options.inputs}
        self._found += [
            msgspec.structs.replace(
                d, step=unit.name, cell=unit.spot(d.line).cell, line=unit.spot(d.line).line
            )
            for d in names.diagnostics
        ]
        self._found += [self._step_problem(unit, problem) for problem in found.problems]
        writes = self._writes(unit)
        self._timeline.add_code(writes, Binding((unit.index, BEFORE_STATEMENTS), first.number, unit.name))
        futures = [binding for binding in self._futures if binding.place < unit.place]
        code = {binding.place: binding for binding in (*futures, *found.code)}
        prelude = tuple(piece(code[place]) for place in sorted(code) if place not in setup.places)
        imports = imported_modules(unit.body) | found.imports | setup.reach.imports
        return Step(
            name=unit.name,
            position=position,
            body=unit.body,
            label=f"cell {first.number}",
            cell_id=first.id,
            options=options,
            reads=dict(sorted(reads.items())),
            writes=tuple(sorted(writes)),
            setup=setup.pieces,
            prelude=prelude,
            imports=tuple(sorted(imports)),
            opaque=names.opaque,
            doc=unit.doc,
        )

    def _needs(self, unit: _Unit) -> dict[str, Strength]:
        names = unit.names
        inputs = unit.cells[0].options.inputs
        called = called_names(unit.body)
        needed = names.reads | names.mutates | names.maybe_mutates
        optional = names.optional_reads | conditional_names(
            unit.body, names.writes, mentioned(unit.body, unit.modules)
        )
        if inputs is not None:
            # Who says the inputs takes over from the analysis: what it found besides must not be in the way.
            needed, optional = frozenset(inputs), optional | needed
        needs = {name: Strength.CALLED if name in called else Strength.NEEDED for name in sorted(needed)}
        for name in sorted(optional - needed):
            if not self._reach(unit, {name: Strength.OPTIONAL}).problems:
                needs[name] = Strength.OPTIONAL
        return needs

    def _reach(self, unit: _Unit, needs: dict[str, Strength]) -> Reach:
        own = unit.names.writes | unit.names.definitions
        return reach(self._timeline, needs, unit.place, reader=unit.name, own=own)

    def _writes(self, unit: _Unit) -> frozenset[str]:
        names = unit.names
        changed = names.mutates | names.maybe_mutates
        code = frozenset[str]().union(
            *(statement.binds for cell in unit.cells for statement in definitions(cell.body, unit.modules))
        )
        foreign = {name for name in changed - names.writes if self._is_definition(name, unit)}
        self._found += [
            problems.definition_changed(unit.spot_of(name), name) for name in sorted(foreign & names.mutates)
        ]
        inferred = (names.writes | changed) - names.definitions - names.modules - code - foreign - {"_"}
        said = unit.cells[0].options.outputs
        if said is None:
            return inferred
        bindable = names.writes | changed
        if not names.opaque:
            unknown = [name for name in said if name not in bindable - names.definitions]
            self._found += [problems.unknown_output(unit.spot(), name, inferred) for name in unknown]
        return frozenset(said)

    def _is_definition(self, name: str, unit: _Unit) -> bool:
        for binding in self._timeline.before(name, unit.place):
            if binding.statement is None:
                return False
            if name in binding.statement.firm:
                return binding.statement.is_definition
        return False

    def _step_problem(self, unit: _Unit, problem: Problem) -> Diagnostic:
        spot = unit.spot_of(problem.root)
        code = problem.code
        if problem.kind == "undefined":
            return self._undefined(unit, spot, problem)
        assert code is not None, "only code of other cells needs outputs or binds anew"
        assert code.statement is not None, "what reads or binds is code"
        if problem.kind == "rebound":
            return problems.rebound(spot, problem.name, problem.owner, code.cell, code.statement.line)
        line = code.statement.line_of(problem.name)
        told = problems.definition_needs_output if code.defined_in else problems.needs_output
        return told(spot, problem.root, problem.name, problem.owner, code.cell, line)

    def _undefined(self, unit: _Unit, spot: Spot, problem: Problem) -> Diagnostic:
        name = problem.name
        inputs = unit.cells[0].options.inputs
        if problem.code is None and inputs is not None and name in inputs:
            return problems.unknown_input(unit.spot(), name, self._timeline.names())
        via = _via(problem)
        writers = [later for later in self._units if later.index > unit.index and name in later.names.writes]
        if writers:
            told = problems.written_later(spot, name, writers[0].spot(), via=via)
        else:
            later = next((b.cell for b in self._timeline.after(name, unit.place)), 0)
            told = problems.undefined(spot, name, self._timeline.names(), via=via, defined_later=later)
        return told if _is_sure(problem) else msgspec.structs.replace(told, severity="warning")


class _Setup(Struct, frozen=True):
    """The `%%setup` cells with what they need, and the places of all statements that they run."""

    pieces: tuple[CodePiece, ...]
    reach: Reach
    places: frozenset[Place]


def _is_sure(problem: Problem) -> bool:
    return problem.strength >= Strength.NEEDED


def _via(problem: Problem) -> str:
    if problem.code is None or problem.code.statement is None:
        return ""
    line = problem.code.statement.line_of(problem.name)
    return f" through {problem.root} (cell {problem.code.cell}, line {line})"


def _cell_diagnostics(cell: Cell, names: Names) -> Iterable[Diagnostic]:
    for found in names.diagnostics:
        spot = Spot(None, cell.number, found.line)
        if cell.role == "setup":
            yield msgspec.structs.replace(found, cell=cell.number)
        elif found.severity == "error":
            yield problems.unreadable(spot, found.message)


def _bound(cell: Cell) -> frozenset[str]:
    return _analyzed(cell.body, frozenset()).writes


def _doc(cells: Sequence[Cell], index: int) -> str:
    above: list[str] = []
    while index and cells[index - 1].role == "markdown":
        index -= 1
        above.append(cells[index].source.strip())
    return "\n\n".join(reversed(above))
