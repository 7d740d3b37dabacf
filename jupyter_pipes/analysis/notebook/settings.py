"""Statements whose effect is on a module, not on a name: options, styles, search paths, seeds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.effects.methods import COLLECTION_MUTATORS
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.notebook.statements import NO_NAMES
from jupyter_pipes.analysis.notebook.timeline import Binding, Place, Timeline, code_of
from jupyter_pipes.analysis.streams import GENERATOR_MAKERS, STREAMS

_NOTHING: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVERYWHERE = _words("os sys warnings logging locale ssl socket builtins IPython dotenv %")
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

_SETTING = re.compile(
    r"(set|reset|seed|use|rc|config|configure|register|unregister|enable|disable|init|initialize|activate"
    r"|deactivate|install|patch|setup|switch|prefer|manual)(_|$|(?=[A-Z]))"
)
"""How functions begin that set something (`set_option`, `setLevel`, `use`, `rc`, `seed_everything`)."""

_SETTERS = _words("""
    filterwarnings simplefilter resetwarnings captureWarnings basicConfig dictConfig fileConfig addHandler
    addFilter addLevelName setlocale seterr setrecursionlimit setcontext setdefaulttimeout setswitchinterval
    setstate tzset chdir putenv unsetenv umask initjs field_size_limit rcdefaults rc_file xkcd ion ioff pandas
    apply load_dotenv output_notebook extension add_type
""")
"""Functions that set something and do not say so at the beginning."""

_SETTERS_OF_ANYTHING = _words("setattr delattr")
"""Python's own, which set attributes of what they are handed, under names that only running shows."""

_SHARED_PARTS = _words("getLogger get_logger getcontext get_ipython")
"""Functions that hand out a part of their module's state, not a value of its own."""

_STREAM_NAMES = _words("stdin stdout stderr")
_VALUED_SETTERS = _SETTERS | {"manual_seed", "set_option"}
_MAGICS = _words("config env set_env cd precision")


class Targets(Struct, frozen=True):
    """What code sets, as dotted names (`plt.rcParams`, `logging.getLogger.setLevel`, `%`).

    Attributes:
        now: when it runs.
        later: when the functions that it defines are called.
        calls: names of functions that it calls when it runs, which may set something in their turn.
        later_calls: those that the functions that it defines call.
    """

    now: frozenset[str] = _NOTHING
    later: frozenset[str] = _NOTHING
    calls: frozenset[str] = _NOTHING
    later_calls: frozenset[str] = _NOTHING


class Setting(Struct, frozen=True):
    """A statement that sets something.

    Attributes:
        binding: the statement.
        modules: top-level modules in which it sets something.
    """

    binding: Binding
    modules: frozenset[str]

    def concerns(self, modules: frozenset[str]) -> bool:
        """Whether code that reaches these modules may see what it sets."""
        users = (_USED_BY.get(module, _NOTHING) for module in self.modules)
        return not modules.isdisjoint(self.modules.union(*users)) or bool(self.modules & EVERYWHERE)


def setting(binding: Binding, timeline: Timeline) -> Setting | None:
    """Return the statement as a setting, None if it is none; the timeline holds what stands before it."""
    targets = targets_of(code_of(binding).source)
    called = [_set_by_call(name, binding.place, timeline) for name in targets.calls]
    named = (_modules_of(target, binding.place, timeline) for target in targets.now)
    modules = _NOTHING.union(*called, *named)
    if not modules or not all(called):
        return None
    statement = code_of(binding)
    # What a step's cell binds beside is its output, and is bound by that.
    binds = () if binding.defined_in else statement.binds - statement.changes - NO_NAMES
    sets_only = not binds and (modules <= _KNOWN or _is_assignment(statement.source))
    return Setting(msgspec.structs.replace(binding, only_sets=sets_only), modules)


@lru_cache(maxsize=8192)
def _is_assignment(source: str) -> bool:
    """Whether a statement gives parts of modules values, and calls nothing for its effect."""
    tree = tree_of(source)
    leaves = [leaf for statement in (tree.body if tree else ()) for leaf in _leaves(statement)]
    return all(
        isinstance(leaf, ast.Assign | ast.AugAssign | ast.AnnAssign) or _sets_an_attribute(leaf)
        for leaf in leaves
    )


