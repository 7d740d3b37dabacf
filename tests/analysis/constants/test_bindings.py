"""Rules of statements: names that constants, known imports and enumerations bind are told."""

from __future__ import annotations

import datetime
import enum
from typing import Any

import pytest

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.bindings import bound_by
from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant
from jupyter_pipes.analysis.notebook.statements import statements


def bound(source: str, *local: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for statement in statements(source):
        names |= bound_by(statement, {**known.BUILTINS, **names}, lambda module: module in local)
    return names


def test_constants_are_told_in_order() -> None:
    source = "A = 2\nB: int = A * 3\nC, D = A, [B]\nA += 1\nE = F = A"
    assert bound(source) == {"A": 3, "B": 6, "C": 2, "D": [6], "E": 3, "F": 3}


@pytest.mark.parametrize(
    "source",
    [
        "x = open('door')",
        "x = unknown.value",
        "def x(): return 1",
        "import numpy as x",
        "from numpy import pi as x",
        "from datetime import datetime_CAPI as x",
        "if len('a'):\n    x = 1",
        "for x in [1]: pass",
        "x = [1]\nx += [2]",
        "x = {}\nx['a'] = 1",
        "class x: pass",
        "def date(*a): open('door')\nx = date(2024, 1, 1)",
    ],
)
def test_what_only_running_tells_is_unknown(source: str) -> None:
    assert bound(source)["x"] is UNKNOWN


def test_imports_have_the_names_that_the_notebook_gives_them() -> None:
    names = bound("from datetime import date as d\nimport datetime as t\nx = d(2024, 1, 1) + t.timedelta(1)")
    assert names["x"] == datetime.date(2024, 1, 2)


def test_a_module_beside_the_notebook_hides_pythons() -> None:
    assert bound("import decimal\nx = decimal.Decimal(1)", "decimal")["x"] is UNKNOWN
    assert bound("from os.path import join\nx = join('a', 'b')", "os")["x"] is UNKNOWN


ENUM = "from enum import Enum, IntEnum, auto, unique\n"


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ("class C(Enum):\n    'doc'\n    A = 1\n    B = 'b'", {"A": 1, "B": "b"}),
        ("class C(str, Enum):\n    A = 'a'", {"A": "a"}),
        ("class C(IntEnum):\n    A = auto()\n    B = A + 5", {"A": 1, "B": 6}),
        ("@unique\nclass C(Enum):\n    A = 1\n    def label(self): return open('door')", {"A": 1}),
        ("class C(Enum):\n    A = 1\n    def __str__(self): return 'one'", {"A": 1}),
    ],
)
def test_enumerations_have_the_members_that_are_constants(body: str, members: dict[str, Any]) -> None:
    made = bound(ENUM + body)["C"]
    assert {member.name: member.value for member in made} == members
    assert (made.__module__, made.__qualname__) == ("__main__", "C")


@pytest.mark.parametrize(
    "body",
    [
        "class C(Enum):\n    A = open('door')",
        "class C(Enum):\n    A = 1\n    def __init__(self, x): open('door')",
        "class C(Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, x): open('door')",
        "class C(Enum, boundary=1):\n    A = 1",
        "@print\nclass C(Enum):\n    A = 1",
        "class C(Base):\n    A = 1",
        "class C(Enum):\n    print('door')\n    A = 1",
    ],
)
def test_other_enumerations_are_unknown(body: str) -> None:
    assert bound(ENUM + body)["C"] is UNKNOWN


def test_how_a_member_looks_is_unknown_where_a_method_says_it() -> None:
    looks = "class C(Enum):\n    A = 1\n    def __str__(self): return 'one'\n"
    names = bound(f"{ENUM}{looks}x = f'{{C.A}}'\ny = C.A.value")
    assert (names["x"], names["y"]) == (UNKNOWN, 1)
    with pytest.raises(NotConstant):
        str(names["C"].A)
    assert isinstance(names["C"], enum.EnumMeta)
