"""Rules of the edges that references in options make, and of those that stand for nothing."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.steps import ParameterSpec
from jupyter_pipes.pipelines.graph import Graph, build, order, with_options
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.pipelines.selection import select

PARAMETERS = [ParameterSpec("n", "", "1")]


def graph_of(*sources: str) -> Graph:
    cells = [cell_from_source(f"c{number}", number, source)[0] for number, source in enumerate(sources, 1)]
    return build(cells, PARAMETERS)


LOAD = "%%step load\ndf = limit = 1"


def test_a_reference_makes_an_edge_and_its_output_is_kept() -> None:
    graph = graph_of(LOAD, "%%step a --timeout ${load.limit} --tags of-${load.df.rows}\nx = 1")
    assert graph.step("a").upstream == ("load",)
    assert graph.step("a").inputs == {}, "its code reads nothing of it"
    assert graph.step("a").only_after == ("load",)
    assert graph.step("load").demanded == ("df", "limit")
    assert select(graph, ["a"]).steps == ("load", "a")
    assert select(graph, [], only=["a"]).taken == ("load",)


def test_a_step_whose_metrics_are_referred_to_keeps_them() -> None:
    graph = graph_of(LOAD, "%%step a --retries ${load.metrics.tries}\nx = 1")
    assert graph.step("load").writes == ("df", "limit", "metrics of load")
    assert graph.step("load").demanded == ("metrics of load",)


def test_edges_may_go_backwards_but_not_in_a_circle() -> None:
    graph = graph_of("%%step a --timeout ${b.y}\nx = 1", "%%step b\ny = 1")
    assert (order(graph), graph.errors) == (("b", "a"), ())
    with pytest.raises(InvalidPipeline):
        order(graph_of("%%step a --timeout ${b.y}\nx = 1", "%%step b\ny = x"))


@pytest.mark.parametrize(
    ("made", "error", "words"),
    [
        ("${laod.df}", UsageError, r"--retries \$\{params\.n\}: .* no step laod; did you mean load\?"),
        ("${a.x}", UsageError, "is known when a has ended, and its options before"),
        ("${b.y}", InvalidPipeline, "→"),
    ],
)
def test_what_a_parameter_is_made_from_is_checked_where_only_an_option_reads_it(
    made: str, error: type[Exception], words: str
) -> None:
    graph = graph_of(LOAD, "%%step a --retries ${params.n}\nx = 1", "%%step b\ny = x")
    options = resolved(graph.step("a").options, {"n": UNKNOWN}, "a", {"n": made})
    with pytest.raises(error, match=words):
        with_options(graph, {"a": options})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("${laod.df}", "${laod.df} stands for nothing; there is no step laod; did you mean load?"),
        ("${load.d}", "${load.d} stands for nothing; step load writes no d; did you mean df?"),
        ("${b.x.rows}", "${b.x.rows} is known when b has ended, and its options before"),
        ("${zzz.q}", "there is no step zzz; there are load, each, b, prep, ${params.n}"),
        ("${each.metrics.auc}", "step each has a --map, and each of its elements metrics of its own"),
        ("${prep.metrics.auc}", "step prep is another pipeline, and its steps have metrics of their own"),
    ],
)
def test_what_stands_for_nothing_is_a_problem_at_its_line(said: str, words: str) -> None:
    each = '%%step each --map "k in range(2)"\nz = k'
    nested = "%%step prep --pipeline other.ipynb --out w"
    graph = graph_of(LOAD, each, f"%%step b --timeout {said}\nx = 1", nested)
    (problem,) = graph.errors
    assert (problem.code, problem.step, problem.cell, problem.line) == ("JP034", "b", 3, 1)
    assert words in problem.message
