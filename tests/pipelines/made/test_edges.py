"""Rules of parameters that steps make: who reads what then, and what is refused before a run."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jupyter_pipes.model.errors import InvalidPipeline, ParameterError
from jupyter_pipes.pipelines.declarations.reading import declare
from jupyter_pipes.pipelines.graph import Graph, build, order
from jupyter_pipes.pipelines.made.edges import Later, as_written, later_values, with_defaults, with_references
from jupyter_pipes.pipelines.made.value import text_made_of
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.parameters import Parameter, bind, from_mapping

DECLARED = declare("\nn: int = 3\ntext: str = 'a'\ndouble = n * 2\nsizes = [1]\nfree = None")
SOURCES = (
    "%%params\nn: int = 3",
    "m = n * 2",
    "def helper():\n    return m",
    "called = helper()",
    "class Kept:\n    def size(self):\n        return n",
    "%%step fit\nout = n + called, Kept",
    "%%step load\ndf = [1]",
    "%%step each --map 'k in range(n)'\ny = k",
    "%%step every --map 'k in [1, 2]'\nz = k + n",
    "%%step alone\nother = 1",
)


def graph(*sources: str) -> Graph:
    cells = [cell_from_source(f"c{number}", number, source)[0] for number, source in enumerate(sources, 1)]
    return build(cells, [parameter.spec for parameter in DECLARED[:1]])


def made(text: str, *steps: str, of: Graph | None = None) -> Graph:
    return with_references(of or graph(*SOURCES), {step: {"n": Later(text, "int")} for step in steps})


def test_who_reads_the_parameter_reads_the_output_and_waits_for_its_step() -> None:
    found = made("${load.df.rows}", "fit", "each", "every")
    for name in ("fit", "each", "every"):
        assert (found.step(name).inputs, found.step(name).parameters) == ({"df": "load"}, ())
    assert found.step("load").demanded == ("df",)
    assert order(found).index("load") < order(found).index("fit")
    assert found.step("alone") == graph(*SOURCES).step("alone")


def test_code_that_looks_at_the_parameter_when_it_runs_is_behind_it_and_other_code_is_not() -> None:
    pieces = made("${load.df.rows}", "fit").step("fit").prelude
    assert [(piece.names, piece.is_late) for piece in pieces] == [
        (("n",), True),
        (("m",), True),
        (("helper",), False),
        (("called",), True),
        (("Kept",), False),
    ]
    assert [text_made_of(piece) for piece in pieces] == ["${load.df.rows}", "", "", "", ""]


def test_an_element_of_a_map_has_it_only_if_its_code_reads_it() -> None:
    found = made("${load.df.rows}", "each", "every")
    for name, reads in (("each", ()), ("every", ("df",))):
        needs = found.step(name).element
        assert needs is not None
        assert needs.reads == reads
        names = [found.step(name).prelude[place].names for place in needs.prelude]
        assert (("n",) in names) == bool(reads)


def test_who_reads_a_metric_waits_for_its_step_which_hands_its_metrics_on() -> None:
    found = made("${load.metrics.auc}", "fit", "every")
    for name in ("fit", "every"):
        assert found.step(name).inputs == {"metrics of load": "load"}
    assert found.step("load").demanded == ("metrics of load",)
    assert as_written(found) == graph(*SOURCES)


def test_an_output_that_is_called_metrics_is_meant_by_its_name() -> None:
    of = graph("%%params\nn: int = 3", "%%step load\nmetrics = {}", "%%step fit\nout = n")
    assert made("${load.metrics.auc}", "fit", of=of).step("fit").inputs == {"metrics": "load"}


def test_other_values_are_bound_to_the_steps_as_they_were_written() -> None:
    plain = graph(*SOURCES)
    assert as_written(made("${load.df.rows}", "fit", "every", of=plain)) == plain
    assert as_written(plain) is plain
    assert with_references(plain, {"fit": {}}) is plain


@pytest.mark.parametrize(
    ("text", "step", "words"),
    [
        ("${laod.df.rows}", "fit", "${laod.df.rows}: there is no step laod; did you mean load?"),
        ("${HOME.dir}", "fit", "there is no step HOME; there are fit, load"),
        ("${load.dff}", "fit", "step load writes no dff; did you mean df?"),
        ("${alone.df}", "fit", "step alone writes no df; it writes other"),
        ("${fit.out}", "fit", "fit cannot wait for itself"),
        ("${fit.metrics.auc}", "fit", "fit cannot wait for itself"),
        ("${laod.metrics.auc}", "fit", "there is no step laod"),
        ("${each.metrics.auc}", "fit", "step each has a --map, and each of its elements metrics of its own"),
    ],
)
def test_a_reference_to_what_there_is_not_is_refused_with_the_step(text: str, step: str, words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)) as caught:
        made(text, step)
    assert caught.value.step == step


def test_of_a_default_cell_and_line_are_told() -> None:
    said = Later("${load.dff}", "", line=2, cell=1)
    with pytest.raises(ParameterError, match="cell 1, line 2: parameter n") as caught:
        with_references(graph(*SOURCES), {"fit": {"n": said}})
    assert caught.value.line == 2


def test_the_graph_shown_before_a_run_is_that_of_the_defaults() -> None:
    declared = declare("\nn = '${load.df.rows}'")
    assert with_defaults(graph(*SOURCES), declared).step("fit").inputs == {"df": "load"}
    assert with_defaults(graph(*SOURCES), declare("\nn = '${load.dff}'")) == graph(*SOURCES)
    option = graph("%%params\nn = 3", "%%step load\ndf = 1", "%%step a --retries ${params.n}\nx = 1")
    assert with_defaults(option, declared).step("a").upstream == ("load",)


def test_steps_that_would_wait_for_each_other_are_refused() -> None:
    of = graph("%%params\nn: int = 3", "%%step load\ndf = [n]", "%%step fit\nout = df")
    with pytest.raises(InvalidPipeline, match=r"load → fit → load|fit → load → fit"):
        made("${fit.out}", "load", of=of)


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (
            ("%%step load\ndf = 1", "%%step clean\ndf = 2", "%%step fit\nout = df + n"),
            "step fit reads the df of clean as well",
        ),
        (("df = 5", "%%step fit\nout = n + df", "%%step load\ndf = 1"), "the df of another cell"),
        (
            ("%%setup\nprint(n)", "%%step fit\nout = n", "%%step load\ndf = 1"),
            "runs before ${load.df} is known",
        ),
    ],
)
def test_what_the_step_could_not_tell_apart_or_would_need_earlier_is_refused(
    sources: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)):
        made("${load.df}", "fit", of=graph("%%params\nn: int = 3", *sources))


def test_what_is_said_of_parameters_is_told_apart_by_whether_steps_make_it() -> None:
    said = {"n": "${load.df.rows}", "double": 1, "text": "of ${load.df.rows}", "free": "${params.sizes}"}
    assert later_values(DECLARED, said) == {
        "n": Later("${load.df.rows}", "int"),
        "text": Later("of ${load.df.rows}", "str"),
    }
    default = from_mapping({"n": Parameter(default="${load.df}")})
    assert later_values(default, {})["n"].text == "${load.df}"
    assert not later_values(default, {"n": 5})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"n": "${load.df.rows}"},
            "parameter double: is made from n, and ${load.df.rows} is known only to steps",
        ),
        ({"text": "${load.df}", "free": "${params.text}"}, "parameter free: is made from text"),
        ({"n": "1${load.df.rows}", "double": 1}, "whether 1${load.df.rows} fits int is not told"),
        ({"free": ["${load.df}"]}, "${load.df} stands in a text, not in a collection"),
        ({"text": "${load.df}-${params.n}"}, "${load.df} and ${params.n} cannot stand in one text"),
    ],
)
def test_what_cannot_be_checked_or_is_needed_earlier_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)):
        later_values(DECLARED, said)


def test_before_a_run_such_a_value_is_unknown() -> None:
    values = bind(DECLARED, {"free": "${load.df}"})
    assert str(values["free"]) == "computed when a run starts"
