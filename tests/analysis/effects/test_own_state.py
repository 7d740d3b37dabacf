"""Which definitions change what they hold themselves, by their text."""

from __future__ import annotations

import ast

import pytest

from jupyter_pipes.analysis.effects.own_state import ancestors, changes_itself, runs_for_subclasses


def definition(source: str) -> ast.stmt:
    return ast.parse(source).body[0]


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    n = 0\n    def __init__(self):\n        A.n += 1",
        "class A:\n    n = 0\n    def __init__(self):\n        type(self).n += 1",
        "class A:\n    n = 0\n    def __init__(self):\n        self.__class__.n = 1",
        "class A:\n    @classmethod\n    def use(cls, n):\n        cls.n = n",
        "class A:\n    table = {}\n    @classmethod\n    def put(cls, k):\n        cls.table[k] = 1",
        "class A:\n    all = []\n    def __init__(self):\n        self.all.append(self)",
        "class A:\n    ids = count()\n    def __init__(self):\n        self.id = next(self.ids)",
        "class A:\n    def __new__(cls):\n        cls.only = super().__new__(cls)\n        return cls.only",
        "class A:\n    def add(self, x, seen=[]):\n        seen.append(x)",
        "def f(x, memory=[]):\n    memory.append(x)",
        "def f(x, *, counts={}):\n    counts[x] = 1",
        "def f(x, memory=[]):\n    memory += [x]",
        "def f():\n    f.calls += 1",
        "def f():\n    setattr(f, 'calls', 1)",
    ],
)
def test_a_definition_that_assigns_or_changes_what_it_holds_changes_itself(source: str) -> None:
    assert changes_itself(definition(source))


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    n = 0\n    def __init__(self):\n        self.n += 1",
        "class A:\n    def __init__(self):\n        self.x = []\n    def a(self):\n        self.x.append(1)",
        "class A:\n    xs = []\n    def __init__(self):\n        self.xs = []\n        self.xs.append(1)",
        "class A:\n    n = 0\n    def show(self):\n        return A.n + self.n",
        "def f(x, memory=None):\n    memory = memory or []\n    memory.append(x)",
        "def f(xs, options={}):\n    return options.get(xs)",
        "def f(xs):\n    xs.append(1)",
        "x = f.calls",
    ],
)
def test_what_belongs_to_an_object_or_a_caller_is_no_state_of_the_definition(source: str) -> None:
    assert not changes_itself(definition(source))


def test_code_that_runs_for_subclasses_stands_in_a_hook_or_a_metaclass() -> None:
    assert runs_for_subclasses(definition("class A:\n    def __init_subclass__(cls): all.append(cls)"))
    assert runs_for_subclasses(definition("class M(type):\n    def __init__(cls, *a): all.append(cls)"))
    assert not runs_for_subclasses(definition("class A:\n    def __init__(self): pass"))
    assert not runs_for_subclasses(definition("def __init_subclass__(cls): pass"))


def test_the_metaclass_is_an_ancestor() -> None:
    assert ancestors(definition("class A(B, c.D, metaclass=M): pass")) == {"B", "M"}
