"""Sources that are nested too deeply: an error with the line; what Python runs is read."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.syntax import parsed_alone
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


def test_a_parser_that_another_thread_disturbed_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises `SystemError` then, until Python 3.11.5."""
    parse, failures = ast.parse, iter([True, True])

    def disturbed(text: str) -> ast.Module:
        if next(failures, False):
            raise SystemError("AST constructor recursion depth mismatch (before=60, after=57)")
        return parse(text)

    monkeypatch.setattr(ast, "parse", disturbed)
    assert ast.unparse(parsed_alone("x=1")) == "x = 1"


def test_threads_parse_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, parsing, others = ast.parse, list[int](), list[int]()

    def watched(text: str) -> ast.Module:
        others.extend(parsing)
        parsing.append(1)
        try:
            return parse(text)
        finally:
            parsing.pop()

    monkeypatch.setattr(ast, "parse", watched)
    source = "\n".join(f"x{each} = [{each} + 1 for _ in range({each})]" for each in range(300))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(parsed_alone, [source] * 12))
    assert others == []


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
