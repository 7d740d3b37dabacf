"""The code of a notebook's cells, read from the first to the last: what it binds, sets and draws."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from itertools import starmap
from operator import eq

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE
from jupyter_pipes.analysis.effects.through_instances import shared_containers
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.reading.context import Context, code_in, first_context, with_imports
from jupyter_pipes.analysis.notebook.reading.effect_imports import may_act
from jupyter_pipes.analysis.notebook.run_scripts import expanded
from jupyter_pipes.analysis.notebook.settings import (
    HandedOn,
    Setting,
    sets_anything,
    setting,
    settings_of_step,
)
from jupyter_pipes.analysis.notebook.statements import Statement, mentioned, plain_texts, statements
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline
from jupyter_pipes.analysis.settings.shared_parts import SharedParts
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic, ParameterSpec
from jupyter_pipes.system.memory import remembered

_NOTHING: frozenset[str] = frozenset()


class OwnedCell(Struct, frozen=True):
    """A cell, and the step that its code is for: "" of plain cells, and of cells of replaced steps."""

    cell: Cell
    owner: str

    @property
    def is_read(self) -> bool:
        """Whether its code counts."""
        return self.cell.role not in ("markdown", "params") and (self.cell.role != "step" or bool(self.owner))


class Reading:
    """What the cells that were read so far come to.

    Args:
        timeline: where parameters bind names.

    Attributes:
        timeline: where parameters and code bind names; the steps' own values are not on it.
        contexts: what was known before each cell.
        setup: the statements of `%%setup` cells.
        futures: the `from __future__` imports.
        imports: those that may do more than bind their names.
        settings: statements of plain cells, and of steps, that set something in a module.
        set_in: step -> what it sets in modules that is handed on.
        changing: definitions that hold something which changes.
        classes: place of the cell, name, and what their instances share, of the classes that cells define.
        diagnostics: what is wrong with cells that are no steps.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.contexts: list[Context] = []
        self.setup: list[Binding] = []
        self.futures: list[Binding] = []
        self.imports: list[Binding] = []
        self.settings: list[Setting] = []
        self.set_in: defaultdict[str, HandedOn] = defaultdict(HandedOn)
        self.changing: set[str] = set()
        self.classes: list[tuple[int, str, frozenset[str]]] = []
        self.diagnostics: list[Diagnostic] = []
        self._of_steps: frozenset[str] = _NOTHING
        self._shared_parts = SharedParts()
        self._next = first_context(timeline.names() & ALWAYS_THERE)

    def copy(self) -> Reading:
        """Return the same, to read other cells behind it."""
        other = Reading(self.timeline.copy())
        other.contexts, other.setup, other.futures = [*self.contexts], [*self.setup], [*self.futures]
        other.settings, other.set_in, other.changing = [*self.settings], self.set_in.copy(), {*self.changing}
        other.classes, other.diagnostics = [*self.classes], [*self.diagnostics]
        other.imports = [*self.imports]
        other._of_steps, other._shared_parts = self._of_steps, self._shared_parts.copy()
        other._next = self._next
        return other

    def read(self, owned: OwnedCell) -> None:
        """Read the next cell."""
        index, cell, context = len(self.contexts), owned.cell, self._next
        self.contexts.append(context)
        if not owned.is_read:
            return
        names = context.names(expanded(cell))
        if cell.role != "step":
            self.diagnostics += problems.of_plain_cell(cell, names.diagnostics)
            self._shared_parts.read(cell.body)
        else:
            self._of_steps |= names.writes - names.definitions - names.modules
        context = with_imports(context, cell.body)
        self._add_code(index, cell, owned.owner, context)
        self._next = context.behind(expanded(cell))

    def _add_code(self, index: int, cell: Cell, owner: str, context: Context) -> None:
        is_setup = cell.role == "setup"
        for place, plain in enumerate(code_in(cell, context)):
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
                self.classes += [(index, name, shared) for name in statement.firm]
            if is_setup:
                self.setup.append(binding)
            if statement.is_future:
                self.futures.append(binding)
            if may_act(statement) and not is_setup:
                self.imports.append(binding)
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


class _Kept(Struct, frozen=True):
    """A notebook as it was read, but for its last cell: that is mostly edited, or others come behind it."""

    parameters: tuple[ParameterSpec, ...]
    declarations: tuple[tuple[int, Cell], ...]
    cells: tuple[OwnedCell, ...]
    reading: Reading


_latest: dict[bool, _Kept] = {}
"""The latest notebook of a file, and of a kernel."""


def read(cells: Sequence[OwnedCell], parameters: Sequence[ParameterSpec], *, in_file: bool) -> Reading:
    """Return what all cells come to; only those are read that the latest notebook had not, or had otherwise.

    Args:
        cells: all of them, in order.
        parameters: all of them, wherever they were declared.
        in_file: whether they stand in a file, not in a kernel.
    """
    declarations = tuple((index, each.cell) for index, each in enumerate(cells) if each.cell.role == "params")
    kept = _latest.get(in_file)
    if kept is None or not _begin_with(cells, parameters, declarations, kept):
        kept = _Kept(tuple(parameters), declarations, (), Reading(_declared(parameters, declarations)))
    reading, behind = kept.reading.copy(), cells[len(kept.cells) :]
    for each in behind[:-1]:
        reading.read(each)
    read_before = (*kept.cells, *behind[:-1])
    _latest[in_file] = _Kept(kept.parameters, declarations, read_before, reading.copy())
    for each in behind[-1:]:
        reading.read(each)
    return reading


def _begin_with(
    cells: Sequence[OwnedCell],
    parameters: Sequence[ParameterSpec],
    declarations: tuple[tuple[int, Cell], ...],
    kept: _Kept,
) -> bool:
    return (
        len(kept.cells) <= len(cells)
        and (kept.parameters, kept.declarations) == (tuple(parameters), declarations)
        and all(starmap(eq, zip(kept.cells, cells, strict=False)))
    )


def _declared(parameters: Sequence[ParameterSpec], declarations: Sequence[tuple[int, Cell]]) -> Timeline:
    """Return the timeline with nothing but parameters on it."""
    timeline = Timeline()
    elsewhere = {parameter.name for parameter in parameters}
    for index, cell in declarations:
        names = analyze(cell.body, _NOTHING, _NOTHING)
        declared = names.writes - names.definitions - names.modules
        timeline.add_all(declared, Binding((index, 0), cell.number, PARAMS_OWNER))
        elsewhere -= declared
    # Parameters from elsewhere (a command line, an API) are there before the first cell.
    timeline.add_all(elsewhere, Binding((-1, 0), 0, PARAMS_OWNER))
    return timeline
