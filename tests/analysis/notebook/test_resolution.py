"""What is kept of a notebook between two looks at it: never anything that a fresh look would not give."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from jupyter_pipes.model.steps import ParameterSpec
from jupyter_pipes.pipelines.declarations.cells import read
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.notebook import cell_from_source

POOL = [
    "x = 1",
    "y = x + 1",
    "def f(v):\n    return v + x",
    "def g(v):\n    return f(v) * y",
    "import math",
    "import math as f",
    "print = 3",
    "x = b",
    "xs.append(2)",
    "%%params\nx = 5",
    "%%params\nn = 2\nm = n",
    "%%params\nn = undefined",
    "%%setup\ny = 7",
    "%%setup\nz = g(n)",
    "%%step a\na = f(n)",
    "%%step a --append\na = a + m",
    "%%step b\nb = a + x\nprint(b)",
    "%%step b\nif n:\n    b = g(1)",
    "%%step c --in a --out q\nq = a + b",
    "%%step c\nxs = [a]\ndef f(v):\n    return v",
    "%%step d --after nobody a\nxs.append(f(y))\nd = missing",
    "%%step d\nmath.tau = 3\nfor i in xs:\n    d = b",
    "%%step e --after d --out-file made.txt\ne = z",
    "%%step late --file made.txt\nlate = [e, q, d]\ndel e",
    "%%step syntax\n(",
    "class K:\n    items = []",
    "%%step k\nk = [K()]",
    "%%step changed\ntype(k[0]).items.append(a)",
    "%%step items\nitems = K.items, k",
    "from __future__ import annotations",
    "import logging\nlog = logging.getLogger('a')",
    "%%step log\nlog.setLevel(10)\nlogging.root.level = 3",
    "%%step shared\nimport logging\nown = logging.getLogger('b')\nown.setLevel(10)",
    "%%step again\nown.setLevel(20)\nlog.info('')",
    "import random\nrandom.seed(x)",
    "%%step draw\ndraw = random.random()",
]


def graph_of(sources: Sequence[str], *, in_file: bool = False) -> Graph:
    cells = [cell_from_source(f"id-{source}", place, source)[0] for place, source in enumerate(sources, 1)]
    return build(cells, [parameter.spec for parameter in read(cells)[0]], in_file=in_file)


@pytest.mark.parametrize("in_file", [True, False])
@pytest.mark.parametrize("seed", range(10))
def test_edits_in_any_order_leave_what_a_fresh_look_finds(seed: int, in_file: bool) -> None:
    chance = random.Random(seed)
    sources = chance.sample(POOL, 12)
    for _ in range(40):
        place = chance.randrange(len(sources) + 1)
        match chance.choice(["insert", "append", "replace", "delete", "swap"]):
            case "insert":
                sources.insert(place, chance.choice(POOL))
            case "append":
                sources.append(chance.choice(POOL))
            case "swap":
                sources[-3:] = reversed(sources[-3:])
            case "delete":
                del sources[place : place + 1]
            case _:
                sources[place : place + 1] = [chance.choice(POOL)]
        seen = graph_of(sources, in_file=in_file)
        graph_of([], in_file=in_file)
        assert seen == graph_of(sources, in_file=in_file), sources


@pytest.mark.parametrize("seed", range(4))
def test_a_last_cell_that_is_taken_away_leaves_nothing(seed: int) -> None:
    first = random.Random(seed).sample(POOL, 8)
    behind = [source for source in POOL if source.startswith("%%step") and source not in first]
    graph_of([])
    fresh = [graph_of(first), graph_of([*first, *behind])]
    for last in POOL:
        graph_of([*first, last])
        assert graph_of(first) == fresh[0], last
        graph_of([*first, last])
        assert graph_of([*first, *behind]) == fresh[1], last


def test_parameters_from_elsewhere_and_broken_declarations_count_wherever_they_stand() -> None:
    cells = [cell_from_source("a", 1, "%%step a\na = n")[0]]
    broken = cell_from_source("n", 2, "%%params\nn = undefined")[0]
    declared = [ParameterSpec("n", "int", "1")]
    for parameters, more, owners in [
        ([], [], {}),
        (declared, [], {"n": "params"}),
        ([], [], {}),
        ([], [broken], {"n": "params"}),
        ([], [], {}),
    ]:
        assert build([*cells, *more], parameters).step("a").reads == owners
