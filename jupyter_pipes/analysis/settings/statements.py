"""What a statement sets in modules, by its text: dotted names, and what helpers are handed that set it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain

from jupyter_pipes.analysis.effects.methods import COLLECTION_MUTATORS
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.settings.targets import (
    NOTHING,
    Called,
    Definition,
    Targets,
    bound_to_parts,
    called,
    dotted,
    resolved,
    united,
)
from jupyter_pipes.analysis.states import STREAMS
from jupyter_pipes.analysis.streams import GENERATOR_MAKERS
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SETTING = pattern(
    r"(set|reset|seed|use|rc|config|configure|register|unregister|enable|disable|init|initialize|activate"
    r"|deactivate|install|patch|setup|switch|prefer|manual)(_|$|(?=[A-Z]))"
)
"""How functions begin that set something (`set_option`, `setLevel`, `use`, `rc`, `seed_everything`)."""

_SETTERS = _words("""
    filterwarnings simplefilter resetwarnings captureWarnings basicConfig dictConfig fileConfig addHandler
    addFilter addLevelName setlocale seterr setrecursionlimit setcontext setdefaulttimeout setswitchinterval
    setstate tzset chdir putenv unsetenv umask initjs field_size_limit rcdefaults rc_file xkcd ion ioff pandas
    apply load_dotenv output_notebook extension add_type pickle
""")
"""Functions that set something and do not say so at the beginning."""

SETTERS_OF_ANYTHING = _words("setattr delattr")
"""Python's own, which set attributes of what they are handed, under names that only running shows."""

_RESTORING = _words("catch_warnings rc_context option_context localcontext errstate printoptions context")
"""Functions behind whose `with` everything is as it was before."""

VALUED_SETTERS = _SETTERS | {"manual_seed", "set_option"}
"""Functions that set something also where their value is used: `old = np.seterr(…)`."""
_MAGICS = _words("config env set_env cd precision")


@remembered
def targets_of(source: str) -> Targets:
    """Return what a statement sets; of one with a body, only if it does nothing else."""
    tree = tree_of(source)
    if tree is None or len(tree.body) != 1:
        return Targets()
    statement = tree.body[0]
    if isinstance(statement, Definition):
        return _targets_of_definition(statement)
    leaves = list(leaves_of(statement))
    calls = [_called_in([leaf]) | _called_for_a_value(leaf) for leaf in leaves]
    if any(not (_set_by(leaf) or of or _is_quiet(leaf)) for leaf, of in zip(leaves, calls, strict=True)):
        return Targets()
    bound = dict(bound_to_parts(statement))
    now = united(resolved(path, bound) for path in united(map(_set_by, leaves)))
    calls = chain.from_iterable(call.resolved(bound) for of in calls for call in of)
    return Targets(now=now, calls=frozenset(calls))


def _targets_of_definition(statement: Definition) -> Targets:
    now, decorators = _registered_by(statement), frozenset(_decorators(statement))
    if isinstance(statement, ast.ClassDef):
        return Targets(now=now, calls=decorators, is_definition=True)
    leaves = list(_lasting(statement))
    arguments = statement.args
    positional = tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args))
    defaults = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *((each.arg, value) for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)),
    ]
    return Targets(
        now=now,
        later=united(_set_by(leaf) for leaf in leaves),
        calls=decorators,
        later_calls=_called_in(leaves),
        is_definition=True,
        sets_only=all(_sets_only(leaf) for part in statement.body for leaf in leaves_of(part)),
        positional=positional,
        rest=arguments.vararg.arg if arguments.vararg else "",
        rest_named=arguments.kwarg.arg if arguments.kwarg else "",
        defaults=tuple((name, dotted(value) if value else "") for name, value in defaults),
        local=tuple(bound_to_parts(statement)),
    )


