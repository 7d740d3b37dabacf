"""State that definitions hold: what running code left in classes and functions."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.execution.worker.observation.definitions import changed_definitions

CHANGED = [
    ("class A:\n    n = 0", "A.n += 1", ["A.n"]),
    ("class A:\n    n: int = 0\n    m = 1", "A.n = 0.0", ["A.n"]),
    ("class A:\n    made = []\n    def __init__(self):\n        A.made.append(self)", "A()", ["A.made"]),
    (
        "class A:\n    rate = 1\n    @classmethod\n    def to(cls, x):\n        cls.rate = x",
        "A.to(2)",
        ["A.rate"],
    ),
    (
        "class A:\n    kinds = dict()\n    def __init_subclass__(cls):\n        A.kinds[1] = cls",
        "class B(A): pass",
        ["A.kinds"],
    ),
    ("def f(x, seen=[]):\n    seen.append(x)", "f(1)", ["the default of seen in f"]),
    ("def f(x, *, seen={}):\n    seen[x] = 1", "f(1)", ["the default of seen in f"]),
    ("def f():\n    f.calls = getattr(f, 'calls', 0) + 1", "f()", ["f.calls"]),
]
SAME = [
    ("class A:\n    n = 0\n    names = ['a']", "A().n = 5"),
    ("class A:\n    n = 0\n    n = n + 1", "A()"),
    ("class A:\n    made = object()\n    def f(self): pass", "A().f()"),
    ("def f(a, b=1, *c, d=2, **e): pass", "f(1, 5, d=6)"),
    ("import functools\n@functools.lru_cache\ndef f(x): return x", "f(1)"),
    ("%matplotlib inline\ndef f(): pass", "pass"),
    ("class A:\n    n = 0", "A = None"),
]


def after(source: str, act: str) -> list[str]:
    namespace: dict[str, Any] = {}
    exec(source.removeprefix("%matplotlib inline\n"), namespace)
    exec(act, namespace)
    return changed_definitions([source], namespace)


@pytest.mark.parametrize(("source", "act", "changed"), CHANGED)
def test_state_that_a_definition_took_on_is_told(source: str, act: str, changed: list[str]) -> None:
    assert after(source, act) == changed


@pytest.mark.parametrize(("source", "act"), SAME)
def test_a_definition_that_is_as_its_code_says_is_not(source: str, act: str) -> None:
    assert after(source, act) == []
