"""Functions as steps: what their conditions read."""

from __future__ import annotations

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


def test_the_module_s_names_reach_a_condition_of_a_function_that_no_module_has() -> None:
    @step(when="big(n)")
    def inner(n: int) -> int:
        return n

    assert isinstance(inner, FunctionStep)
    namespace: dict[str, object] = {}
    for piece in inner.resolve().prelude:
        exec(piece.source, namespace)
    assert eval("big(4)", namespace) is True
