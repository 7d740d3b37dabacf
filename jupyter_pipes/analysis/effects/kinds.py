"""What sort of object an expression makes, as far as its text tells: an iterator, a figure, a frame."""

from __future__ import annotations

from jupyter_pipes.system.patterns import pattern

ITERATOR = "iterator"
RANDOM = "random"
DRAWING = "drawing"
FRAME = "frame"
ARRAY = "array"
CONTAINER = "container"
SCALAR = "scalar"
SLICE = "slice"
"""Of a sequence: of a list a copy, of an array a view."""

INSTANCE = "class:"
"""In front of the name of one of the notebook's own classes."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MADE_BY = {
    ITERATOR: _words("""
        iter zip map filter enumerate reversed reader DictReader islice chain cycle count finditer iglob
        scandir takewhile dropwhile starmap pairwise batched accumulate iterrows itertuples
    """),
    RANDOM: _words("Random SystemRandom default_rng RandomState Generator check_random_state PRNGKey"),
    DRAWING: _words("""
        subplots subplot_mosaic gca gcf add_subplot add_axes twinx twiny inset_axes subfigures axes figure
        FacetGrid JointGrid PairGrid jointplot pairplot relplot catplot displot lmplot subplot subplot2grid
    """),
    FRAME: _words("""
        DataFrame Series read_csv read_parquet read_excel read_json read_table read_sql read_sql_query
        read_feather read_pickle read_html read_fwf load_dataset concat merge get_dummies pivot_table crosstab
        date_range to_datetime cut qcut json_normalize from_dict from_records LazyFrame scan_csv scan_parquet
        set_index reset_index sort_values sort_index dropna fillna drop_duplicates assign rename groupby
        melt explode nlargest nsmallest to_frame
    """),
    ARRAY: _words("""
        array zeros ones empty full arange linspace logspace eye identity zeros_like ones_like empty_like
        full_like meshgrid rand randn tensor from_numpy asarray loadtxt genfromtxt
    """),
    CONTAINER: _words(
        "list dict set bytearray deque defaultdict Counter OrderedDict sorted split splitlines"
    ),
    SCALAR: _words("""
        len int float str bool bytes complex hash id ord chr divmod frozenset range repr format isinstance
        issubclass callable hasattr print Fraction Decimal Path startswith endswith
    """),
}
_KIND_OF_MAKER = {maker: kind for kind, makers in _MADE_BY.items() for maker in makers}
_METHODS_THAT_ARE_MAKERS_ONLY_AS_FUNCTIONS = _words("count filter map index axes figure cycle")

_BY_NAME = (
    (
        pattern(r"(fig|ax|axs|axes|axis|figure|axes_\w+|ax_\w+|fig_\w+|\w+_ax|\w+_axes|\w+_fig)\d*"),
        DRAWING,
    ),
    (pattern(r"(rng|prng|rnd|random_state|rand_gen|random_generator|\w+_rng|rng_\w+)\d*"), RANDOM),
    (pattern(r"(df|frame)\d*|df_\w+|\w+_df"), FRAME),
)

COPIED_BY_INDEX = frozenset({FRAME, SCALAR})
"""Kinds of which `x[…]` is an object of its own: what is done to it does not show in `x`."""

MUTABLE_SUMS = frozenset({CONTAINER, ARRAY})
"""Kinds that `x += y` changes in place."""


def kind_of_call(function: str, *, is_method: bool) -> str:
    """Return the kind of what calling a function or method of this name gives, "" if unknown."""
    if is_method and function in _METHODS_THAT_ARE_MAKERS_ONLY_AS_FUNCTIONS:
        return ""
    return _KIND_OF_MAKER.get(function, "")


def kind_of_name(name: str) -> str:
    """Return the kind that people's habits give a name (`ax`, `rng`, `df`), "" if none."""
    return next((kind for pattern, kind in _BY_NAME if pattern.fullmatch(name)), "")
