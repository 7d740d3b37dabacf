"""What the walks over one cell write down: facts of each function, bindings, problems."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from jupyter_pipes.analysis.cell.state import State
from jupyter_pipes.model.steps import Diagnostic


class Facts:
    """What one function (or the cell itself) does with module-level names.

    Attributes:
        reads: name -> line, for names used where nothing of its own binds them first.
        optional: name -> line, for names that are bound before on some paths only.
        mutates, maybe_mutates: names from outside whose objects it changes, or may change.
        deleted: names that it deletes.
        exit: what it has bound when it ends.
        lazy: whether calling it does not run its body (generators, coroutines, classes).
    """

    def __init__(self, *, lazy: bool = False) -> None:
        self.reads: dict[str, int] = {}
        self.optional: dict[str, int] = {}
        self.mutates: set[str] = set()
        self.maybe_mutates: set[str] = set()
        self.deleted: set[str] = set()
        self.exit = State()
        self.lazy = lazy


class CellRecord:
    """What is known of a whole cell while it is walked.

    Args:
        modules: names that earlier cells import.
        shadowed: names that are always there and that earlier cells bind.
        assigned_by_functions: names that functions of the cell declare `global`.
    """

    def __init__(
        self, modules: frozenset[str], shadowed: frozenset[str], assigned_by_functions: Iterable[str] = ()
    ) -> None:
        self.modules = modules
        self.shadowed = shadowed
        self.assigned_by_functions = frozenset(assigned_by_functions)
        self.functions: dict[str, list[Facts]] = {}
        self.deferred: list[Facts] = []
        self.bindings: dict[str, set[tuple[str, int]]] = {}
        self.changed_in_place: set[str] = set()
        self.asked_for: set[str] = set()
        self.displayed: ast.Expr | None = None
        self.postpones_annotations = False
        self.is_opaque = False
        self.has_star_import = False
        self._diagnostics: dict[tuple[str, str], Diagnostic] = {}

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The problems found, by line."""
        return tuple(sorted(self._diagnostics.values(), key=lambda found: (found.line, found.code)))

    def add_binding(self, name: str, line: int, kind: str) -> None:
        """Note that the cell binds a module-level name."""
        self.bindings.setdefault(name, set()).add((kind, line))

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

    def add_diagnostic(self, found: Diagnostic, subject: str = "") -> None:
        """Keep the first diagnostic of this code about this subject."""
        self._diagnostics.setdefault((found.code, subject or found.message), found)

    def note_opaque(self, why: str, line: int) -> None:
        """Note code whose reads and writes cannot be seen."""
        self.is_opaque = True
        message = f"{why}; say what the step reads and writes with --in and --out"
        self.add_diagnostic(Diagnostic("JP002", message, line=line, severity="warning"))

    def note_star_import(self, module: str, line: int) -> None:
        """Note a star import."""
        self.is_opaque = self.has_star_import = True
        message = f"'from {module} import *' binds names that are not in the cell; import the names by name"
        self.add_diagnostic(Diagnostic("JP003", message, line=line, severity="warning"))

    def note_shadowed_builtin(self, name: str, line: int) -> None:
        """Note a binding that hides a builtin."""
        message = f"'{name}' hides Python's builtin of that name; choose another name, such as '{name}_'"
        self.add_diagnostic(Diagnostic("JP004", message, line=line, severity="warning"), name)

    def note_module_change(self, name: str, line: int) -> None:
        """Note a change of an imported object."""
        message = f"the change of '{name}' stays in this step's process; if others need it, use %%setup"
        self.add_diagnostic(Diagnostic("JP005", message, line=line, severity="note"), name)
