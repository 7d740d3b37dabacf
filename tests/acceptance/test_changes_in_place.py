"""Changes in place, functions that see globals, sentinels: what one kernel has, the pipeline has as well."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import NewProject

CASES = {
    "a lambda sees a global that a later step binds": (
        [
            "%%step one\nrate = 1\nprice = lambda x: x * rate",
            "%%step two\nrate = 100",
            "%%step three\nr = price(2)",
        ],
        {"r": 200},
    ),
    "a closure does": (
        [
            "%%step one\nrate = 1\ndef make(n):\n    def price(x): return x * rate * n\n    return price",
            "%%step made\nprice = make(3)",
            "%%step two\nrate = 100",
            "%%step three\nr = price(2)",
        ],
        {"r": 600},
    ),
    "functions in a dict do": (
        [
            "%%step one\nrate = 1\ntools = {'price': lambda x: x * rate}",
            "%%step more\ntools['half'] = lambda x: x * rate / 2",
            "%%step two\nrate = 100",
            "%%step three\nr = tools['price'](2), tools['half'](2)",
        ],
        {"r": (200, 100.0)},
    ),
    "a method does": (
        [
            "rate = 1",
            "%%step one\nclass Shop:\n    def price(self, x):\n        return x * rate\nshop = Shop()",
            "%%step two\nrate = 100",
            "%%step three\nr = shop.price(2)",
        ],
        {"r": 200},
    ),
    "through a helper": (
        [
            "%%step one\nrate = 1\nprice = lambda x: x * rate",
            "def total(xs):\n    return sum(price(x) for x in xs)",
            "%%step two\nrate = 100",
            "%%step three\nr = total([1, 2])",
        ],
        {"r": 300},
    ),
    "a function that was bound before is called by one from a later step": (
        [
            "%%step one\ndouble = lambda x: 2 * x",
            "%%step two\ntwice = lambda x: double(double(x))",
            "%%step three\ndouble = lambda x: 3 * x",
            "%%step four\nr = twice(1)",
        ],
        {"r": 9},
    ),
    "the step's own binding counts": (
        ["%%step one\nrate = 1\nprice = lambda x: x * rate", "%%step two\nrate = 5\nr = price(2)"],
        {"r": 10},
    ),
    "two names for a list": (
        ["%%step make\na = [1]\nb = a", "%%step change\nb.append(2)", "%%step use\nn = len(a), a is b"],
        {"n": (2, True)},
    ),
    "a list in a dict": (
        [
            "%%step make\na = [1]\nd = {'k': a}",
            "%%step change\nd['k'].append(2)",
            "%%step more\na.append(3)",
            "%%step use\nn = len(a), len(d['k'])",
        ],
        {"n": (3, 3)},
    ),
    "a figure and its axes": (
        [
            "import matplotlib.pyplot as plt",
            "%%step make\nfig, ax = plt.subplots()",
            "%%step draw\nax.plot([1, 2], [3, 4])\nax.set_title('speed')",
            "%%step look\nlines, title = len(fig.axes[0].lines), fig.axes[0].get_title()",
        ],
        {"lines": 1, "title": "speed"},
    ),
    "a sentinel is itself": (
        [
            "MISSING = object()",
            "%%step one\nrows = [1, MISSING, 3]",
            "%%step two\nn = sum(row is MISSING for row in rows)",
        ],
        {"n": 1},
    ),
    "a sentinel of a class of its own": (
        [
            "class Missing:\n    pass\n_MISSING = Missing()",
            "%%step one\nrows = {'a': _MISSING}",
            "def is_there(x):\n    return x is not _MISSING",
            "%%step two\nthere = is_there(rows['a'])",
        ],
        {"there": False},
    ),
    "a registry that a decorator fills": (
        [
            "plugins = {}\ndef plugin(name):\n    def add(function):\n        plugins[name] = function\n"
            "        return function\n    return add",
            "@plugin('double')\ndef double(x):\n    return 2 * x",
            "@plugin('half')\ndef half(x):\n    return x / 2",
            "%%step use\nr = {name: function(3) for name, function in plugins.items()}",
        ],
        {"r": {"double": 6, "half": 1.5}},
    ),
    "a generic function": (
        [
            "from functools import singledispatch\n@singledispatch\ndef show(x):\n    return 'any'",
            "@show.register\ndef _(x: int):\n    return 'int'",
            "@show.register(list)\ndef _(x):\n    return 'list of ' + show(x[0])",
            "%%step use\nr = show(1), show([1]), show('a')",
        ],
        {"r": ("int", "list of int", "any")},
    ),
    "subclasses": (
        [
            "class Shape:\n    pass",
            "def names():\n    return sorted(c.__name__ for c in Shape.__subclasses__())",
            "class Circle(Shape):\n    pass",
            "class Square(Shape):\n    pass",
            "%%step use\nr = names()",
        ],
        {"r": ["Circle", "Square"]},
    ),
    "a method that is given to a class later": (
        [
            "class Point:\n    def __init__(self, x):\n        self.x = x",
            "def moved(self):\n    return Point(self.x + 1)\nPoint.moved = moved",
            "%%step make\np = Point(1)",
            "%%step use\nr = p.moved().x",
        ],
        {"r": 2},
    ),
}


@pytest.mark.parametrize(("cells", "values"), CASES.values(), ids=CASES.keys())
def test_values_are_those_of_one_kernel(
    project: NewProject, cells: list[str], values: dict[str, object]
) -> None:
    """Each notebook's values by hand; the second run takes all from before."""
    study = project(*cells)
    run = study.run()
    assert {name: run[name] for name in values} == values
    study.run()
    assert study.ran() == []
