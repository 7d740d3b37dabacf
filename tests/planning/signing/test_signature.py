"""Signatures: what counts as a change of code, and how the difference of two is told."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.parts import OWN, Part, PartKind
from jupyter_pipes.planning.signing.signature import code_digest, code_part, combine, difference, reasons

SAME = [
    pytest.param("x = 1", "x = 1  # why", id="comment"),
    pytest.param("x = 1", "\n\nx  =  (1)\n", id="layout"),
    pytest.param("x = 'a'", 'x = "a"', id="quotes"),
    pytest.param("def f():\n    return 1", 'def f():\n    "doc"\n    return 1', id="docstring"),
    pytest.param("class A:\n    pass", 'class A:\n    """doc"""', id="docstring alone"),
    pytest.param(
        "async def f():\n    'a'\n    g()", "async def f():\n    'b'\n    g()", id="async docstring"
    ),
    pytest.param("%time x = 1\n", "\n%time x = 1  ", id="magic, blanks"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_code_that_does_the_same_has_the_same_digest(old: str, new: str) -> None:
    assert code_digest(old) == code_digest(new)


OTHER = [
    pytest.param("x = 1", "x = 2", id="value"),
    pytest.param("x = 1", "x = 1.0", id="type of a value"),
    pytest.param("x = 1", "x = True", id="truth"),
    pytest.param("x = 'a'", "x = b'a'", id="bytes"),
    pytest.param("f(1)", "f(1);", id="the last expression is shown or not"),
    pytest.param("x = 1\ny = 2", "y = 2\nx = 1", id="order"),
    pytest.param("'a'", "'b'", id="a text that is the cell's value"),
    pytest.param("x = 'a'\n'doc'", "x = 'a'\n'other'", id="a text at the end"),
    pytest.param("!ls a", "!ls b", id="shell line"),
    pytest.param("%time x = 1", "%time x = 2", id="magic"),
]


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_code_that_does_something_else_has_another_digest(old: str, new: str) -> None:
    assert code_digest(old) != code_digest(new)


PART = st.builds(Part, st.sampled_from(["code", "helper", "input"]), st.text(max_size=3), st.text(max_size=3))


@given(st.lists(PART, max_size=5), st.randoms())
def test_the_order_of_parts_does_not_count(parts: list[Part], chance: object) -> None:
    for order in itertools.islice(itertools.permutations(parts), 20):
        assert combine(order) == combine(parts)


@given(st.lists(PART, max_size=4), st.lists(PART, max_size=4))
def test_two_lists_have_one_signature_only_if_their_parts_are_the_same(
    one: list[Part], two: list[Part]
) -> None:
    def key(part: Part) -> tuple[str, str, str]:
        return part.kind, part.name, part.digest

    assert (combine(one) == combine(two)) == (sorted(map(key, one)) == sorted(map(key, two)))


def parameter(name: str, value: str) -> Part:
    return Part("parameter", name, value, value)


REASONS = [
    pytest.param(None, [], ("first run",), id="first time"),
    pytest.param([code_part("code", "", "x")], [code_part("code", "", "y")], ("code changed",), id="code"),
    pytest.param(
        [parameter("lr", "0.1")], [parameter("lr", "0.2")], ("parameter lr 0.1 → 0.2",), id="parameter"
    ),
    pytest.param([], [parameter("lr", "0.2")], ("parameter lr (none) → 0.2",), id="new parameter"),
    pytest.param(
        [Part("input", "df", "a", origin="load")],
        [Part("input", "df", "b", origin="load")],
        ("input df of load: other content",),
        id="input",
    ),
    pytest.param(
        [Part("input", "z", "a 1", "class P:\n    def m(self): 1", origin="load")],
        [Part("input", "z", "a 2", "class P:\n    def m(self): 2", origin="load")],
        ("input z of load: P.m changed",),
        id="class of an input",
    ),
    pytest.param(
        [Part("file", "a.csv", "1")], [Part("file", "a.csv", "2")], ("file a.csv: other content",), id="file"
    ),
    pytest.param([], [code_part("helper", "f", "def f(): 1")], ("helper f is new",), id="new helper"),
    pytest.param(
        [code_part("helper", "f", "def f(): 1")], [], ("helper f is no longer used",), id="helper gone"
    ),
    pytest.param(
        [Part("package", "numpy", "1", "1.26"), Part("python", "", "3.11", "3.11")],
        [Part("package", "numpy", "2", "2.0"), Part("python", "", "3.12", "3.12")],
        ("numpy 1.26 → 2.0", "Python 3.11 → 3.12"),
        id="environment",
    ),
    pytest.param(
        [Part("code", "", "a")], [Part("code", "", "a")], ("an earlier result was replaced",), id="none"
    ),
]


@pytest.mark.parametrize(("old", "new", "words"), REASONS)
def test_the_difference_is_told_part_by_part(
    old: list[Part] | None, new: list[Part], words: tuple[str, ...]
) -> None:
    assert reasons(old, new) == words


def test_a_change_of_code_has_a_diff() -> None:
    old, new = code_part("code", "", "\nx = 1\ny = 2"), code_part("code", "", "\nx = 1\ny = 3")
    assert difference(old, new).splitlines()[3:] == [" x = 1", "-y = 2", "+y = 3"]
    assert difference(old, old) == ""


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("package", "numpy", "package numpy 1.26 → 2.0 in the step's environment"),
        ("variable", "LEVEL", "variable LEVEL 1.26 → 2.0"),
        ("container", "", "--container 1.26 → 2.0"),
        ("environment", "", "--env 1.26 → 2.0"),
        ("repository", "https://x.org/a", "repository https://x.org/a 1.26 → 2.0"),
    ],
)
def test_a_change_of_the_step_s_own_environment_is_told_with_both_states(
    kind: PartKind, name: str, words: str
) -> None:
    origin = OWN if kind == "package" else ""
    old, new = (Part(kind, name, text, text, origin) for text in ("1.26", "2.0"))
    assert reasons([old], [new]) == (words,)
