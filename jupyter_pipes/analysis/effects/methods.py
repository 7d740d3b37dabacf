"""Which methods change the object that they are called on."""

from __future__ import annotations

import ast
import re
from typing import Literal

from jupyter_pipes.analysis.effects import kinds

Use = Literal["used", "shown", "lost"]
"""What becomes of a call's value: the code uses it, the notebook shows it below the cell, nobody has it."""


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
_OF_OBJECTS = _words(
    "__setattr__ __delattr__ __setitem__ __delitem__ __iadd__ __ior__ __imul__ __next__ send"
)

MUTATORS = _OF_COLLECTIONS | _OF_MODELS | _OF_TABLES_AND_FIGURES | _OF_OBJECTS
"""Methods that change their object, whatever becomes of the value."""

COLLECTION_MUTATORS = _words("append extend insert update pop clear remove setdefault")
"""Those of them that lists and dicts have (`sys.path.append`, `os.environ.update`)."""

BOUND_MUTATORS = _words("append extend add update setdefault appendleft discard pop")
"""Those of them that people pass around without calling them."""

PUTTING = _words("append add insert extend update setdefault appendleft")
"""Those of them that put their arguments into the object."""

_COPYING_ON_TABLES = _words("add append sort clear reverse resize remove discard subtract fill rotate fit")
"""Those of them that give a new object where they are methods of frames or arrays."""

_LISTS_ALONE = _words("append extend insert pop remove clear reverse")
"""Those of them that arrays, whose slices are views, do not have."""

_LOOKING = _words("""
    head tail sample describe info summary items keys values get count index copy groupby agg aggregate mean
    median sum min max std var corr nunique unique value_counts isna isnull notna any all query filter select
    show print display view hist boxplot barplot report score predict predict_proba transform evaluate
    memory_usage exists format join split strip lower upper startswith endswith encode decode
    abs apply applymap astype cumsum cumprod diff dot drop drop_duplicates dropna explode fillna ffill bfill
    filter_by isin join loc map mask melt merge mode nlargest nsmallest pipe pivot pivot_table pct_change
    prod quantile rank reindex rename replace reset_index resample rolling round set_index shift
    sort_index sort_values stack unstack swaplevel T transpose where assign duplicated equals eval between
    clip cov crosstab expanding ewm interpolate iterrows itertuples first last nth size shape tolist
    argsort argmax argmin idxmax idxmin ravel reshape flatten squeeze
    nodes edges degree neighbors successors predecessors adjacency number_of_nodes number_of_edges subgraph
    most_common elements isdisjoint issubset issuperset union intersection difference symmetric_difference
    title capitalize casefold center zfill rsplit splitlines partition rpartition removeprefix removesuffix
    isdigit isalpha isspace islower isupper find rfind rindex
    decision_function predict_log_proba inverse_transform score_samples named_steps forecast conf_int
    fetchall fetchone fetchmany
    eq ne lt le gt ge mul div truediv floordiv sub mod pow
    glimpse collect lazy schema null_count limit with_columns unnest to_dicts rows
""")
_LEAVING_THE_PROCESS = _words("""
    save savefig write_text write_bytes write_csv write_parquet write_json write_html write_image mkdir unlink
    touch rmdir export dump dumps debug warning warn error exception critical log wait result sleep
""")

HARMLESS = _LOOKING | _LEAVING_THE_PROCESS
"""Methods that leave their object as it is, so that throwing their value away means nothing."""

_HARMLESS_ACCESSORS = frozenset({"plot", "str", "dt", "cat", "style"})
"""Attributes whose methods leave the object alone (`frame.plot.bar()`)."""

_HARMLESS_PREFIXES = (
    "to_", "plot", "show_", "print_", "get_", "is_", "has_", "save_", "export_", "scan_", "read_", "find_",
    "count_", "list_", "describe_", "iter_", "as_", "can_", "__repr", "__str", "__len",
)  # fmt: skip
_LOOKING_AT_DRAWINGS = _words("savefig show draw print_figure get_figure axis_get text_get")

_VERBS = _words("""
    set add remove update insert append delete push pop put enqueue dequeue register reset clear load apply
    step train advance increment decrement deposit withdraw fill sort shuffle move swap toggle activate
    deactivate enable disable assign attach detach connect disconnect mark unmark bump merge_in absorb
    draw bar barh scatter legend grid imshow contour contourf errorbar annotate text axhline axvline
    fill_between pie stem step semilogx semilogy loglog invert_xaxis invert_yaxis tight_layout suptitle
    tick_params colorbar
""")
"""Words that a method's name begins with when it is there for what it does to its object."""


def changes_object(call: ast.Call, method: str, kind: str, use: Use) -> bool:
    """Whether calling `method` on an object of a kind may change it."""
    for keyword in call.keywords:
        if keyword.arg == "inplace":
            return not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
    if kind == kinds.SCALAR or (kind == kinds.SLICE and method in _LISTS_ALONE):
        return False
    if kind in (kinds.RANDOM, kinds.ITERATOR):
        return not method.startswith(("get", "__repr", "__str")) and method != "bit_generator"
    if kind == kinds.DRAWING:
        return not method.startswith(("get", "__", "savefig", "show", "has_", "print_", "to_"))
    if method in MUTATORS:
        return _really_mutates(call, method, kind, use)
    if method.endswith("_") and not method.startswith("_"):
        # PyTorch's way to say "in place".
        return True
    if use == "used" or _is_harmless(call, method):
        return False
    return use == "lost" or _begins_with_verb(method)


def _really_mutates(call: ast.Call, method: str, kind: str, use: Use) -> bool:
    if kind in (kinds.FRAME, kinds.ARRAY) and method in _COPYING_ON_TABLES:
        return kind == kinds.ARRAY and use != "used" and method in ("sort", "resize", "fill")
    # `frame.sort("a")` returns a sorted frame; a list's own `sort` takes no such argument.
    return use == "lost" or method != "sort" or not call.args


def _is_harmless(call: ast.Call, method: str) -> bool:
    if method in HARMLESS or method.startswith(_HARMLESS_PREFIXES):
        return True
    match call.func:
        case ast.Attribute(value=ast.Attribute(attr=accessor)):
            return accessor in _HARMLESS_ACCESSORS
        case _:
            return False


def _begins_with_verb(method: str) -> bool:
    return method in _VERBS or re.split(r"_|(?=[A-Z])", method, maxsplit=1)[0] in _VERBS


def gives_part(method: str) -> bool:
    """Whether the method hands out a part of its object (`d.get(k)`, `fig.gca()`, `a.reshape(…)`)."""
    return method in _GIVING_PARTS


_GIVING_PARTS = _words("""
    get values items setdefault pop __getitem__ __getattribute__
    gca gcf add_subplot add_axes subplots twinx twiny get_figure get_axes get_xaxis get_yaxis get_legend
    get_lines get_xticklabels get_yticklabels
    view reshape ravel squeeze transpose swapaxes numpy detach
    parameters named_parameters children modules state_dict get_submodule
""")

GIVING_ITSELF = _words(
    "fit set_params partial_fit set_output __enter__ __iter__ train eval to cuda cpu requires_grad_"
)
"""Methods that return the object that they were called on."""
