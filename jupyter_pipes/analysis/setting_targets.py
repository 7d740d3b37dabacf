"""What a statement sets in modules, by its text: dotted names, and what helpers are handed that set it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from msgspec import Struct

from jupyter_pipes.analysis.effects.methods import COLLECTION_MUTATORS
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.states import ANY_ATTRIBUTE, STREAMS
from jupyter_pipes.analysis.streams import GENERATOR_MAKERS

_NOTHING: frozenset[str] = frozenset()
_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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

SETTERS_OF_ANYTHING = _words("setattr delattr")
"""Python's own, which set attributes of what they are handed, under names that only running shows."""

_SHARED_PARTS = _words("getLogger get_logger getcontext get_ipython")
"""Functions that hand out a part of their module's state, not a value of its own."""

_VALUED_SETTERS = _SETTERS | {"manual_seed", "set_option"}
_MAGICS = _words("config env set_env cd precision")


class Called(Struct, frozen=True):
    """A function that is called for its effect.

    Attributes:
        name: its name.
        positional: its arguments as dotted names, "" for what is a value of its own.
        named: those that are handed over by keyword.
    """

    name: str
    positional: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        """All dotted names that it is handed."""
        return frozenset((*self.positional, *(path for _, path in self.named))) - {""}

    def resolved(self, bound: Mapping[str, frozenset[str]]) -> Iterator[Called]:
        """Yield the calls that it may be where names are bound to these dotted names, one for each."""
        choices = {
            path: sorted(resolved(path, bound)) or [""]
            for path in (*self.positional, *dict(self.named).values())
        }
        for place in range(max(map(len, choices.values()), default=1)):
            picked = {path: paths[min(place, len(paths) - 1)] for path, paths in choices.items()}
            yield Called(
                self.name,
                tuple(picked[path] for path in self.positional),
                tuple((name, picked[path]) for name, path in self.named),
            )


class Targets(Struct, frozen=True):
    """What code sets, as dotted names (`plt.rcParams`, `logging.getLogger.setLevel`, `%`).

    Attributes:
        now: when it runs.
        later: when the functions that it defines are called; may begin with a parameter's name.
        calls: what it calls when it runs, which may set something in its turn.
        later_calls: what the functions that it defines call.
        is_definition: whether it defines something: then its calls are decorators.
        positional: parameters of the function that it defines which take positional arguments.
        rest, rest_named: its `*args` and `**kwargs`, "" if it has none.
        defaults: parameter -> what it is if nothing is handed over, as a dotted name.
        local: names that the function binds to parts of others -> their dotted names.
    """

    now: frozenset[str] = _NOTHING
    later: frozenset[str] = _NOTHING
    calls: frozenset[Called] = frozenset()
    later_calls: frozenset[Called] = frozenset()
    is_definition: bool = False
    positional: tuple[str, ...] = ()
    rest: str = ""
    rest_named: str = ""
    defaults: tuple[tuple[str, str], ...] = ()
    local: tuple[tuple[str, frozenset[str]], ...] = ()

    def bound(self, call: Called) -> dict[str, frozenset[str]]:
        """Return what the function's names are when it is called so, as dotted names of the caller."""
        handed = {name: frozenset((path,)) for name, path in self.defaults}
        handed |= (
            dict.fromkeys(filter(None, (*self.positional, self.rest, self.rest_named)), _NOTHING) | handed
        )
        handed |= {
            name: frozenset((path,)) for name, path in zip(self.positional, call.positional, strict=False)
        }
        handed |= {name: frozenset((path,)) for name, path in call.named}
        if self.rest:
            handed[self.rest] = frozenset(call.positional[len(self.positional) :])
        if self.rest_named:
            handed[self.rest_named] = frozenset(path for _, path in call.named)
        return handed | {
            name: _NOTHING.union(*(resolved(path, handed) for path in paths)) for name, paths in self.local
        }


