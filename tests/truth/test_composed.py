"""Notebooks that hypothesis composes: aliases, views, helpers, methods, iterators, rebinding, `del`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import MakePipeline
from tests.truth.plain import PlainServer
from tests.truth.test_table import outcome

pytestmark = pytest.mark.slow

HELPERS = """\
import numpy as np

class Box:
    def __init__(self, items):
        self.items = items
        self.count = 0
    def put(self, item):
        self.items.append(item)
        self.count += 1
        return len(self.items)

def grow(xs, by=1):
    xs.append(by)
    return len(xs)

def grow_through(xs):
    return grow(xs, 7)

def put_all(box, *items):
    for item in items:
        box.put(item)

def same(x):
    return x

def scale(array):
    array *= 2
"""
START = """\
a, b = [1], [2, 3]
n, m = 1, 2
u = np.arange(4)
v = u[1:]
p, q = Box([0]), Box(a)
i = iter([1, 2, 3, 4, 5])
"""

LISTS, NUMBERS, ARRAYS, BOXES = (st.sampled_from(names) for names in ("ab", "nm", "uv", "pq"))
TEMPLATES = (
    "{a} = {b}",
    "{a} = list({b})",
    "{a} = [len({b})]",
    "{a}.append({n})",
    "{a} += [{n}]",
    "{n} = {a}.pop() if len({a}) > 1 else 0",
    "{a}.sort()",
    "{n} = grow({a})",
    "grow({a}, {n})",
    "{n} = grow_through({a}) + 1",
    "{a} = same({b})",
    "{a}[0] = {n}",
    "{n} = sum({a})",
    "{n} += {m}",
    "{n}, {m} = {m}, {n}",
    "{p} = {q}",
    "{p} = Box({a})",
    "{p}.put({n})",
    "{n} = {p}.put({m})",
    "put_all({p}, 1, 2)",
    "{p}.items = {a}",
    "{n} = {p}.count",
    "{a} = {p}.items",
    "{u} = {v}[::-1]",
    "{u} = {v}.copy()",
    "{u}[0] = 9",
    "{u} += 1",
    "scale({u})",
    "{n} = int({u}.sum())",
    "{n} = next(i, 0)",
    "{a} = [x for x in {b} if x]",
    "for x in {a}:\n    {n} = x",
    "if {n} > 1:\n    {a} = [0]",
    "del {a}\n{a} = [{n}]",
)


@st.composite
def statements(draw: st.DrawFn) -> str:
    names = {
        "a": LISTS,
        "b": LISTS,
        "n": NUMBERS,
        "m": NUMBERS,
        "p": BOXES,
        "q": BOXES,
        "u": ARRAYS,
        "v": ARRAYS,
    }
    return draw(st.sampled_from(TEMPLATES)).format(**{name: draw(values) for name, values in names.items()})


CELLS = st.lists(st.lists(statements(), min_size=1, max_size=3).map("\n".join), min_size=2, max_size=5)


@given(cells=CELLS)
@settings(
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_composed_cells_give_as_a_pipeline_what_they_give_plainly(
    pipeline_of: MakePipeline, plain_server: PlainServer, tmp_path: Path, cells: list[str]
) -> None:
    problems = outcome(pipeline_of, plain_server, (HELPERS, START, *cells))
    assert not problems, "\n".join(problems)
