"""What random cells really change, by aliases, helpers, methods and iterators, is among what they write."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.changes import changed, written

HELPERS = """
def add(xs, x):
    xs.append(x)
    return xs
def last(xs):
    return xs[-1]
def both(f, xs, ys):
    f(xs, 1)
    return ys
def twice(xs):
    add(xs, 1)
    return add(xs, 2)
def copied(xs):
    xs = list(xs)
    xs.append(3)
    return xs
class Stack:
    def __init__(self, items):
        self.items = items
        self.count = 0
    def push(self, x):
        self._count()
        self.items = [*self.items, x]
        return self
    def _count(self):
        self.count += 1
    def top(self):
        return self.items[-1]
"""
MADE = """%%step make
a = [[1], [2]]
b = [[3], [4]]
c = [a, [5]]
s = Stack([1])
it = iter([1, 2, 3, 4, 5, 6, 7])"""
LISTS = ("a", "b", "c", "x", "y")

lists = st.sampled_from(LISTS)
simple = st.one_of(
    st.builds("x = {}".format, lists),
    st.builds("y = {}[0]".format, lists),
    st.builds("x, y = {}, {}".format, lists, lists),
    st.builds("x = [{}, {}]".format, lists, lists),
    st.builds("x = add({}, [0])".format, lists),
    st.builds("add({}, [0])".format, lists),
    st.builds("x = last({})".format, lists),
    st.builds("x = both(add, {}, {})".format, lists, lists),
    st.builds("twice({})".format, lists),
    st.builds("x = copied({})".format, lists),
    st.builds("x = list({})".format, lists),
    st.builds("{}.append([9])".format, lists),
    st.builds("{}[0] = [8]".format, lists),
    st.builds("{} += [[7]]".format, st.sampled_from(("x", "y", "a"))),
    st.builds("list.append({}, [6])".format, lists),
    st.builds("for each in {}:\n    each.append(5)".format, st.sampled_from(("a", "b"))),
    st.builds("{}.pop()".format, st.sampled_from(("a", "b"))),
    st.just("s.push(1)"),
    st.just("t = s\nt.push(2)"),
    st.just("n = s.push(1).top()"),
    st.just("n = s.top()"),
    st.just("n = next(it)"),
    st.just("n = [i for i, _ in zip(it, a)]"),
)


@settings(max_examples=60)
@given(st.lists(simple, min_size=1, max_size=6), st.lists(simple, min_size=0, max_size=2))
@example(["x = add(a, [0])"], ["y = c[0]"])
def test_what_is_really_changed_is_known(lines: list[str], before: list[str]) -> None:
    """Every name whose value differs afterwards is written by the step; what only counted loops is none."""
    more = "%%step more\nx = y = []\n" + "\n".join(before)
    cells, cell = [HELPERS, MADE, more], "\n".join(lines)
    try:
        really = changed(cells, cell)
    except Exception:  # whatever a random program raises: there is nothing to hand on then
        return
    assert really - {"each"} <= written(cells, cell)
