"""What the analysis of a cell must know of the cells before it."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell.names import Names, analyze
from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE
from jupyter_pipes.analysis.cell.source import words
from jupyter_pipes.analysis.effects.summaries import Environment, restricted, updated
from jupyter_pipes.analysis.notebook.run_scripts import expanded, restored
from jupyter_pipes.analysis.notebook.statements import Statement, definitions, mentioned, statements
from jupyter_pipes.analysis.streams import STREAMS, Uses, imports_of, uses
from jupyter_pipes.model.steps import Cell
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


@remembered
def with_imports(context: Context, source: str) -> Context:
    """Return the context with what a cell itself imports."""
    news = imports_of(source)
    bound = {name for name, _ in news}
    older = frozenset(pair for pair in context.imports if pair[0] not in bound) if news else context.imports
    return msgspec.structs.replace(context, imports=older | news)


@remembered
def first_context(shadowed: frozenset[str]) -> Context:
    """Return what is known before the first cell, of names that are always there and bound all the same."""
    return Context(shadowed=shadowed)


def code_in(cell: Cell, context: Context) -> tuple[Statement, ...]:
    """Return the statements of a cell in this context, of a step's its definitions."""
    parts = context.parts(expanded(cell), of_step=cell.role == "step")
    return tuple(restored(part, cell) for part in parts) if cell.scripts else parts
