"""What the walks over one cell write down: facts of each function, bindings, problems."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from jupyter_pipes.analysis.cell.state import State
from jupyter_pipes.analysis.effects.repertoire import Repertoire
from jupyter_pipes.analysis.effects.summaries import Call, Environment, Summary
from jupyter_pipes.analysis.effects.values import Value
from jupyter_pipes.model.steps import Diagnostic


class Facts(Struct, eq=False):
    """What one function (or the cell itself) does with module-level names.

    Attributes:
        reads: name -> line, for names used where nothing of its own binds them first.
        optional: name -> line, for names that are bound before on some paths only.
        mutates, maybe_mutates: names from outside whose objects it changes, or may change.
        deleted: names that it deletes.
        changes: all whose objects it changes, its parameters' keys included (see effects/values.py).
        augments: those of which it is known only that `x += y` is done to them.
        calls: what it calls, where that may change something.
        gives: what it returns or yields.
        summary: these together, when it has been walked.
        is_generator: whether calling it gives an iterator.
        exit: what it has bound when it ends.
        lazy: whether calling it does not run its body (generators, coroutines, classes).
    """

    reads: dict[str, int] = {}
    optional: dict[str, int] = {}
    mutates: set[str] = set()
    maybe_mutates: set[str] = set()
    deleted: set[str] = set()
    changes: set[str] = set()
    augments: set[str] = set()
    calls: list[Call] = []
    gives: list[Value] = []
    summary: Summary = Summary()
    is_generator: bool = False
    exit: State = field(default_factory=State)
    lazy: bool = False


class CellRecord(Struct, eq=False):
    """What is known of a whole cell while it is walked.

    Args:
        modules: names that earlier cells import.
        shadowed: names that are always there and that earlier cells bind.
        assigned_by_functions: names that functions of the cell declare `global`.
        displayed: the expression whose value the notebook shows.
        repertoire: the functions and classes of earlier cells, and those of this one that have been met.
    """

    modules: frozenset[str]
    shadowed: frozenset[str]
    assigned_by_functions: frozenset[str]
    displayed: ast.Expr | None
    repertoire: Repertoire = field(default_factory=lambda: Repertoire(Environment()))
    functions: dict[str, list[Facts]] = {}
    deferred: list[Facts] = []
    bindings: dict[str, set[tuple[str, int]]] = {}
    changed_in_place: set[str] = set()
    asked_for: set[str] = set()
    postpones_annotations: bool = False
    is_opaque: bool = False
    has_star_import: bool = False
    evaluates_texts: bool = False
    uses_extensions: bool = False
    _diagnostics: dict[tuple[str, str], Diagnostic] = {}

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The problems found, by line."""
        return tuple(sorted(self._diagnostics.values(), key=lambda problem: (problem.line, problem.code)))

    def is_import(self, name: str) -> bool:
        """Whether all that the cell binds `name` to are imports, at least one."""
        return self._kinds(name) == {"import"}

    def has_import(self, name: str) -> bool:
        """Whether the cell binds `name` to an import, among others perhaps."""
        return "import" in self._kinds(name)

    def _kinds(self, name: str) -> set[str]:
        return {kind for kind, _ in self.bindings.get(name, ())}

    def reachable(self, name: str) -> Iterator[Facts]:
        """Yield the facts of the function `name` and of the cell's functions that it reaches."""
        if name not in self.functions:
            return
        seen, waiting = {name}, [name]
        while waiting:
            for facts in self.functions.get(waiting.pop(), ()):
                yield facts
                news = [other for other in (*facts.reads, *facts.optional) if other in self.functions]
                waiting += [other for other in news if other not in seen]
                seen.update(news)

    def note_opaque(self, why: str, line: int) -> None:
        """Note code whose reads and writes cannot be seen."""
        self.is_opaque = True
        self._note("JP002", f"{why}; say what the step reads and writes with --in and --out", line)

    def note_evaluation(self, line: int) -> None:
        """Note an expression that is evaluated and not in sight."""
        self.is_opaque = self.evaluates_texts = True
        message = "eval() evaluates text that is not in sight; say what the step reads with --in"
        self._note("JP006", message, line)

    def note_star_import(self, module: str, line: int) -> None:
        """Note a star import."""
        self.is_opaque = self.has_star_import = True
        message = f"'from {module} import *' binds names that are not in the cell; import the names by name"
        self._note("JP003", message, line)

    def note_shadowed_builtin(self, name: str, line: int) -> None:
        """Note a binding that hides a builtin."""
        message = f"'{name}' hides Python's builtin of that name; choose another name, such as '{name}_'"
        self._note("JP004", message, line, subject=name)

    def note_module_change(self, name: str, line: int) -> None:
        """Note a change of an imported object."""
        message = f"the change of '{name}' stays in this step's process; if others need it, use %%setup"
        self._note("JP005", message, line, "note", subject=name)

    def _note(self, code: str, message: str, line: int, severity: Any = "warning", subject: str = "") -> None:
        problem = Diagnostic(code, message, line=line, severity=severity)
        # The first of this code about this subject stands for all.
        self._diagnostics.setdefault((code, subject or message), problem)
