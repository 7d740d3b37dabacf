"""Other names for an object, in one cell: what is done through one is a change of the other."""

from __future__ import annotations

import pytest

from tests.changes import changed, written

MADE = """%%step make
xs = [3, 1, 2]
ys = [5]
n = 3
d = {'a': [1], 'items': [1]}
table = [[1], [2]]
rows = [{'a': 1}, {'a': 2}]
pair = ([1], [2])"""
ARRAY = "%%step make\nimport numpy as np\narr = np.arange(10)"
FRAME = ["import pandas as pd", "%%step make\ndf = pd.DataFrame({'a': [1, 2, 3]})"]
BOX = "class Box:\n    def __init__(self): self.items = []\n    def get(self): return self.items"

CASES = {
    "another name": ([MADE], "b = xs\nb.append(1)", "xs b"),
    "another name, added to": ([MADE], "b = xs\nb += [1]", "xs b"),
    "another name of a number": ([MADE], "b = n\nb += 1", "b"),
    "unpacked": ([MADE], "x, y = pair\nx.append(3)\ndel x, y", "pair"),
    "an item": ([MADE], "row = table[0]\nrow.append(1)\ndel row", "table"),
    "items by number": ([MADE], "for i in range(2):\n    r = rows[i]\n    r['k'] = 1\ndel i, r", "rows"),
    "a loop": ([MADE], "for row in rows:\n    row['k'] = 1\ndel row", "rows"),
    "a numbered loop": ([MADE], "for i, row in enumerate(rows):\n    row['k'] = i\ndel i, row", "rows"),
    "a loop over two": ([MADE], "for a, b in zip(rows, xs):\n    a['k'] = b\ndel a, b", "rows"),
    "a loop over values": ([MADE], "for k, v in d.items():\n    v.append(1)\ndel k, v", "d"),
    "a comprehension": ([MADE], "[row.update(z=1) for row in rows]", "rows"),
    "a selection": ([MADE], "big = [r for r in rows if r['a'] > 1]\nbig[0]['x'] = 1\ndel big", "rows"),
    "a selection that gets longer": ([MADE], "big = [r for r in rows]\nbig.append(1)", "big"),
    "fields": ([MADE], "a = [r['a'] for r in rows]\na[0] = 5", "a"),
    "a copy": ([MADE], "a = list(xs)\na.append(1)\nb = xs[:]\nb.append(1)\nc = xs.copy()\nc.sort()", "a b c"),
    "a slice of a list": ([MADE], "a = xs[1:]\na.append(1)", "a"),
    "a sorted copy": ([MADE], "a = sorted(xs)\na.append(1)", "a"),
    "inside a copy": ([MADE], "t = table.copy()\nt[0].append(1)\ndel t", "table"),
    "in a dict": ([MADE], "c = dict(k=xs)\nc['k'].append(1)\ndel c", "xs"),
    "in a list": ([MADE], "for each in [xs, table]:\n    each.append(1)\ndel each", "xs table"),
    "in a list that gets longer": ([MADE], "c = [xs, table]\nc.append(1)", "c"),
    "put into a list": ([MADE], "c = []\nc.append(xs)\nc[0].append(1)\ndel c", "xs"),
    "put into a dict": ([MADE], "c = {}\nc['k'] = xs\nc['k'].append(1)\ndel c", "xs"),
    "a walrus": ([MADE], "if (b := xs):\n    b.append(1)\ndel b", "xs"),
    "or": ([MADE], "b = xs or []\nb.append(1)\ndel b", "xs"),
    "get": ([MADE], "v = d.get('a')\nv.append(1)\ndel v", "d"),
    "max": ([MADE], "best = max(rows, key=lambda r: r['a'])\nbest['k'] = 1\ndel best", "rows"),
    "with": (
        ["from contextlib import nullcontext", MADE], "with nullcontext(xs) as b:\n    b.append(1)\ndel b",
        "xs",
    ),
    "a sum": ([MADE], "total = 0\nfor x in xs:\n    total += x\ndel x", "total"),
    "the best so far": ([MADE], "b = xs[0]\nfor x in xs:\n    b = max(b, x)\nb += 1\ndel x", "b"),
    "a view": ([ARRAY], "view = arr[2:]\nview[0] = 99\ndel view", "arr"),
    "a reshaped view": ([ARRAY], "v = arr.reshape(2, 5)\nv[0, 0] = 7\ndel v", "arr"),
    "a selection from an array": ([ARRAY], "c = arr[arr > 3]\nc[0] = 1", "c"),
    "a sum of arrays": ([ARRAY], "c = arr * 2\nc[0] = 1", "c"),
    "an array added to under another name": ([ARRAY], "c = arr\nc += 1\ndel c", "arr"),
    "rows of a frame": (FRAME, "sub = df[df.a > 1]\nsub['b'] = 1", "sub"),
    "columns of a frame": (FRAME, "cols = ['a']\nsub = df[cols]\nsub['b'] = 1", "sub cols"),
    "a column of a frame": (FRAME, "s = df['a']\ns[0] = 5", "s"),
    "a copy of a frame": (FRAME, "c = df.copy()\nc.loc[0, 'a'] = 3", "c"),
    "groups": (FRAME, "for k, g in df.groupby('a'):\n    g['z'] = 1\ndel k, g", ""),
    "a frame under another name": (FRAME, "c = df\nc['z'] = 1\ndel c", "df"),
    "an attribute": ([BOX, "%%step make\nbox = Box()"], "xs = box.items\nxs.append(1)\ndel xs", "box"),
    "what a method gives": ([BOX, "%%step make\nbox = Box()"], "xs = box.get()\nxs.append(1)\ndel xs", "box"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "cell", "names"), CASES.values(), ids=CASES.keys())
def test_what_is_done_through_another_name_is_written(cells: list[str], cell: str, names: str) -> None:
    """The names whose values really differ afterwards, and no others, are what the step writes."""
    assert changed(cells, cell) == set(names.split())
    assert written(cells, cell) == set(names.split())
