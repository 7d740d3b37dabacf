"""Functions as steps: what their conditions read."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.functions import FunctionStep, step

LIMIT = 3


def big(value: int) -> bool:
    return value > LIMIT


@step(when="big(rows) and size < LIMIT")
def train(size: int) -> int:
    score = 2 * size
    score += 1
    return score


@step
def rows() -> None:
    """It is called what an output is called."""


def test_a_condition_reads_the_pipeline_but_for_the_names_of_the_function_s_module() -> None:
    resolved = train.resolve()
    assert set(resolved.reads) == {"size", "rows"}
    assert resolved.body == "score = train(size=size)"
    assert {name for piece in resolved.prelude for name in piece.names} == {"train", "big", "LIMIT"}


@step(repeat_while="big(score) and score < LIMIT + tries", at_most=3)
def repeat(score: int) -> int:
    score += 1
    return score


def test_what_a_function_leaves_is_there_when_it_is_asked_whether_to_repeat() -> None:
    resolved = repeat.resolve()
    assert set(resolved.reads) == {"score", "tries"}
    assert {name for piece in resolved.prelude for name in piece.names} == {"repeat", "big", "LIMIT"}


def test_a_function_is_no_script() -> None:
    with pytest.raises(UsageError, match=r"bash is for cells: a function calls subprocess.run"):
        step(bash=True)(train.function)


def test_an_element_of_a_function_that_repeats_has_what_asks_for_it() -> None:
    each = step(map="n in range(LIMIT)", repeat_while="big(score)", at_most=3)(repeat.function).resolve()
    assert each.element is not None
    pieces = [each.prelude[place] for place in each.element.prelude]
    assert [name for piece in pieces for name in piece.names] == ["repeat", "big"]


def test_the_module_s_names_reach_a_condition_of_a_function_that_no_module_has() -> None:
    @step(when="big(n)")
    def inner(n: int) -> int:
        return n

    assert isinstance(inner, FunctionStep)
    namespace: dict[str, object] = {}
    for piece in inner.resolve().prelude:
        exec(piece.source, namespace)
    assert eval("big(4)", namespace) is True
