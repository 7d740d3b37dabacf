"""Which functions of libraries change what they are given, or give back what they were given."""

from __future__ import annotations

import ast

from jupyter_pipes.analysis.effects.methods import MUTATORS, Use


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHANGING_FIRST = _words("""
    heappush heappop heapify heapreplace heappushpop insort insort_left insort_right next anext
    setitem delitem iadd iconcat ior iand ixor imul isub itruediv ifloordiv imod ipow
    set_node_attributes set_edge_attributes add_path add_cycle add_star setp
""")
"""Functions that change their first argument."""

_SHUFFLING = "shuffle"
"""Changes its first argument, as a function or a method, unless the value is used (sklearn's copies)."""

_CHANGING_FIRST_WITHOUT_VALUE = _words("copyto put place putmask fill_diagonal put_along_axis")
"""Functions that change their first argument, unless the value is used."""

_CHANGING_FIRST_WITHOUT_COPY = _words("relabel_nodes nan_to_num")
"""Functions that change their first argument where they are told `copy=False`."""

_CHANGED_KEYWORDS = frozenset({"out", "ax", "cax"})
"""Keywords whose argument is changed, whatever the function."""

DRAWN_FROM = frozenset({"random_state", "rng", "generator", "seed"})
"""Keywords whose argument is drawn from where it is a generator of random numbers."""

_GIVING_FIRST = _words(
    "asarray asanyarray atleast_1d atleast_2d ravel reshape squeeze transpose from_numpy nullcontext closing"
)
"""Functions whose value shares memory with their first argument."""

_GIVING_PARTS = _words("vars getattr itemgetter next min max choice reduce")
"""Functions whose value is a part of an argument."""

_SHALLOW = _words("""
    list tuple sorted reversed enumerate zip dict set frozenset deque copy iter filter islice chain cycle
    OrderedDict defaultdict make_pipeline Pipeline SGD Adam AdamW RMSprop Adagrad
""")
"""Functions whose value is a fresh object with the arguments', or their elements, inside."""

_LOOKING = _words("type id repr str isinstance print hasattr callable display hash format len bool")
_BUILTIN_TYPES = _words("list dict set bytearray deque object")


def changed_arguments(call: ast.Call, name: str, use: Use, *, is_method: bool) -> list[ast.expr]:
    """Return the arguments that a call changes (`heappush(h, 1)`, `np.add(a, b, out=c)`)."""
    changed = [
        part
        for keyword in call.keywords
        if keyword.arg in _CHANGED_KEYWORDS
        for part in (keyword.value.elts if isinstance(keyword.value, ast.Tuple) else [keyword.value])
    ]
    if not call.args:
        return changed
    if (name == _SHUFFLING and use != "used") or (not is_method and _changes_first(call, name, use)):
        changed.append(call.args[0])
    return changed


def _changes_first(call: ast.Call, name: str, use: Use) -> bool:
    if name in _CHANGING_FIRST or (name.endswith("_") and not name.startswith("_")):
        return True
    if name in _CHANGING_FIRST_WITHOUT_VALUE:
        return use != "used"
    if name in _CHANGING_FIRST_WITHOUT_COPY:
        return any(
            keyword.arg == "copy" and isinstance(keyword.value, ast.Constant) and not keyword.value.value
            for keyword in call.keywords
        )
    return _is_ufunc_at(call.func) or _is_unbound_mutator(call.func)


def _is_ufunc_at(function: ast.expr) -> bool:
    """Whether it is `np.add.at` or a like of it."""
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "at"
        and isinstance(function.value, ast.Attribute)
    )


def _is_unbound_mutator(function: ast.expr) -> bool:
    """Whether it is `list.append` or a like of it."""
    return isinstance(function, ast.Attribute) and function.attr in MUTATORS and is_class(function.value)


def is_class(node: ast.expr) -> bool:
    """Whether the expression names a class, by the habits that people have with names."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _BUILTIN_TYPES or (name[:1].isupper() and not name.isupper())
        case _:
            return False


def gives_first(name: str) -> bool:
    """Whether the function's value shares memory with its first argument."""
    return name in _GIVING_FIRST


def gives_parts(name: str) -> bool:
    """Whether the function's value is a part of one of its arguments."""
    return name in _GIVING_PARTS


def is_shallow(name: str) -> bool:
    """Whether the function's value has the arguments, or their elements, inside."""
    return name in _SHALLOW


def consumes(name: str) -> bool:
    """Whether the function may draw from an iterator that it is given."""
    return name not in _LOOKING
