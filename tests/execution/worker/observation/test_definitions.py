"""State that definitions hold: what running code left in classes and functions."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.analysis.states import state_of
from jupyter_pipes.execution.worker.observation.definitions import Definitions
from jupyter_pipes.storage.serializers.holdings import Gone

CHANGED = [
    ("class A:\n    n = 0", "A.n += 1", "A", {"n": 1}),
    ("class A:\n    n: int = 0\n    m = 1", "A.n = 0.0", "A", {"n": 0.0}),
    ("class A:\n    made = []\n    def __init__(self):\n        A.made.append(1)", "A()", "A", {"made": [1]}),
    (
        "class A:\n    m = 1\n    @classmethod\n    def to(cls, x):\n        cls.m = x",
        "A.to(2)",
        "A",
        {"m": 2},
    ),
    ("class A:\n    n = 0", "del A.n", "A", {"n": Gone.GONE}),
    ("class A:\n    def f(self, x, seen=[]):\n        seen.append(x)", "A().f(1)", "A", {"f/seen=": [1]}),
    ("def f(x, seen=[]):\n    seen.append(x)", "f(1)", "f", {"seen=": [1]}),
    ("def f(x, *, seen={}):\n    seen[x] = 1", "f(1)", "f", {"seen=": {1: 1}}),
    ("def f():\n    f.calls = getattr(f, 'calls', 0) + 1", "f()", "f", {"calls": 1}),
    (
        "def made():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n    return f\nf = made()",
        "f()",
        "f",
        {"n in closure": 1},
    ),
    (
        "class D(dict):\n    def __get__(self, x, kind=None):\n        self['n'] = 1\nclass A:\n    x = D()",
        "A().x",
        "A",
        {"x": {"n": 1}},
    ),
]
SAME = [
    ("class A:\n    n = 0\n    names = ['a']", "A().n = 5"),
    ("class A:\n    n = 0\n    n = n + 1", "A()"),
    ("class A:\n    made = object()\n    def f(self): pass", "A().f()"),
    ("def f(a, b=1, *c, d=2, **e): pass", "f(1, 5, d=6)"),
    ("import functools\n@functools.lru_cache\ndef f(x): return x", "f(1)"),
    ("class A:\n    n = 0", "A = None"),
]


def begun(source: str, name: str, changes: dict[str, Any] | None = None) -> tuple[Definitions, Any]:
    """Return the definitions of an attempt that begins, and its namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    state = state_of(name)
    if changes is not None:
        namespace[state] = changes
    definitions = Definitions([state, "x"], namespace)
    definitions.begin()
    return definitions, namespace


@pytest.mark.parametrize(("source", "act", "name", "changes"), CHANGED)
def test_what_a_definition_holds_otherwise_is_its_state(
    source: str, act: str, name: str, changes: dict[str, Any]
) -> None:
    definitions, namespace = begun(source, name)
    exec(act, namespace)
    assert definitions.states() == {state_of(name): changes}
    assert definitions.changed == [state_of(name)]


@pytest.mark.parametrize(("source", "act", "name", "changes"), CHANGED)
def test_a_later_step_goes_on_from_the_state_and_hands_it_on(
    source: str, act: str, name: str, changes: dict[str, Any]
) -> None:
    definitions, _ = begun(source, name, changes)
    assert definitions.states() == {state_of(name): changes}


@pytest.mark.parametrize(("source", "act"), SAME)
def test_a_definition_that_is_as_its_code_says_has_an_empty_state(source: str, act: str) -> None:
    name = "A" if "class" in source else "f"
    definitions, namespace = begun(source, name)
    exec(act, namespace)
    assert definitions.states() == {state_of(name): {}}
    assert definitions.changed == []


def test_what_cannot_be_stored_and_was_made_when_it_was_asked_for_is_left_to_each_step() -> None:
    source = "import threading\nclass A:\n    lock = None\n    n = 0"
    definitions, namespace = begun(source, "A")
    exec("A.lock = threading.Lock()\nA.n = 1", namespace)
    assert definitions.states() == {state_of("A"): {"n": 1}}
    assert "lock" in definitions.left_out[0]
