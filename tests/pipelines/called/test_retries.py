"""Rules of what `--retry-on` names: exceptions, and functions whose code is found; the rest is refused."""

from __future__ import annotations

import socket as sockets  # noqa: F401 - named in texts
from typing import Any

import pytest

from jupyter_pipes import Pipeline, step
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import ParameterSpec, Step
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source


def graph_of(*cells: str) -> Graph:
    read = [cell_from_source(f"c{n}", n, cell)[0] for n, cell in enumerate(cells, 1)]
    return build(read, [ParameterSpec("rows", "int", "3")])


def saying(name: str) -> str:
    return f"%%step a --retries 1 --retry-on {name}\nx = 1"


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("busi", ["def busy(error, attempt): ..."], "no cell defines a function busi (did you mean busy?)"),
        ("gaierror", [], "such as socket.gaierror"),
        ("busy", ["busy = 3"], "busy is no function"),
        ("busy", ["def busy(error): ..."], "it is called as busy(error, attempt)"),
        ("busy", ["busy = lambda: 1"], "it is called as busy(error, attempt)"),
        ("busy", ["%%setup\ndef busy(error): ..."], "it is called as busy(error, attempt)"),
        ("busy", ["async def busy(error, attempt): ..."], "async"),
        ("rows", [], "rows is a parameter"),
        ("rows.count", [], "rows is a parameter"),
        ("df", ["%%step b\ndf = [1]"], "df is a value of step b"),
        ("busy", ["%%step b\ndf = [1]", "def busy(e, n): return len(df)"], "busy reads df of step b"),
        ("busy", ["def busy(error, attempt): return missing"], "missing"),
        ("print", [], "print is no exception"),
        ("TimeoutError", ["def TimeoutError(error, attempt): ..."], "give the function another name"),
    ],
)
def test_what_is_neither_is_an_error_of_the_step(name: str, cells: list[str], words: str) -> None:
    problems = [each for each in graph_of(*cells, saying(name)).errors if each.code == "JP037"]
    assert [(each.step, words in each.message) for each in problems] == [("a", True)], problems


def test_a_step_that_is_another_pipeline_has_no_exception_to_ask_about() -> None:
    cells = ("def busy(error, attempt): ...", "%%step a --pipeline b.ipynb --retries 1 --retry-on busy")
    (problem,) = graph_of(*cells).errors
    assert "say it on the steps of b.ipynb" in problem.message


@pytest.mark.parametrize(
    ("name", "cells", "is_rule"),
    [
        ("ConnectionError", [], False),
        ("ConnectionError", ["%%step b\nraise ConnectionError"], False),
        ("SSLError", [], False),
        ("requests.exceptions.Timeout", [], False),
        ("Busy", ["class Busy(Exception): ..."], False),
        ("Slow", ["from requests import Timeout as Slow"], True),
        ("requests.Timeout", ["import requests"], True),
        ("policies.busy", ["import policies"], True),
        ("busy", ["from policies import busy"], True),
        ("busy", ["def busy(error, attempt, more=1): ..."], True),
        ("busy", ["busy = lambda error, attempt: True"], True),
        ("busy", ["%%setup\ndef busy(*told): ..."], True),
    ],
)
def test_what_the_notebook_has_is_looked_at_where_the_exception_is(
    name: str, cells: list[str], is_rule: bool
) -> None:
    for graph in (graph_of(*cells, saying(name)), graph_of(saying(name), *cells)):
        assert graph.diagnostics == ()
        assert list(graph.retry_rules) == ([name] if is_rule else [])


def test_a_name_that_is_nearly_an_exceptions_is_warned_of() -> None:
    (problem,) = graph_of(saying("ConectionError")).diagnostics
    assert (problem.severity, "did you mean ConnectionError?" in problem.message) == ("warning", True)


def test_naming_one_changes_nothing_of_what_the_step_is() -> None:
    def but_options(of: Step) -> object:
        return (of.body, of.pieces, of.reads, of.writes, of.imports)

    cells = ("import json", "limit = 2", "def busy(error, attempt): return json.loads('1') < limit < rows")
    (plain,) = graph_of(*cells, "%%step a\nx = 1").steps
    graph = graph_of(*cells, saying("busy"))
    assert but_options(graph.steps[0]) == but_options(plain)
    rule = graph.retry_rules["busy"]
    assert [name for piece in rule.pieces for name in piece.names] == ["json", "limit", "busy"]
    assert rule.reads == {"rows": "params"}


def busy(error: Exception, attempt: int) -> bool:
    return attempt < 3


def one(error: Exception) -> bool:
    return True


class Busy(Exception): ...


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ([busy], ["busy"]),
        ("busy", ["busy"]),
        ((busy, ValueError, Busy), ["busy"]),
        (["Busy", "KeyError", "SSLError"], []),
        ("sockets.gaierror", ["sockets.gaierror"]),
    ],
)
def test_functions_and_names_of_a_module_mean_the_same(said: Any, rules: list[str]) -> None:
    @step(retries=1, retry_on=said)
    def first() -> None: ...

    assert list(Pipeline("p", [first]).graph.retry_rules) == rules


def other() -> Any:
    def busy(error: Exception, attempt: int) -> bool:
        return False

    return busy


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("bussy", busy, "no cell defines a function bussy (did you mean busy?)"),
        ("one", busy, "one takes other arguments: it is called as one(error, attempt)"),
        (one, busy, "one takes other arguments"),
        ("sockets.nothing", busy, "has no attribute 'nothing'"),
        ("sockets.AF_INET", busy, "is no function"),
        (busy, other(), "another function busy"),
    ],
)
def test_a_function_step_that_names_neither_is_refused(first: Any, second: Any, words: str) -> None:
    @step(retry_on=first)
    def one_step() -> None: ...

    @step(retry_on=second)
    def another() -> None: ...

    with pytest.raises(UsageError) as refused:
        Pipeline("p", [one_step, another])
    assert words in str(refused.value)
