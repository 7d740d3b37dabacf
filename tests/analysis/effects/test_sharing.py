"""Names of earlier cells that hold one object: a change through one is a change of the other."""

from __future__ import annotations

import pytest

from tests.changes import changed, written

CASES = {
    "one list": (["%%step make\na = [1]\nb = a"], "b.append(2)", "a b"),
    "one list, bound at once": (["%%step make\na = b = [1]"], "a.append(2)", "a b"),
    "bound later": (["%%step make\na = [1]", "%%step more\nb = a"], "a.append(2)", "a b"),
    "bound later, the other way": (["%%step make\na = [1]", "%%step more\nb = a"], "b.append(2)", "a b"),
    "three": (["%%step make\na = [1]", "%%step more\nb = a", "%%step most\nc = b"], "c.append(2)", "a b c"),
    "a list in a list": (["%%step make\na = [1]\nb = [a]"], "a.append(2)", "a b"),
    "a list in a list, from outside": (["%%step make\na = [1]\nb = {'k': a}"], "b['k'].append(2)", "a b"),
    "put into it": (["%%step make\na = [1]\nb = []\nb.append(a)"], "a.append(2)", "a b"),
    "a row of a table": (["%%step make\nt = [[1], [2]]\nrow = t[0]"], "row.append(2)", "t row"),
    "in plain cells": (["a = [1]", "b = a"], "b.append(2)", "a b"),
    "an array and its view": (
        ["import numpy as np", "%%step make\na = np.arange(9)\nb = a[2:]"], "a[3] = 100", "a b"
    ),
    "two lists": (["%%step make\na = [1]\nb = list(a)"], "b.append(2)", "b"),
    "no longer one": (["%%step make\na = [1]\nb = a", "%%step more\nb = [1]"], "b.append(2)", "b"),
    "numbers": (["%%step make\na = 1\nb = a"], "b += 1", "b"),
    "numbers in a list": (["%%step make\na = 1\nb = [a]"], "b.append(2)", "b"),
    "a number of a list": (["%%step make\na = [1, 2]\nb = a[0]"], "a.append(2)", "a"),
    "fields of rows": (["%%step make\nt = [{'a': 1}]\nb = [r['a'] for r in t]"], "t.append(2)", "t"),
    "a frame and its column": (
        ["import pandas as pd", "%%step make\ndf = pd.DataFrame({'a': [1]})\ns = df['a']"], "s[0] = 5", "s"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "cell", "names"), CASES.values(), ids=CASES.keys())
def test_a_change_of_one_is_a_change_of_the_other(cells: list[str], cell: str, names: str) -> None:
    """The names whose values really differ afterwards, and no others, are what the step writes."""
    assert changed(cells, cell) == set(names.split())
    assert written(cells, cell) == set(names.split())


def test_a_figure_and_its_axes_are_changed_together() -> None:
    cells = ["import matplotlib.pyplot as plt", "%%step make\nfig, ax = plt.subplots()"]
    assert written(cells, "ax.plot([1], [2])") == {"fig", "ax"}
    assert written(cells, "fig.suptitle('speed')") == {"fig", "ax"}
    assert written(cells, "ax.get_title()\nfig.savefig('a.png')") == set()