def resolved(path: str, bound: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the dotted names that one stands for where names are bound to these; none for a value."""
    root, dot, rest = path.partition(".")
    return (
        frozenset(f"{each}{dot}{rest}" for each in bound[root] if each)
        if root in bound
        else frozenset((path,))
    )


@lru_cache(maxsize=8192)
def targets_of(source: str) -> Targets:
    """Return what a statement sets; of one with a body, only if it does nothing else."""
    tree = tree_of(source)
    if tree is None or len(tree.body) != 1:
        return Targets()
    statement = tree.body[0]
    if isinstance(statement, _Definition):
        return _targets_of_definition(statement)
    leaves = list(leaves_of(statement))
    if any(not (_set_by(leaf) or _called_in([leaf]) or _is_quiet(leaf)) for leaf in leaves):
        return Targets()
    bound = dict(_bound_to_parts(statement))
    now = _united(resolved(path, bound) for path in _united(map(_set_by, leaves)))
    calls = chain.from_iterable(call.resolved(bound) for call in _called_in(leaves))
    return Targets(now=now, calls=frozenset(calls))


@lru_cache(maxsize=8192)
def attribute_targets_of(source: str) -> Targets:
    """Return of which modules and classes a statement sets attributes, whatever else it does.

    Its calls are those whose value is used as well. Of a part of a module only its name tells a class.
    """
    tree = tree_of(source)
    if tree is None or any(isinstance(statement, _Definition) for statement in tree.body):
        return Targets()
    nodes = list(ast.walk(tree))
    bound = [node.value for node in nodes if isinstance(node, ast.Attribute) and _is_set(node)]
    calls = [
        (node.func.id, node)
        for node in nodes
        if isinstance(node, ast.Call)
        if isinstance(node.func, ast.Name)
    ]
    bound += [call.args[0] for name, call in calls if name in SETTERS_OF_ANYTHING and call.args]
    paths = (path for path in map(dotted, bound) if path.rpartition(".")[2][:1].isupper() or "." not in path)
    return Targets(now=frozenset(paths) - {""}, calls=frozenset(_called(name, call) for name, call in calls))


def _is_set(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load) and node.attr not in STREAMS


def _targets_of_definition(statement: _Definition) -> Targets:
    now, decorators = _registered_by(statement), frozenset(_decorators(statement))
    if isinstance(statement, ast.ClassDef):
        return Targets(now=now, calls=decorators, is_definition=True)
    leaves = [leaf for leaf in ast.walk(statement) if isinstance(leaf, ast.stmt)]
    arguments = statement.args
    positional = tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args))
    defaults = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *((each.arg, value) for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)),
    ]
    return Targets(
        now=now,
        later=_united(_set_by(leaf) for leaf in leaves),
        calls=decorators,
        later_calls=_called_in(leaves),
        is_definition=True,
        positional=positional,
        rest=arguments.vararg.arg if arguments.vararg else "",
        rest_named=arguments.kwarg.arg if arguments.kwarg else "",
        defaults=tuple((name, dotted(value) if value else "") for name, value in defaults),
        local=tuple(_bound_to_parts(statement)),
    )


def _bound_to_parts(statement: ast.stmt) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the names that loops and assignments bind to parts of others: `for each in (a, b)`, `x = a.b`."""
    for node in ast.walk(statement):
        match node:
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=parts) | ast.List(elts=parts)):
                yield name, frozenset(map(dotted, parts)) - {""}
            case ast.For(target=ast.Name(id=name), iter=value):
                yield name, frozenset((dotted(value),)) - {""}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
                yield name, frozenset((dotted(value),)) - {""}
            case _:
                pass


def _decorators(definition: _Definition) -> Iterator[Called]:
    for decorator in definition.decorator_list:
        match decorator:
            case ast.Name(id=name):
                yield Called(name)
            case ast.Call(func=ast.Name(id=name)):
                yield _called(name, decorator)
            case _:
                pass


def _registered_by(definition: _Definition) -> frozenset[str]:
    """Return what decorators put a definition into: `@pd.api.extensions.register_series_accessor("x")`."""
    calls = (each.func if isinstance(each, ast.Call) else each for each in definition.decorator_list)
    paths = (dotted(call) for call in calls if isinstance(call, ast.Attribute))
    return frozenset(path for path in paths if path.rpartition(".")[2].startswith("register"))


