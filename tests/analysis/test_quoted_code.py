"""Texts that are code to a library give their names; sentences, paths and titles give none."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.quoted_code import quoted_names, template_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("y ~ x", "y x"),
        ("~ x + z - 1", "x z"),
        ("np.log(y) ~ C(group):z + I(x ** 2)", "np y C group z I x"),
        ("y ~ 1 + [x ~ z]", "y x z"),
        ("y ~ (1 | site)", "y site"),
        ("\n  y ~ x\n  + z\n", "y x z"),
        ("a > @limit", "limit"),
        ("a > @cfg.limit and b in @names", "cfg names"),
        ("`unit price` > @limit and not `@odd`", "limit"),
        ("@low(`unit price`)", "low"),
        ("total = price * @rate", "rate"),
        ("\nx = a + @k\ny = x == @m\n", "k m"),
        ("SELECT * FROM df", "df"),
        ("select * from a, b as c join d on 1", "a b d"),
        ('  -- all\n WITH t AS (SELECT 1 FROM "df") SELECT * FROM t', "df t"),
        ("FROM df", "df"),
        ("CREATE TABLE t AS SELECT * FROM df x, other", "df other"),
        ("SELECT * FROM read_csv('x.csv')", ""),
        ("SELECT * FROM main.t", ""),
    ],
)
def test_formulas_queries_and_sql_name_what_they_read(text: str, names: str) -> None:
    assert quoted_names(text) == set(names.split())


@pytest.mark.parametrize(
    "text",
    [
        "we load df here",
        "From df we take rows",
        "Select the rows from df",
        "about ~ 5 rows of df",
        "~/data/file.csv",
        "~",
        "write to bob@example.org",
        "ask @bob about df",
        "x",
        "",
    ],
)
def test_sentences_and_paths_name_nothing(text: str) -> None:
    assert quoted_names(text) == set()


def test_templates_name_what_they_fill_in() -> None:
    assert template_names("{a} {b.c} {d[0]} %(e)s $f ${g} {0} {}") == set("abdefg")