def _sets_an_attribute(leaf: ast.stmt) -> bool:
    match leaf:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in _SETTERS_OF_ANYTHING
        case _:
            return False


def _set_by_call(name: str, place: Place, timeline: Timeline) -> frozenset[str]:
    """Return the modules that calling a name sets something in: of an imported function its name tells."""
    modules: set[str] = set()
    waiting, seen = [name], {name}
    while waiting:
        called = waiting.pop()
        nearest = _nearest(called, place, timeline)
        if nearest is None or nearest.statement is None:
            continue
        if nearest.statement.is_import:
            modules |= _modules_of(called, place, timeline) if _sets(_origin(nearest, called)) else _NOTHING
        elif nearest.statement.is_function:
            targets = targets_of(nearest.statement.source)
            modules = modules.union(*(_modules_of(target, place, timeline) for target in targets.later))
            waiting += targets.later_calls - seen
            seen |= targets.later_calls
    return frozenset(modules)


def _modules_of(target: str, place: Place, timeline: Timeline) -> frozenset[str]:
    """Return the modules that a dotted name belongs to where it stands; none if it is a value."""
    root, _, rest = target.partition(".")
    if root == "%":
        return frozenset((root,))
    nearest = _nearest(root, place, timeline)
    if nearest is None or nearest.statement is None:
        return _NOTHING
    if nearest.statement.is_import:
        origin = _origin(nearest, root)
        # A module that is not known may seed any stream.
        seeds = "seed" in (rest or origin).rpartition(".")[2].lower()
        top = origin.partition(".")[0]
        return frozenset((top, *STREAMS)) if seeds and top not in STREAMS else frozenset((top,))
    source = _shared_part(nearest.statement.source, root)
    return _modules_of(source, nearest.place, timeline) if source else _NOTHING


def _nearest(name: str, place: Place, timeline: Timeline) -> Binding | None:
    """Return what gave the name its value; what only changes a module is not what it is."""
    bindings = timeline.before(name, place)
    return next((each for each in bindings if each.statement is None or name in each.statement.firm), None)


