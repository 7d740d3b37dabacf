"""What definitions hold besides their code is told by name, and given to them again."""

from __future__ import annotations

from enum import Enum, Flag
from typing import Any

import pytest

from jupyter_pipes.storage.serializers.definitions import fingerprint
from jupyter_pipes.storage.serializers.holdings import Gone, held, hold, remember

CODE = """
class Item:
    count = 0
    def add(self, x, memory=[]):
        memory.append(x)

def call(x, first=1, *, last=2):
    return x

def kept(f):
    results = []
    def wrapper(x):
        results.append(f(x))
    return wrapper

@kept
def square(x, seen=()):
    return x
"""


@pytest.fixture
def made() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(CODE, namespace)
    return namespace


def test_what_a_definition_holds_is_told_by_name(made: dict[str, Any]) -> None:
    """Attributes, defaults and closures; of its methods and of functions inside it as well."""
    assert held(made["Item"])["count"] == 0
    assert held(made["Item"])["add/memory="] == []
    assert held(made["call"]) == {"first=": 1, "last=": 2}
    square = held(made["square"])
    assert square["results in closure"] == []
    assert square["f/seen="] == ()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("Item", {"count": 3, "new": "x"}),
        ("Item", {"add/memory=": [1], "add/calls": 2}),
        ("call", {"first=": 5, "last=": 6, "style": "dark"}),
        ("square", {"results in closure": [1], "f/seen=": (1,)}),
    ],
)
def test_a_definition_holds_what_it_is_given(
    made: dict[str, Any], name: str, changes: dict[str, object]
) -> None:
    hold(made[name], changes)
    assert held(made[name]).items() >= changes.items()


def test_what_is_gone_is_taken_away(made: dict[str, Any]) -> None:
    made["call"].style = "dark"
    hold(made["call"], {"style": Gone.GONE})
    hold(made["Item"], {"count": Gone.GONE, "missing": Gone.GONE})
    assert not hasattr(made["call"], "style")
    assert not hasattr(made["Item"], "count")


def test_enums_hold_nothing_that_changes() -> None:
    class Colour(Enum):
        RED = 1

    class Right(Flag):
        READ = 1

    assert held(Colour) == held(Right) == {}


def test_a_remembered_definition_stays_the_same_whatever_it_holds(made: dict[str, Any]) -> None:
    """Values that name it are of the class that the reader has, whatever a step changed in it before."""
    for name, changes in {"Item": {"count": 3.5, "add": len}, "call": {"first=": "x"}}.items():
        remember(made[name])
        mark = fingerprint(made[name])
        hold(made[name], changes)
        assert fingerprint(made[name]) == mark