def _united(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return _NOTHING.union(*sets)


def leaves_of(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the simple statements that a choice or a loop is made of; other statements as they are."""
    if not isinstance(statement, ast.If | ast.For | ast.While | ast.Try):
        yield statement
        return
    handlers: list[ast.ExceptHandler] = getattr(statement, "handlers", [])
    blocks = [statement.body, statement.orelse, getattr(statement, "finalbody", [])]
    for block in (*blocks, *(handler.body for handler in handlers)):
        for leaf in block:
            yield from leaves_of(leaf)


def _is_quiet(leaf: ast.stmt) -> bool:
    """Whether a statement beside settings does nothing that would count for itself."""
    is_cheap = not any(isinstance(node, ast.Call) for node in ast.walk(leaf))
    return isinstance(leaf, ast.Pass | ast.Import | ast.ImportFrom) or (
        is_cheap and isinstance(leaf, ast.Assign | ast.AnnAssign)
    )


def _called_in(leaves: Iterable[ast.stmt]) -> frozenset[Called]:
    """Return the functions that are called for their effect."""
    calls = (leaf.value for leaf in leaves if isinstance(leaf, ast.Expr))
    named = (
        (call.func.id, call)
        for call in calls
        if isinstance(call, ast.Call)
        if isinstance(call.func, ast.Name)
    )
    return frozenset(_called(name, call) for name, call in named if name not in SETTERS_OF_ANYTHING)


def _called(name: str, call: ast.Call) -> Called:
    named = ((each.arg, dotted(each.value)) for each in call.keywords if each.arg)
    values = (each.value if isinstance(each, ast.Starred) else each for each in call.args)
    return Called(name, tuple(map(dotted, values)), tuple(named))


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
    if isinstance(target, ast.Attribute) and target.attr in STREAMS:
        # A file opened for that again would be emptied.
        return _NOTHING
    is_part = isinstance(target, ast.Attribute | ast.Subscript)
    path = dotted(target.value) if is_part else ""
    return frozenset((path,)) if path else _NOTHING


def _set_by_value(value: ast.expr) -> frozenset[str]:
    """`old = np.seterr(…)`: most values of functions with such names are what the statement is about."""
    if isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in _VALUED_SETTERS:
        return _set_call(value)
    return _NOTHING


def _set_call(call: ast.Call) -> frozenset[str]:
    match call:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=name), *rest]):
            is_setting = name in _MAGICS or (name == "matplotlib" and not _is_inline(rest))
            return frozenset(("%",)) if is_setting else _NOTHING
        case ast.Call(func=ast.Attribute(value=value, attr=name) as function):
            is_setting = sets(name) or (name in COLLECTION_MUTATORS and not isinstance(value, ast.Name))
            path = dotted(function)
            return frozenset((path,)) if is_setting and path else _NOTHING
        case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in SETTERS_OF_ANYTHING:
            path = dotted(value)
            return frozenset((path,)) if path else _NOTHING
        case _:
            return _NOTHING


def _is_inline(arguments: list[ast.expr]) -> bool:
    """Whether `%matplotlib` asks for what a step has anyway."""
    return bool(arguments) and isinstance(arguments[0], ast.Constant) and arguments[0].value == "inline"


def sets(name: str) -> bool:
    """Return whether a function of this name sets something, by how such functions are called."""
    last = name.rpartition(".")[2]
    is_seed = "seed" in last.lower() and last not in GENERATOR_MAKERS
    return last in _SETTERS or _SETTING.match(last) is not None or is_seed


def dotted(node: ast.expr) -> str:
    """Return the dotted name of a part of a module, "" where it is no part but a value of its own."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            inner = dotted(value)
            return f"{inner}.{attribute}" if inner else ""
        case ast.Subscript(value=value):
            return dotted(value)
        case ast.Call(func=function):
            path = dotted(function)
            return path if path.rpartition(".")[2] in _SHARED_PARTS else ""
        case _:
            return ""


_SETTING_WORDS = _words("environ putenv chdir getcontext setcontext prec rounding")
"""What code names that sets something of a module which is no attribute of it."""

_RUNNING = (ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.With, ast.For)
_LEADING_TO_ANY = _words("setattr delattr __dict__ vars")
_ANY_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@lru_cache(maxsize=8192)
def attributes_set(source: str) -> frozenset[str]:
    """Return the names of the attributes that some code sets or deletes."""
    tree = tree_of(source)
    return frozenset(_attributes_set_in(tree)) if tree else frozenset()


@lru_cache(maxsize=8192)
def attributes_set_later(source: str) -> frozenset[str]:
    """Return those that what the code binds may set or delete: its functions, and `partial(setattr, …)`."""
    tree = tree_of(source)
    nodes = list(ast.walk(tree)) if tree else []
    handed = {ANY_ATTRIBUTE for node in nodes if getattr(node, "id", "") in _LEADING_TO_ANY}
    functions = (node for node in nodes if isinstance(node, _ANY_FUNCTION))
    return frozenset(name for function in functions for name in _attributes_set_in(function)) | handed


@lru_cache(maxsize=8192)
def calls_anything(source: str) -> bool:
    """Return whether code may have other code run: it calls, or has operators or attributes."""
    tree = tree_of(source)
    return tree is not None and any(isinstance(node, _RUNNING) for node in ast.walk(tree))


def _attributes_set_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()) if name not in STREAMS:
                yield name
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _LEADING_TO_ANY:
                yield ANY_ATTRIBUTE
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _SETTING_WORDS:
                yield name
            case _:
                pass
