"""Rules of `${…}`: what a reference is, what it comes to, and how it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.steps import ParameterSpec, StepOptions
from jupyter_pipes.pipelines.declarations.reading import declare
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.parameters import Parameter, bind, from_mapping
from jupyter_pipes.pipelines.references import Reference, references, refers
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.pipelines.step_options import as_keywords, from_keywords, parse_step
from jupyter_pipes.runs.pipeline import Pipeline

CELL = """
n: int = 3
half: float = 0.5
sizes: dict = {"small": [1, 2], "large": [10]}
name = "out"
same = "${params.n}"
deep = "${params.sizes['small'][1]}"
text: str = "a ${params.n} b ${params.half}"
number: int = "1${params.n}"
plain = "costs $${n}"
later = "${params.last}"
last: list = ["${params.n}", "x"]
double = n * 2
"""
COMES_TO = {
    "same": 3,
    "deep": 2,
    "text": "a 3 b 0.5",
    "number": 13,
    "plain": "costs ${n}",
    "later": [3, "x"],
    "last": [3, "x"],
    "double": 6,
}


@pytest.mark.parametrize("name", COMES_TO)
def test_a_whole_text_keeps_the_type_and_a_part_is_formatted_into_it(name: str) -> None:
    value = bind(declare(CELL), {})[name]
    assert (type(value), value) == (type(COMES_TO[name]), COMES_TO[name])


def test_overrides_refer_as_defaults_do_and_what_they_refer_to_may_be_overridden() -> None:
    values = bind(declare(CELL), {"name": "run-${params.number}", "n": "${params.sizes.large[0]}"})
    assert (values["name"], values["n"], values["same"], values["double"]) == ("run-110", 10, 10, 20)


def test_a_default_that_is_computed_from_one_with_a_reference_is_computed_from_its_value() -> None:
    values = bind(declare("\na: int = '${params.c}'\nb: int = a + 1\nc: int = 4"), {})
    assert values == {"a": 4, "b": 5, "c": 4}
    assert list(values) == ["a", "b", "c"], "in order of declaration"


def test_parameters_in_python_refer_as_well() -> None:
    declared = from_mapping({"n": 2, "m": Parameter(int, "${params.n}"), "t": "n is ${params.n}"})
    assert bind(declared, {}) == {"n": 2, "m": 2, "t": "n is 2"}


def test_the_id_of_the_run_is_known_with_the_run() -> None:
    declared = declare("\nme = '${run.id}'\npath = 'out/${run.id}.csv'\nbeside = '${params.path}'")
    assert bind(declared, {}) == dict.fromkeys(("me", "path", "beside"), UNKNOWN)
    assert bind(declared, {}, run="R1") == {"me": "R1", "path": "out/R1.csv", "beside": "out/R1.csv"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"n": "${params.siezs}"},
            "parameter n: ${params.siezs} stands for nothing; did you mean",
        ),
        ({"n": "${run.idd}"}, "did you mean ${run.id}?"),
        ({"n": "${f(1)}"}, "${f(1)} is no reference such as ${params.n}"),
        ({"n": "${n}"}, "no reference"),
        ({"n": "${}"}, "no reference"),
        ({"n": "${params.sizes.medium}"}, "${params.sizes.medium}: there is no medium in {'small'"),
        ({"n": "${params.half.real}"}, "there is no real in 0.5"),
        ({"n": "${params.name}"}, "'out' does not fit"),
        ({"n": "${params.n}"}, "refers to itself: n → n"),
        ({"n": "${params.same}"}, "refers to itself: "),
    ],
)
def test_what_a_reference_cannot_mean_is_an_error(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)) as caught:
        bind(declare(CELL), given)
    assert caught.value.line is not None


def test_an_attribute_of_a_value_runs_no_code_of_its_class() -> None:
    class Trap:
        @property
        def price(self) -> int:
            raise AssertionError("code of a value was run")

    with pytest.raises(ParameterError, match="there is no price"):
        bind(from_mapping({"trap": Parameter(default=Trap()), "n": "${params.trap.price}"}), {})


def test_text_without_a_reference_is_left_alone() -> None:
    for text in ("$HOME", "{n}", "$ {n}", "a}b${"):
        assert not refers(text)
    assert list(references(["$${n}", {"k": "${params.n}"}])) == [Reference("params.n", "params", "n")]


# Options -----------------------------------------------------------------------------------------------

SAID = (
    '--timeout ${params.limit} --retries ${params.n} --file "${params.name}.csv" b.csv --version v${params.n}'
)


def test_an_option_with_a_reference_is_settled_by_the_values_and_keeps_what_was_said() -> None:
    options = parse_step(f"load {SAID} --tags ${{params.tags}} --memory 1G").options
    values = {"limit": "2m", "n": 3, "name": "in", "tags": ["a", "b"]}
    settled = resolved(options, values, "load")
    assert (settled.timeout, settled.retries, settled.version) == (120.0, 3, "v3")
    assert (settled.files, settled.tags, settled.memory) == (("in.csv", "b.csv"), ("a", "b"), 10**9)
    assert resolved(settled, {**values, "n": 4}, "load").version == "v4"


def test_what_was_said_is_written_as_it_was_said() -> None:
    for options in (parse_step(f"load {SAID}").options, from_keywords(retries="${params.n}")):
        assert from_keywords(**as_keywords(options)) == options
        values = {"limit": "2m", "n": 3, "name": "in"}
        assert from_keywords(**as_keywords(resolved(options, values, "load"))) == options


@pytest.mark.parametrize(
    ("line", "values", "words"),
    [
        ("--retries ${params.n}", {"n": "many"}, "--retries ${params.n}: use a whole number"),
        ("--timeout ${params.n}", {"n": UNKNOWN}, "known only when a run starts"),
    ],
)
def test_a_value_that_does_not_fit_an_option_is_refused_with_the_step(
    line: str, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as caught:
        resolved(parse_step(f"load {line}").options, values, "load")
    assert (caught.value.step, caught.value.line) == ("load", 1)


@pytest.mark.parametrize("option", ["--after a${params.n}", "--in ${params.n}", "--ignore-param ${params.n}"])
def test_what_the_graph_is_made_of_has_no_references(option: str) -> None:
    with pytest.raises(UsageError, match="the graph is made of it before there are values"):
        parse_step(f"load {option}")


def problems(graph: Graph) -> list[tuple[str, str | None, int, int]]:
    return [(each.code, each.step, each.cell, each.line) for each in graph.errors]


def test_an_option_that_refers_to_nothing_is_a_problem_at_its_line() -> None:
    sources = ("%%step a --retries ${params.m}\nx = 1", "%%step b --version ${run.id}\ny = 1")
    cells = [cell_from_source(f"c{number}", number, source)[0] for number, source in enumerate(sources, 1)]
    graph = build(cells, [ParameterSpec("n", "", "1")])
    assert problems(graph) == [("JP034", "a", 1, 1), ("JP034", "b", 2, 1)]
    assert "did you mean ${params.n}?" in graph.errors[0].message


def test_a_declaration_that_cannot_be_read_is_told_alone(pipeline_of: Callable[..., Pipeline]) -> None:
    wrong = "%%params\nn: int = 3\nimport os"
    made = pipeline_of(
        wrong, "%%step a --retries ${params.n}\nx = 1", "%%step b --retries ${params.m}\ny = 1"
    )
    assert [(problem.code, problem.step) for problem in made.problems()] == [("JP031", None), ("JP034", "b")]


def test_nothing_is_said_of_references_where_there_are_none() -> None:
    assert from_keywords(retries=2) == StepOptions(retries=2)
