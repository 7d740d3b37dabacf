"""Statements whose effect is on a module, not on a name: options, styles, search paths, seeds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import is_installed
from jupyter_pipes.analysis.notebook.statements import NO_NAMES
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline, code_of
from jupyter_pipes.analysis.settings.attributes import attribute_targets_of, is_handed_on
from jupyter_pipes.analysis.settings.statements import (
    SETTERS_OF_ANYTHING,
    VALUED_SETTERS,
    leaves_of,
    sets,
    targets_of,
)
from jupyter_pipes.analysis.settings.targets import Called, Targets, dotted, resolved
from jupyter_pipes.analysis.streams import STREAMS
from jupyter_pipes.system.memory import remembered

_NOTHING: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVERYWHERE = _words("os sys warnings logging locale ssl socket builtins codecs copyreg IPython dotenv %")
"""Modules whose state any code in the process may see, `%` for magics: it counts for each step."""

_USED_BY = {
    "numpy": _words("pandas scipy sklearn statsmodels seaborn xarray networkx matplotlib"),
    "pandas": _words("seaborn statsmodels"),
    "matplotlib": _words("pandas seaborn networkx scipy sklearn statsmodels xarray plotnine"),
    "seaborn": _words("matplotlib pandas networkx scipy sklearn statsmodels"),
    "random": _words("networkx"),
    "mpmath": _words("sympy"),
    "tqdm": _words("pandas"),
    "nest_asyncio": _words("asyncio"),
}
"""Module -> those through which code sees what is set in it, without importing it."""

_KNOWN = EVERYWHERE | _USED_BY.keys() | _words("decimal plotly polars sympy torch")
"""Modules whose functions that set something change nothing of what they are handed."""


def seen_by(modules: frozenset[str]) -> frozenset[str]:
    """Return the modules of which code that reaches these modules may see what is set there."""
    through = (module for module, users in _USED_BY.items() if not modules.isdisjoint(users))
    return modules | EVERYWHERE | frozenset(through)


TargetsFunction = Callable[[str], Targets]
"""From the text of a statement to what it sets: anything, or only attributes."""


class Setting(Struct, frozen=True):
    """A statement that sets something.

    Attributes:
        binding: the statement.
        modules: top-level modules in which it sets something.
        does_more: whether it is a call whose value is used, of a function that does other things as well.
    """

    binding: Binding
    modules: frozenset[str]
    does_more: bool = False

    def concerns(self, modules: frozenset[str]) -> bool:
        """Whether code that reaches these modules may see what it sets."""
        return not self.modules.isdisjoint(seen_by(modules))


class Origin(NamedTuple):
    """Something that code sets, as it is imported.

    Attributes:
        path: its dotted name (`fractions.Fraction`, `matplotlib.pyplot.rcParams`, `%` for magics).
        is_module: whether the import says that it is a module.
    """

    path: str
    is_module: bool = False

    @property
    def modules(self) -> frozenset[str]:
        """The top-level module; with the streams of random numbers of others where it may seed any."""
        top = self.path.partition(".")[0]
        return frozenset((top, *STREAMS)) if self.is_seed and top not in STREAMS else frozenset((top,))

    @property
    def is_seed(self) -> bool:
        """Whether it starts a stream of random numbers: the state of that is handed on by itself."""
        _, _, rest = self.path.partition(".")
        return "seed" in rest.rpartition(".")[2].lower()

    @property
    def is_handed_on(self) -> bool:
        """Whether what is set there can go to later steps as a value."""
        return self.is_module or is_handed_on(self.path) or not is_installed(self.path.partition(".")[0])


def setting(binding: Binding, timeline: Timeline) -> Setting | None:
    """Return the statement as a setting, None if it is none; the timeline holds what stands before it."""
    targets = targets_of(code_of(binding).source)
    called = {call: _set_by_call(call, binding.place, timeline, targets_of) for call in targets.calls}
    origins = _set_by(binding, timeline, targets_of)
    modules = _modules(origins)
    if not modules or not (targets.is_definition or all(called.values())):
        return None
    if binding.defined_in and all(origin.is_handed_on for origin in origins) and _is_valued(called):
        return None
    if not all(_is_for_its_effect(call, binding.place, timeline) for call in called):
        lost = _modules(origin for origin in origins if not origin.is_seed)
        return Setting(binding, lost, does_more=True) if lost else None
    statement = code_of(binding)
    # What a step's cell binds beside is its output, and is bound by that.
    binds = () if binding.defined_in else statement.binds - statement.changes - NO_NAMES
    helpers = frozenset(call.name for call in called if _is_own(call.name, binding.place, timeline))
    sets_only = not binds and (modules <= _KNOWN or _is_assignment(statement.source, helpers))
    return Setting(msgspec.structs.replace(binding, only_sets=sets_only), modules)


def sets_anything(binding: Binding, timeline: Timeline) -> bool:
    """Return whether a statement, of which the text is enough, sets something in a module."""
    return setting(binding, timeline) is not None or bool(_handed_on(binding, timeline))


class HandedOn(Struct, frozen=True):
    """What a step sets in modules that goes to later steps as a value, where they do not set it as well.

    Attributes:
        modules: top-level modules: all that goes for one of them.
        lines: cell and line of the statements.
    """

    modules: frozenset[str] = _NOTHING
    lines: frozenset[tuple[int, int]] = frozenset()

    def united(self, other: HandedOn) -> HandedOn:
        """Return both."""
        return HandedOn(self.modules | other.modules, self.lines | other.lines)


def settings_of_step(
    bindings: Iterable[Binding], timeline: Timeline, of_steps: frozenset[str], earlier: frozenset[str]
) -> tuple[list[Setting], HandedOn]:
    """Return what later steps set as well, and what is handed on to them as the step leaves it.

    Handed on go attributes of modules and of their classes, and whatever local modules hold, where a value of
    a step is needed for them, an earlier step hands them on, or the statement does other things as well.

    Args:
        bindings: the step's statements.
        timeline: what stands before it.
        of_steps: the names that steps bind up to there.
        earlier: the modules of which steps before it hand something on.
    """
    found = [(each, setting(each, timeline), _handed_on(each, timeline)) for each in bindings]
    is_whole = {each.place: _set_by(each, timeline, targets_of) <= origins for each, _, origins in found}
    handed_on = _modules(
        origin
        for each, one, origins in found
        if one is None
        or one.does_more
        or (is_whole[each.place] and (code_of(each).reads & of_steps or one.modules & earlier))
        for origin in origins
    )
    settings = [
        one for each, one, _ in found if one and not (is_whole[each.place] and one.modules <= handed_on)
    ]
    lines = (line for each, _, origins in found if _modules(origins) & handed_on for line in _lines(each))
    return settings, HandedOn(handed_on, frozenset(lines))


def _lines(binding: Binding) -> Iterator[tuple[int, int]]:
    statement = code_of(binding)
    last = statement.line + statement.source.strip("\n").count("\n")
    yield from ((binding.cell, line) for line in range(statement.line, last + 1))


def _handed_on(binding: Binding, timeline: Timeline) -> frozenset[Origin]:
    """Return what of all that a statement sets can be handed on."""
    found = (_set_by(binding, timeline, of) for of in (targets_of, attribute_targets_of))
    return frozenset(origin for origin in chain.from_iterable(found) if origin.is_handed_on)


@remembered
def _is_assignment(source: str, helpers: frozenset[str]) -> bool:
    """Whether a statement gives parts of modules values, itself or by helpers, and calls nothing else."""
    tree = tree_of(source)
    leaves = [leaf for statement in (tree.body if tree else ()) for leaf in leaves_of(statement)]
    return all(
        isinstance(leaf, ast.Assign | ast.AugAssign | ast.AnnAssign)
        or _calls_one_of(leaf, helpers | SETTERS_OF_ANYTHING)
        for leaf in leaves
    )


def _calls_one_of(leaf: ast.stmt, names: frozenset[str]) -> bool:
    match leaf:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in names
        case _:
            return False


def _is_valued(calls: Iterable[Called]) -> bool:
    return any(call.is_valued for call in calls)


def _is_for_its_effect(call: Called, place: Place, timeline: Timeline) -> bool:
    """Whether a call may be made in each later step: of one whose value is used, if it does nothing else."""
    nearest = _nearest(call.name, place, timeline)
    if not call.is_valued or nearest is None or nearest.statement is None:
        return not call.is_valued
    if nearest.statement.is_function:
        return targets_of(nearest.statement.source).sets_only
    return _imported(nearest, call.name).path.rpartition(".")[2] in VALUED_SETTERS


def _is_own(name: str, place: Place, timeline: Timeline) -> bool:
    nearest = _nearest(name, place, timeline)
    return nearest is not None and nearest.statement is not None and nearest.statement.is_function


def _set_by(binding: Binding, timeline: Timeline, of: TargetsFunction) -> frozenset[Origin]:
    """Return what a statement sets, itself or by what it calls."""
    targets = of(code_of(binding).source)
    called = (_set_by_call(call, binding.place, timeline, of) for call in targets.calls)
    return frozenset(chain(*called, _origins(targets.now, binding.place, timeline)))


def _set_by_call(call: Called, place: Place, timeline: Timeline, of: TargetsFunction) -> frozenset[Origin]:
    """Return what a call sets: of an imported function its name tells."""
    paths: set[str] = set()
    waiting, seen = [call], {call}
    while waiting:
        called = waiting.pop()
        nearest = _nearest(called.name, place, timeline)
        if nearest is None or nearest.statement is None:
            continue
        if nearest.statement.is_import:
            paths |= {called.name, *called.paths} if sets(_imported(nearest, called.name).path) else set()
        elif nearest.statement.is_function:
            targets = of(nearest.statement.source)
            bound = targets.bound(called)
            paths = paths.union(*(resolved(target, bound) for target in targets.later))
            news = {each for inner in targets.later_calls for each in inner.resolved(bound)} - seen
            waiting += news
            seen |= news
    return frozenset(_origins(paths, place, timeline))


def _origins(targets: Iterable[str], place: Place, timeline: Timeline) -> Iterator[Origin]:
    """Yield what dotted names are where they stand; values are nothing that is set for others."""
    for target in targets:
        if (origin := _origin(target, place, timeline)) is not None:
            yield origin


def _origin(target: str, place: Place, timeline: Timeline) -> Origin | None:
    root, dot, rest = target.partition(".")
    if root == "%":
        return Origin(root)
    nearest = _nearest(root, place, timeline)
    if nearest is None or nearest.statement is None:
        return None
    if nearest.statement.is_import:
        imported = _imported(nearest, root)
        return Origin(f"{imported.path}{dot}{rest}") if rest else imported
    source = _shared_part(nearest.statement.source, root)
    return _origin(f"{source}{dot}{rest}", nearest.place, timeline) if source else None


def _modules(origins: Iterable[Origin]) -> frozenset[str]:
    return _NOTHING.union(*(origin.modules for origin in origins))


def _nearest(name: str, place: Place, timeline: Timeline) -> Binding | None:
    """Return what gave the name its value; what only changes a module is not what it is."""
    bindings = timeline.before(name, place)
    return next((each for each in bindings if each.statement is None or name in each.statement.firm), None)


def _imported(binding: Binding, name: str) -> Origin:
    tree = tree_of(code_of(binding).source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            for each in node.names:
                if name == (each.asname or each.name.partition(".")[0]):
                    return Origin(each.name if each.asname else name, is_module=True)
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                if name == (each.asname or each.name):
                    return Origin(f"{node.module or ''}.{each.name}")
    return Origin(name)


@remembered
def _shared_part(source: str, name: str) -> str:
    """Return what `name = module.part` gives the name, where that is a part of a module's state; else ""."""
    tree = tree_of(source)
    match tree.body if tree else []:
        case [ast.Assign(targets=[ast.Name(id=bound)], value=value)] if bound == name:
            return dotted(value)
        case _:
            return ""
