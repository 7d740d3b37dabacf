"""What a `--map` may say, and the expression that it comes to."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.mapping.clauses import check_clause, element_names, elements_code


@pytest.mark.parametrize(
    ("clauses", "elements"),
    [
        (["x in xs"], [(1,), (2,)]),
        (["x in xs if x > 1"], [(2,)]),
        (["key, value in pairs.items()"], [("a", 3)]),
        (["(key, value) in pairs.items()  # with a comment"], [("a", 3)]),
        (["x in xs", "y in 'ab'"], [(1, "a"), (1, "b"), (2, "a"), (2, "b")]),
        (["x in xs", "y in range(x)"], [(1, 0), (2, 0), (2, 1)]),
    ],
)
def test_a_step_is_run_for_what_the_loops_of_a_comprehension_give(
    clauses: list[str], elements: list[tuple[object, ...]]
) -> None:
    for clause in clauses:
        assert check_clause(clause) == clause
    assert list(eval(elements_code(clauses), {"xs": [1, 2], "pairs": {"a": 3}})) == elements


@pytest.mark.parametrize(
    "clause",
    [
        "",
        "x",
        "x of xs",
        "x in",
        "x.y in xs",
        "x[0] in xs",
        "*xs in ys",
        "x in xs for y in ys",
        "x in xs] + [1",
    ],
)
def test_anything_else_is_refused_with_what_is_meant(clause: str) -> None:
    with pytest.raises(ValueError, match="x in xs"):
        check_clause(clause)


def test_an_element_has_the_names_of_all_loops_each_once() -> None:
    assert element_names(["a, b in xs", "b in ys", "c in zs"]) == ("a", "b", "c")
