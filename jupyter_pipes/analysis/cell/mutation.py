"""Which expressions change the object behind a name: the tables of methods, and whose object it is."""

from __future__ import annotations

import ast


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_COLLECTIONS = _words("""
    append appendleft extend extendleft insert update pop popleft popitem clear sort reverse rotate add remove
    discard setdefault subtract intersection_update difference_update symmetric_difference_update move_to_end
    resize fill setflags itemset
""")
_OF_MODELS = _words("""
    fit partial_fit fit_transform fit_predict fit_resample set_params set_output load_state_dict
""")
_OF_TABLES_AND_FIGURES = _words("""
    insert_column replace_column add_trace add_traces update_layout update_traces update_xaxes update_yaxes
""")

MUTATORS = _OF_COLLECTIONS | _OF_MODELS | _OF_TABLES_AND_FIGURES
"""Methods that change their object, whatever becomes of the value."""

COLLECTION_MUTATORS = _words("append extend insert update pop clear remove setdefault")
"""Those of them that lists and dicts have (`sys.path.append`, `os.environ.update`)."""

_LOOKING = _words("""
    head tail sample describe info summary items keys values get count index copy groupby agg aggregate mean
    median sum min max std var corr nunique unique value_counts isna isnull notna any all query filter select
    show print display view hist boxplot barplot report score predict predict_proba transform evaluate
    memory_usage exists format join split strip lower upper startswith endswith encode decode
""")
_LEAVING_THE_PROCESS = _words("""
    save savefig write_text write_bytes write_csv write_parquet write_json write_html write_image mkdir unlink
    touch rmdir export dump dumps debug warning warn error exception critical log wait result sleep
""")

HARMLESS = _LOOKING | _LEAVING_THE_PROCESS
"""Methods that leave their object as it is, so that throwing their value away means nothing."""

HARMLESS_ACCESSORS = frozenset({"plot"})
"""Attributes whose methods leave the object alone (`frame.plot.bar()`)."""

HARMLESS_PREFIXES = ("to_", "plot", "show_", "print_", "get_", "is_", "has_", "save_", "export_", "scan_")

ARGUMENT_MUTATORS = _words("heappush heappop heapify heapreplace heappushpop insort insort_left insort_right")
"""Functions that change their first argument."""

ARGUMENT_MUTATORS_WITHOUT_VALUE = _words("shuffle copyto put place putmask fill_diagonal")
"""Functions that change their first argument, unless the value is used (sklearn's `shuffle` copies)."""

_SEE_THROUGH_METHODS = frozenset({"get", "values", "items"})
_SEE_THROUGH_FUNCTIONS = frozenset({"enumerate", "zip", "reversed", "sorted", "list", "tuple"})


def root_name(node: ast.expr) -> ast.Name | None:
    """Return the name whose object `a.b[0].c` is a part of, or None where there is no such name."""
    while True:
        match node:
            case ast.Name():
                return node
            case ast.Attribute() | ast.Subscript() | ast.Starred():
                node = node.value
            case ast.Call(func=ast.Attribute(value=inner, attr="get")):
                node = inner
            case _:
                return None


def iterated_names(node: ast.expr) -> list[str]:
    """Return the names whose elements a loop over `node` hands out (`xs`, `d.values()`, `zip(xs, ys)`)."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            return [name] if method in _SEE_THROUGH_METHODS else []
        case ast.Call(func=ast.Name(id=function), args=arguments) if function in _SEE_THROUGH_FUNCTIONS:
            return [name for argument in arguments for name in iterated_names(argument)]
        case _:
            return []


def thrown_away_calls(node: ast.expr) -> list[ast.Call]:
    """Return the calls whose value is lost when the value of `node` is."""
    match node:
        case ast.Call():
            return [node]
        case ast.Await(value=value):
            return thrown_away_calls(value)
        case ast.IfExp(body=body, orelse=orelse):
            return [*thrown_away_calls(body), *thrown_away_calls(orelse)]
        case ast.BoolOp(values=values):
            return thrown_away_calls(values[-1])
        case ast.ListComp(elt=element) | ast.SetComp(elt=element):
            return thrown_away_calls(element)
        case _:
            return []


def is_mutator(call: ast.Call, method: str, *, thrown_away: bool) -> bool:
    """Whether calling `method` may change its object."""
    for keyword in call.keywords:
        if keyword.arg == "inplace":
            return not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
    if method in MUTATORS:
        # `frame.sort("a")` returns a sorted frame; a list's own `sort` takes no such argument.
        return thrown_away or method != "sort" or not call.args
    if not thrown_away or method in HARMLESS or method.startswith(HARMLESS_PREFIXES):
        return False
    match call.func:
        case ast.Attribute(value=ast.Attribute(attr=accessor)):
            return accessor not in HARMLESS_ACCESSORS
        case _:
            return True


def mutated_arguments(call: ast.Call, *, thrown_away: bool) -> list[ast.expr]:
    """Return the arguments that the call changes in place (`heappush(h, 1)`, `np.add(a, b, out=c)`)."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    changed = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    always = name in ARGUMENT_MUTATORS
    if call.args and (always or (thrown_away and name in ARGUMENT_MUTATORS_WITHOUT_VALUE)):
        changed.append(call.args[0])
    return changed
