"""What a decorator's call runs: what it decorates or nothing of it, and not its wrapper."""

from __future__ import annotations

import ast

import pytest

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.effects.summaries import Environment, updated
from jupyter_pipes.analysis.effects.wrappers import runs_at_once, without_wrappers

WRAPPER = "def deco(f):\n    def wrapper(x):\n        log.append(x)\n        return f(x)\n"
FACTORY = "def on(name):\n    def wrap(f):\n        table[name] = f\n        return f\n    return wrap"


def test_a_wrapper_that_is_only_returned_is_left_out() -> None:
    made = ast.unparse(
        without_wrappers(ast.parse(f"{WRAPPER}    wrapper.calls = 0\n    return wrapper").body[0])
    )
    assert "log" not in made
    assert "calls" in made


@pytest.mark.parametrize(
    "source",
    [
        f"{WRAPPER}    wrapper(1)\n    return wrapper",
        f"{WRAPPER}    return list(map(wrapper, [1]))",
        FACTORY,
        "class A: pass",
    ],
)
def test_what_the_call_may_run_stays(source: str) -> None:
    """It is called inside, handed to others, or a factory's decorator, which runs at the definition."""
    node = ast.parse(source).body[0]
    assert without_wrappers(node) is node


RUN = "def run(f):\n    f()\n    return f"


@pytest.mark.parametrize(
    ("earlier", "decorator", "is_at_once"),
    [
        (RUN, "run", True),
        ("", "interact(n=3)", True),
        ("", "widgets.interact(n=3)", True),
        ("", "lru_cache", False),
        (f"{WRAPPER}    return wrapper", "deco", False),
        (FACTORY, "on('a')", False),
        (RUN, "property", False),
    ],
)
def test_a_function_runs_at_once_where_a_decorator_calls_it(
    earlier: str, decorator: str, is_at_once: bool
) -> None:
    names = analyze(earlier)
    known = updated(Environment(), names.writes, names.leaves)
    assert runs_at_once(ast.parse(f"@{decorator}\ndef main(): pass").body[0], known) is is_at_once
