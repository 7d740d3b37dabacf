"""Functions and methods of libraries that change what they are given, held against running them."""

from __future__ import annotations

import pytest

from tests.changes import changed, written

MADE = "%%step make\nxs = [3, 1, 2, 7, 5, 9]\nd = {'a': 1}\nh = [1, 2, 3]"
ARRAY = "%%step make\nimport numpy as np\na, b, c = np.zeros((3, 3)), np.ones((3, 3)), -np.arange(30)"
ITERATORS = "%%step make\nit = iter([1, 2, 3])\nsteps = map(str, [1, 2, 3])\npairs = zip([1, 2], [3, 4])"
GENERATORS = (
    "import random\nimport numpy as np",
    "%%step make\nrng = np.random.default_rng(1)\nsource = np.random.default_rng(2)\nr = random.Random(2)",
)
GRAPH = "%%step make\nimport networkx as nx\nG = nx.path_graph(3)"
FRAME = ("import pandas as pd", "%%step make\ntable = pd.DataFrame({'a': [2, 1], 'b': [1.0, None]})")

CASES = {
    "append, displayed": ([MADE], "xs.append(1)", "xs"),
    "sort, displayed": ([MADE], "xs.sort()", "xs"),
    "sorted, displayed": ([MADE], "sorted(xs)", ""),
    "count, displayed": ([MADE], "xs.count(1)", ""),
    "pop": ([MADE], "last = xs.pop()", "xs last"),
    "setdefault": ([MADE], "x = d.setdefault('k', [])", "d x"),
    "del item": ([MADE], "del xs[0]", "xs"),
    "slice": ([MADE], "xs[:] = [1]", "xs"),
    "unbound": ([MADE], "list.append(xs, 3)\ndict.update(d, b=1)", "xs d"),
    "operator": (["import operator", MADE], "operator.setitem(xs, 0, 9)\noperator.iadd(h, [1])", "xs h"),
    "shuffle": (["import random", MADE], "random.seed(1)\nrandom.shuffle(xs)", "xs"),
    "heap": (["import heapq", MADE], "heapq.heappush(h, 0)\ns = heapq.heappop(xs)", "h xs s"),
    "heap, looked at": (["import heapq", MADE], "s = heapq.nsmallest(1, h)", "s"),
    "insort": (["from bisect import insort", MADE], "insort(h, 0)", "h"),
    "dump": (["import json, io", MADE], "json.dump(d, io.StringIO())", ""),
    "next": ([ITERATORS], "v = next(it)", "it v"),
    "a loop over an iterator": ([ITERATORS], "for v in it:\n    break\ndel v", "it"),
    "a list of an iterator": ([ITERATORS], "v = list(it)\nw = ''.join(steps)", "it steps v w"),
    "a comprehension over an iterator": ([ITERATORS], "v = [a for a, b in pairs]", "pairs v"),
    "a generator draws": ([*GENERATORS], "x = rng.normal()\ny = source.integers(3)", "rng source x y"),
    "a generator shuffles": ([*GENERATORS, MADE], "r.shuffle(xs)\n1", "r xs"),
    "a helper draws": ([*GENERATORS, "def noise(g): return g.normal()"], "x = noise(source)", "source x"),
    "a distribution draws": (
        [*GENERATORS, "from scipy import stats"], "x = stats.norm.rvs(random_state=source)", "source x"
    ),
    "add.at": ([ARRAY], "np.add.at(a, 0, 1)", "a"),
    "copyto": ([ARRAY], "np.copyto(a, b)", "a"),
    "out": ([ARRAY], "e = np.add(b, b, out=a)\ndel e", "a"),
    "fill_diagonal": ([ARRAY], "np.fill_diagonal(a, 1)", "a"),
    "put": ([ARRAY], "np.put(a, [0], 5)", "a"),
    "array sort": ([ARRAY], "c.sort()", "c"),
    "array looked at": ([ARRAY], "a.mean()\na.sum(axis=0)\na.reshape(9)\nnp.sort(c)", ""),
    "flat": ([ARRAY], "a.flat[0] = 9", "a"),
    "node attributes": ([GRAPH], "nx.set_node_attributes(G, {0: 1}, 'c')", "G"),
    "edge attributes": ([GRAPH], "nx.set_edge_attributes(G, 1, 'w')", "G"),
    "relabelled in place": ([GRAPH], "nx.relabel_nodes(G, {0: 'a'}, copy=False)", "G"),
    "an edge": ([GRAPH], "G.add_edge(1, 7)", "G"),
    "drop in place": ([*FRAME], "table.drop(columns='b', inplace=True)", "table"),
    "insert": ([*FRAME], "table.insert(0, 'n', 1)", "table"),
    "pop of a frame": ([*FRAME], "x = table.pop('b')", "table x"),
    "loc": ([*FRAME], "table.loc[0, 'a'] = 9", "table"),
    "columns": ([*FRAME], "table.columns = ['y', 'z']", "table"),
    "name of the index": ([*FRAME], "table.index.name = 'q'", "table"),
}  # fmt: skip

LOOKING = (
    "head()", "describe()", "sort_values('a')", "dropna()", "a.mean()", "groupby('a').size()", "info()",
    "isna().sum()",     "corr()", "a.value_counts()", "merge(table)", "query('a > 1')", "plot()",
    "assign(c=1)", "T", "nlargest(1, 'a')",
    "pivot_table(index='a')", "melt()", "rename(columns={'a': 'c'})", "astype(float)", "eq(1)", "a.clip(1)",
)  # fmt: skip


@pytest.mark.parametrize(("cells", "cell", "names"), CASES.values(), ids=CASES.keys())
def test_what_calls_of_libraries_change_is_written_by_their_step(
    cells: list[str], cell: str, names: str
) -> None:
    """The names whose values really differ afterwards, and no others, are what the step writes."""
    assert changed(cells, cell) == set(names.split())
    assert written(cells, cell) == set(names.split())


@pytest.mark.parametrize("call", LOOKING)
def test_a_look_at_a_frame_changes_nothing(call: str) -> None:
    """Displayed or not."""
    for cell in (f"table.{call}", f"table.{call}\n1", f"table.{call};"):
        assert written(FRAME, cell) == set(), cell
