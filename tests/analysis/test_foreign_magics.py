"""Magics of extensions: what is known of their languages, and what goes with the steps that use them."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.foreign_magics import ForeignNames, foreign_names
from jupyter_pipes.analysis.notebook.statements import EXTENSIONS, STAR, statements


@pytest.mark.parametrize(
    ("magic", "argument", "body", "reads", "binds"),
    [
        ("sql", "rows << SELECT * FROM df", "", "df", "rows"),
        ("sql", "", "rows << SELECT * FROM df\nWHERE x > :limit", "df limit", "rows"),
        ("sql", "", "SELECT 'it''s' AS a, {{b}}", "b", ""),
        ("sql", "--persist df", "", "df", ""),
        ("R", "-i df,n -o fit", "fit <- lm(y ~ x, df)", "df n", "fit"),
        ("R", "--input df --output a,b", "", "df", "a b"),
        ("cython", "-a", "def f(int x):\n    return x\ncpdef int g(int y): return y", "", "f g"),
        ("bigquery", "frame --project p", "SELECT 1", "", "frame"),
    ],
)
def test_languages_say_what_they_read_and_bind(
    magic: str, argument: str, body: str, reads: str, binds: str
) -> None:
    names = foreign_names(magic, argument, body)
    assert names == ForeignNames(tuple(sorted(reads.split())), tuple(binds.split()))


def test_an_unknown_language_is_no_syntax_error_and_says_what_to_do() -> None:
    names = analyze("%%shout loud\nSELECT count(*) FROM t WHERE x = 1")
    assert names.opaque
    (problem,) = names.diagnostics
    assert (problem.code, problem.severity) == ("JP002", "warning")
    assert "--in and --out" in problem.message


@pytest.mark.parametrize(
    ("source", "binds"),
    [
        ("%load_ext myext", {EXTENSIONS}),
        ("%sql duckdb://", {EXTENSIONS}),
        ("%R x <- 3", {EXTENSIONS}),
        ("%%R\nx <- 3", {EXTENSIONS}),
        ("get_ipython().register_magic_function(f)", {EXTENSIONS}),
        ("@register_cell_magic\ndef shout(line, cell): pass", {EXTENSIONS, "shout"}),
        ("%load_ext jupyter_pipes", set()),
        ("%load_ext autoreload", set()),
        ("%matplotlib inline", set()),
        ("%%sql\nINSERT INTO t VALUES (1)", set()),
        ("%%shout\nit's", set()),
        ("%%unheard_of\nx = 1", {STAR, "x"}),
    ],
)
def test_what_brings_magics_or_sets_them_up_is_known(source: str, binds: set[str]) -> None:
    bound = {name for statement in statements(source) for name in statement.binds}
    assert bound - {"get_ipython"} == binds