def _lasting(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements in one, but those behind which a `with` puts all back as it was."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not (isinstance(node, ast.With) and any(map(_puts_back, node.items))):
            waiting += ast.iter_child_nodes(node)


def _puts_back(item: ast.withitem) -> bool:
    match item.context_expr:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _RESTORING
        case _:
            return False


def _decorators(definition: Definition) -> Iterator[Called]:
    for decorator in definition.decorator_list:
        match decorator:
            case ast.Name(id=name):
                yield Called(name)
            case ast.Call(func=ast.Name(id=name)):
                yield called(name, decorator)
            case _:
                pass


def _registered_by(definition: Definition) -> frozenset[str]:
    """Return what decorators put a definition into: `@pd.api.extensions.register_series_accessor("x")`."""
    calls = (each.func if isinstance(each, ast.Call) else each for each in definition.decorator_list)
    paths = (dotted(call) for call in calls if isinstance(call, ast.Attribute))
    return frozenset(path for path in paths if path.rpartition(".")[2].startswith("register"))


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
    return isinstance(leaf, ast.Pass | ast.Import | ast.ImportFrom) or (
        isinstance(leaf, ast.Assign | ast.AnnAssign) and not _calls(leaf)
    )


def _sets_only(leaf: ast.stmt) -> bool:
    """Whether a statement of a function does nothing but set something, or return what is there anyway."""
    match leaf:
        case ast.Return(value=ast.Call() as call):
            return bool(dotted(call) or _set_by(leaf))
        case ast.Return(value=value):
            return value is None or not _calls(value)
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=ast.Call() as call) if dotted(call):
            return True
        case _:
            return bool(_set_by(leaf)) or _is_quiet(leaf)


def _calls(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Call) for each in ast.walk(node))


def _called_for_a_value(leaf: ast.stmt) -> frozenset[Called]:
    """Return the function whose value a statement gives a name: `log = set_up("app")`."""
    match leaf:
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Name(id=name)) as call):
            return frozenset((called(name, call, is_valued=True),))
        case _:
            return frozenset()


def _called_in(leaves: Iterable[ast.stmt]) -> frozenset[Called]:
    """Return the functions that are called for their effect."""
    calls = (leaf.value for leaf in leaves if isinstance(leaf, ast.Expr))
    named = (
        (call.func.id, call)
        for call in calls
        if isinstance(call, ast.Call)
        if isinstance(call.func, ast.Name)
    )
    return frozenset(called(name, call) for name, call in named if name not in SETTERS_OF_ANYTHING)


def _set_by(leaf: ast.stmt) -> frozenset[str]:
    """Return the dotted names of what a simple statement sets."""
    match leaf:
        case ast.Assign(targets=targets, value=value):
            return united(map(_set_part, targets)) | _set_by_value(value)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return _set_part(target)
        case ast.Delete(targets=targets):
            return united(map(_set_part, targets))
        case ast.Expr(value=ast.Call() as call):
            return set_by_call(call)
        case ast.Return(value=ast.Call() as call):
            return _set_by_value(call)
        case _:
            return NOTHING


def _set_part(target: ast.expr) -> frozenset[str]:
    if isinstance(target, ast.Attribute) and target.attr in STREAMS:
        # A file opened for that again would be emptied.
        return NOTHING
    is_part = isinstance(target, ast.Attribute | ast.Subscript)
    path = dotted(target.value) if is_part else ""
    return frozenset((path,)) if path else NOTHING


def _set_by_value(value: ast.expr) -> frozenset[str]:
    """`old = np.seterr(…)`: most values of functions with such names are what the statement is about."""
    if isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in VALUED_SETTERS:
        return set_by_call(value)
    return NOTHING


def set_by_call(call: ast.Call) -> frozenset[str]:
    """Return the dotted names of what a call sets, as its name tells."""
    match call:
        case ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value=name), *rest]):
            is_setting = name in _MAGICS or (name == "matplotlib" and not _is_inline(rest))
            return frozenset(("%",)) if is_setting else NOTHING
        case ast.Call(func=ast.Attribute(value=value, attr=name) as function):
            is_setting = sets(name) or (name in COLLECTION_MUTATORS and not isinstance(value, ast.Name))
            path = dotted(function)
            return frozenset((path,)) if is_setting and path else NOTHING
        case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in SETTERS_OF_ANYTHING:
            path = dotted(value)
            return frozenset((path,)) if path else NOTHING
        case _:
            return NOTHING


def _is_inline(arguments: list[ast.expr]) -> bool:
    """Whether `%matplotlib` asks for what a step has anyway."""
    return bool(arguments) and isinstance(arguments[0], ast.Constant) and arguments[0].value == "inline"


def sets(name: str) -> bool:
    """Return whether a function of this name sets something, by how such functions are called."""
    last = name.rpartition(".")[2]
    is_seed = "seed" in last.lower() and last not in GENERATOR_MAKERS
    return last in _SETTERS or _SETTING.match(last) is not None or is_seed
