"""Rules of functions that steps name: their code is found, what could not be called is told before a run."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes import Pipeline, step
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import ParameterSpec, Step
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source

STEP = "%%step a --before f\nx = 1"


def graph_of(*cells: str) -> Graph:
    read = [cell_from_source(f"c{n}", n, cell)[0] for n, cell in enumerate(cells, 1)]
    return build(read, [ParameterSpec("rows", "int", "3")])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["def g(step, params): ...", STEP], "no cell defines a function f; there are g"),
        (["f = 3", STEP], "f is no function"),
        (["def f(step): ...", STEP], "it is called as f(step, params)"),
        (["f = lambda step, params, more: 1", STEP], "it is called as f(step, params)"),
        (["def f(step, *, params): ...", STEP], "it is called as f(step, params)"),
        (["async def f(step, params): ...", STEP], "async"),
        (["%%step b\nf = print", STEP], "a value of step b"),
        (["%%step b\ndf = [1]", "def f(step, params): return len(df)", STEP], "f reads df of step b"),
        (["def f(step, params): return missing", STEP], "missing"),
    ],
)
def test_what_could_not_be_called_is_an_error_of_the_step(cells: list[str], words: str) -> None:
    problems = [each for each in graph_of(*cells).errors if each.code == "JP037"]
    assert [(each.step, words in each.message) for each in problems] == [("a", True)], problems


@pytest.mark.parametrize(
    "cell",
    [
        "def f(step, params): ...",
        "def f(step, params, more=1): ...",
        "def f(*told): ...",
        "from functools import partial\nf = partial(print, 1)",
        "import functools\n@functools.cache\ndef f(a): ...",
        "from elsewhere import f",
        "f = lambda step, params: False",
    ],
)
def test_what_can_be_called_or_is_not_in_sight_is_none(cell: str) -> None:
    assert graph_of(cell, STEP).errors == ()
    assert graph_of(STEP, cell).errors == (), "also from a cell below"


def test_what_calls_it_has_the_code_that_it_reaches_and_reads_parameters_alone() -> None:
    cells = ("import json", "limit = 2", "def f(step, params): return json.loads('1') < limit < rows", STEP)
    callback = graph_of(*cells).callbacks["f"]
    assert [name for piece in callback.prelude for name in piece.names] == ["json", "limit", "f"]
    assert callback.reads == {"rows": "params"}


def test_naming_one_changes_nothing_of_what_the_step_is() -> None:
    cells = ("def f(step, params): ...", "def g(step): ...")

    def but_options(of: Step) -> object:
        return (of.body, of.pieces, of.reads, of.writes, of.imports)

    plain = graph_of(*cells, "%%step a\nx = 1").steps[0]
    (naming,) = graph_of(*cells, "%%step a --before f --after-done g\nx = 1").steps
    assert but_options(naming) == but_options(plain)


def look(step: Any, params: Any) -> None: ...


def other() -> Any:
    def look(step: Any, params: Any) -> bool:
        return False

    return look


def test_functions_and_names_of_a_module_mean_the_same() -> None:
    @step(before=look)
    def first() -> None: ...

    @step(before="look")
    def second() -> None: ...

    pipeline = Pipeline("p", [first, second])
    assert list(pipeline.graph.callbacks) == ["look"]
    assert [each.options.before for each in pipeline.graph.steps] == [("look",), ("look",)]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("nowhere", look, "has no function nowhere"),
        ("STEP", look, "STEP is no function"),
        ("graph_of", "test_functions_and_names_of_a_module_mean_the_same", "takes other arguments"),
        (look, other(), "another callback look"),
    ],
)
def test_a_function_step_whose_callbacks_do_not_fit_is_refused(first: Any, second: Any, words: str) -> None:
    @step(before=first)
    def one() -> None: ...

    @step(before=second)
    def two() -> None: ...

    with pytest.raises(UsageError) as refused:
        Pipeline("p", [one, two])
    assert words in str(refused.value)
