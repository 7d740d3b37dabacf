"""One cell -> its top-level statements and what each needs now and later."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis import analyze
from jupyter_pipes.analysis.loop_counters import loop_counters
from jupyter_pipes.analysis.notebook.statements import (
    STAR,
    Statement,
    called_names,
    definitions,
    imported_modules,
    statements,
)


def only(source: str) -> Statement:
    (statement,) = statements(source)
    return statement


@pytest.mark.parametrize(
    ("source", "now", "later"),
    [
        ("def f(a, b=k):\n    return a + x", {"k"}, {"x"}),
        ("@mark\ndef f():\n    return x", {"mark"}, {"x"}),
        (
            "class C(Base):\n    size = n\n    def m(self):\n        return x + self.size",
            {"Base", "n"},
            {"x"},
        ),
        ("g = lambda v=k: v + x", {"k"}, {"x"}),
        ("y = [f(i) for i in xs]", {"f", "xs"}, set()),
        ("fs = [lambda: x for i in xs]", {"xs"}, {"x"}),
        ("async def f():\n    return await g(x)", set(), {"g", "x"}),
        ("def f():\n    def g():\n        return x\n    return g", set(), {"x"}),
        ("def f():\n    r = !ls {d}\n    return r + x", set(), {"x"}),
    ],
)
def test_what_runs_at_once_is_told_from_what_runs_when_called(
    source: str, now: set[str], later: set[str]
) -> None:
    statement = only(source)
    assert statement.reads == now
    assert later <= statement.deferred
    assert not now & statement.deferred


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b, c as d", [(1, "import a.b", {"a"}), (1, "import c as d", {"d"})]),
        (
            "from a import (\n    b,\n    c as d,\n)",
            [(2, "from a import b", {"b"}), (3, "from a import c as d", {"d"})],
        ),
        ("from . import a, b; 1", [(1, "from . import a", {"a"}), (1, "from . import b", {"b"})]),
        ("from a import *", [(1, "from a import *", {STAR})]),
    ],
)
def test_an_import_of_several_names_is_one_of_each(
    source: str, expected: list[tuple[int, str, set[str]]]
) -> None:
    for found in (statements(source), definitions(source)):
        assert [(each.line, each.source, each.binds) for each in found if each.is_import] == expected


@pytest.mark.parametrize(
    ("source", "binds", "firm"),
    [
        ("x = y = 1", {"x", "y"}, {"x", "y"}),
        ("if c:\n    x = 1\nelse:\n    x = y = 2", {"x", "y"}, {"x"}),
        ("for i in xs:\n    t = i", {"i", "t"}, {"i", "t"}),
        ("try:\n    x = 1\nexcept ValueError:\n    x = 2", {"x"}, {"x"}),
        ("with a as b:\n    x = 1", {"b", "x"}, {"b", "x"}),
        ("xs.append(1)", {"xs"}, set()),
        ("d['k'] = 1", {"d"}, set()),
        ("import a.b", {"a"}, {"a"}),
        ("from a import *", {STAR}, set()),
        ("def f():\n    xs.append(1)", {"f"}, {"f"}),
        ("print(x)", set(), set()),
        ("!ls", set(), set()),
        ("files = !ls", {"files"}, {"files"}),
    ],
)
def test_what_a_statement_binds_and_what_it_binds_for_sure(
    source: str, binds: set[str], firm: set[str]
) -> None:
    statement = only(source)
    assert (statement.binds, statement.firm) == (binds, firm)


def test_text_is_as_written_with_decorators_comments_and_lines() -> None:
    source = "\n@a\n@b\ndef f():\n    pass  # ä\nx = 'ü'; y = 2  # last\n!ls\nz = !ls"
    found = [(statement.line, statement.source) for statement in statements(source)]
    assert found == [
        (2, "@a\n@b\ndef f():\n    pass  # ä"),
        (6, "x = 'ü'"),
        (6, "y = 2  # last"),
        (7, "!ls"),
        (8, "z = !ls"),
    ]


def test_lines_of_reads_count_in_the_cell() -> None:
    statement = statements("a = 1\n\ny = (\n    b +\n    c\n)")[1]
    assert [statement.line_of(name) for name in ("b", "c", "elsewhere")] == [4, 5, 3]


def test_a_method_call_whose_value_is_thrown_away_may_change_its_object() -> None:
    first, last = statements("model.go()\nmodel.go()")
    assert (first.binds, last.binds) == ({"model"}, set())


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import json\nx = 1\ndef f(): ...\nclass C: ...", {"json", "f", "C"}),
        ("def f(): ...\nf = 2", set()),
        ("def f(): ...\ndef f(): ...", {"f"}),
        ("class C: ...\nC.k = 1", set()),
        ("try:\n    import a\nexcept ImportError:\n    a = None", {"a"}),
        ("if c:\n    def f(): ...\nelse:\n    def f(): ...", {"f"}),
        ("if c:\n    x = compute()", set()),
        ("%%time\nimport json\nx = 1", {"json"}),
        ("%%bash\nimport json", set()),
        ("x = (", set()),
    ],
)
def test_definitions_of_a_step_are_code_only(source: str, names: set[str]) -> None:
    assert {name for statement in definitions(source) for name in statement.binds} == names


def test_a_function_knows_what_it_changes_when_it_is_called() -> None:
    assert only("def f():\n    global n\n    n = 1\n    xs.append(n)").deferred_changes == {"n", "xs"}


def test_a_function_needs_the_globals_that_it_adds_to() -> None:
    assert only("def f():\n    global n\n    n += 1").deferred == {"n"}


def test_imports_count_inside_functions_but_not_relative_ones() -> None:
    assert imported_modules("import a.b\nfrom . import c\ndef f():\n    from d.e import g") == {"a", "d"}


def test_calls_are_direct_calls_and_decorators() -> None:
    assert called_names("f(x)\n@g\ndef h(): i()\nj.k()") == {"f", "g", "i"}


def test_counters_are_what_only_loops_bind() -> None:
    code = (
        "for i, (j, k) in xs:\n    for d['k'] in i:\n        k = [m := 1 for n in j]\n"
        "def f(a):\n    global g\n    for g in h:\n        for own in g: ...\n"
        "for g in h: ...\nasync for e in h:\n    with e as w: ...\n"
    )
    assert loop_counters(code) == {"i", "j", "e"}


def test_long_sums_are_not_too_deep() -> None:
    long = " + ".join(["x"] * 900)
    assert loop_counters(f"for i in y:\n    z = {long}") == {"i"}
    assert analyze(f"def f(x):\n    return {long}").writes == {"f"}
