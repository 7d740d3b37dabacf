"""Sources that are nested too deeply: an error with the line; what Python runs is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import pytest

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.planning.signing.code_digests import code_digest

BEFORE = "v = 1\nf = len\n"


def _chain(levels: int) -> str:
    return "if v == 0:\n  x = 0\n" + "".join(f"elif v == {each}:\n  x = {each}\n" for each in range(levels))


DEEP: Mapping[str, Callable[[int], str]] = {
    "elif": _chain,
    "sum": lambda levels: "x = " + " + ".join("1" * levels),
    "attributes": lambda levels: "x = v" + ".real" * levels,
    "calls": lambda levels: "x = f" + "()" * levels,
    "minus": lambda levels: "x = " + "-" * levels + "1",
    "not": lambda levels: "x = " + "not " * levels + "1",
    "lambda": lambda levels: "x = " + "lambda: " * levels + "1",
    "choices": lambda levels: "x = " + "1 if v else " * levels + "1",
    "powers": lambda levels: "x = " + "1 ** " * levels + "1",
    "items": lambda levels: "x = v" + "[0]" * levels,
}


LEVELS = dict.fromkeys(DEEP, 1500) | {"attributes": 20_000, "minus": 50_000}


@pytest.mark.parametrize("kind", DEEP)
def test_too_deep_is_an_error_that_names_the_line(kind: str) -> None:
    source = BEFORE + DEEP[kind](LEVELS[kind]) + "\ny = 2\n"
    (problem,) = analyze(source).diagnostics
    assert (problem.code, problem.line, "nested" in problem.message) == ("JP001", 3, True)
    assert tree_of(source) is None
    assert code_digest(source) != code_digest(f"{source}z = 1")


@pytest.mark.parametrize("kind", DEEP)
def test_what_python_runs_is_read(kind: str) -> None:
    limit = sys.getrecursionlimit()
    step = Cell("a", 1, "step", "%%step a\n" + BEFORE + DEEP[kind](900), "a")
    plain = Cell("b", 2, "code", (BEFORE + DEEP[kind](899)).replace("x", "z"))
    reader = Cell("c", 3, "step", "%%step b\ny = x, z", "b")
    graph = build([step, plain, reader])
    assert graph.errors == ()
    assert set(graph.step("a").writes) == {"f", "v", "x"}
    assert sys.getrecursionlimit() == limit