def _origin(binding: Binding, name: str) -> str:
    tree = tree_of(code_of(binding).source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            for each in node.names:
                if name == (each.asname or each.name.partition(".")[0]):
                    return each.name
        elif isinstance(node, ast.ImportFrom):
            for each in node.names:
                if name == (each.asname or each.name):
                    return f"{node.module or ''}.{each.name}"
    return name


@lru_cache(maxsize=8192)
def _shared_part(source: str, name: str) -> str:
    """Return what `name = module.part` gives the name, where that is a part of a module's state; else ""."""
    tree = tree_of(source)
    match tree.body if tree else []:
        case [ast.Assign(targets=[ast.Name(id=bound)], value=value)] if bound == name:
            return _path(value)
        case _:
            return ""


@lru_cache(maxsize=8192)
def targets_of(source: str) -> Targets:
    """Return what a statement sets; of one with a body, only if it does nothing else."""
    tree = tree_of(source)
    if tree is None or len(tree.body) != 1:
        return Targets()
    statement = tree.body[0]
    if isinstance(statement, ast.ClassDef):
        return Targets(now=_registered_by(statement))
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        leaves = [leaf for leaf in ast.walk(statement) if isinstance(leaf, ast.stmt)]
        registered = _registered_by(statement)
        return Targets(
            now=registered, later=_united(_set_by(leaf) for leaf in leaves), later_calls=_called_in(leaves)
        )
    leaves = list(_leaves(statement))
    if any(not (_set_by(leaf) or _called_in([leaf]) or _is_quiet(leaf)) for leaf in leaves):
        return Targets()
    return Targets(now=_united(map(_set_by, leaves)), calls=_called_in(leaves))


def _registered_by(definition: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return what decorators put a definition into: `@pd.api.extensions.register_series_accessor("x")`."""
    calls = (each.func if isinstance(each, ast.Call) else each for each in definition.decorator_list)
    paths = (_path(call) for call in calls if isinstance(call, ast.Attribute))
    return frozenset(path for path in paths if path.rpartition(".")[2].startswith("register"))


def _united(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return _NOTHING.union(*sets)


def _leaves(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the simple statements that a choice or a loop is made of; other statements as they are."""
    if not isinstance(statement, ast.If | ast.For | ast.While | ast.Try):
        yield statement
        return
    handlers: list[ast.ExceptHandler] = getattr(statement, "handlers", [])
    blocks = [statement.body, statement.orelse, getattr(statement, "finalbody", [])]
    for block in (*blocks, *(handler.body for handler in handlers)):
        for leaf in block:
            yield from _leaves(leaf)


def _is_quiet(leaf: ast.stmt) -> bool:
    """Whether a statement beside settings does nothing that would count for itself."""
    is_cheap = not any(isinstance(node, ast.Call) for node in ast.walk(leaf))
    return isinstance(leaf, ast.Pass | ast.Import | ast.ImportFrom) or (
        is_cheap and isinstance(leaf, ast.Assign | ast.AnnAssign)
    )


def _called_in(leaves: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names of functions that are called for their effect."""
    calls = (leaf.value for leaf in leaves if isinstance(leaf, ast.Expr))
    functions = (call.func for call in calls if isinstance(call, ast.Call))
    names = frozenset(function.id for function in functions if isinstance(function, ast.Name))
    return names - _SETTERS_OF_ANYTHING


def _set_by(leaf: ast.stmt) -> frozenset[str]:
    """Return the dotted names of what a simple statement sets."""
    match leaf:
        case ast.Assign(targets=targets, value=value):
            return _united(map(_set_part, targets)) | _set_by_value(value)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _set_part(target)
        case ast.Delete(targets=targets):
            return _united(map(_set_part, targets))
        case ast.Expr(value=ast.Call() as call):
            return _set_call(call)
        case _:
            return _NOTHING


def _set_part(target: ast.expr) -> frozenset[str]:
    if isinstance(target, ast.Attribute) and target.attr in _STREAM_NAMES:
        # Where a process prints is its own affair; a file opened for that again would be emptied.
        return _NOTHING
    is_part = isinstance(target, ast.Attribute | ast.Subscript)
    path = _path(target.value) if is_part else ""
    return frozenset((path,)) if path else _NOTHING


def _set_by_value(value: ast.expr) -> frozenset[str]:
    """`old = np.seterr(…)`: most values of functions with such names are what the statement is about."""
    if isinstance(value, ast.Call) and _path(value.func).rpartition(".")[2] in _VALUED_SETTERS:
        return _set_call(value)
    return _NOTHING


def _set_call(call: ast.Call) -> frozenset[str]:
    match call:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=name), *rest]):
            is_setting = name in _MAGICS or (name == "matplotlib" and not _is_inline(rest))
            return frozenset(("%",)) if is_setting else _NOTHING
        case ast.Call(func=ast.Attribute(value=value, attr=name) as function):
            is_setting = _sets(name) or (name in COLLECTION_MUTATORS and not isinstance(value, ast.Name))
            path = _path(function)
            return frozenset((path,)) if is_setting and path else _NOTHING
        case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in _SETTERS_OF_ANYTHING:
            path = _path(value)
            return frozenset((path,)) if path else _NOTHING
        case _:
            return _NOTHING


def _is_inline(arguments: list[ast.expr]) -> bool:
    """Whether `%matplotlib` asks for what a step has anyway."""
    return bool(arguments) and isinstance(arguments[0], ast.Constant) and arguments[0].value == "inline"


def _sets(name: str) -> bool:
    last = name.rpartition(".")[2]
    is_seed = "seed" in last.lower() and last not in GENERATOR_MAKERS
    return last in _SETTERS or _SETTING.match(last) is not None or is_seed


def _path(node: ast.expr) -> str:
    """Return the dotted name of a part of a module, "" where it is no part but a value of its own."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            inner = _path(value)
            return f"{inner}.{attribute}" if inner else ""
        case ast.Subscript(value=value):
            return _path(value)
        case ast.Call(func=function):
            path = _path(function)
            return path if path.rpartition(".")[2] in _SHARED_PARTS else ""
        case _:
            return ""
