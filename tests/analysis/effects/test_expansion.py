"""What helpers, methods and functions as values do to what they are handed, held against running Python."""

from __future__ import annotations

import pytest

from tests.changes import changed, written

ACCOUNT = """
class Account:
    def __init__(self, balance=100):
        self.balance = balance
        self.log = []
    def deposit(self, amount):
        self.balance += amount
    def withdraw(self, amount):
        self.balance -= amount
        return self.balance
    def note(self, text):
        self._add(text)
    def _add(self, text):
        self.log.append(text)
    def report(self):
        return f"{self.balance}"
"""
SAVINGS = "class Savings(Account):\n    def pay(self):\n        super().deposit(3)"
COUNTER = """
class Counter:
    def __init__(self):
        self.n = 0
        self._half = None
    @property
    def following(self):
        self.n += 1
        return self.n
    @property
    def half(self):
        if self._half is None:
            self._half = self.n / 2
        return self._half
    @property
    def value(self):
        return self.n
    @value.setter
    def value(self, n):
        self.n = n
    def __call__(self, x):
        self.n += x
        return self.n
    def __enter__(self):
        self.n += 1
        return self
    def __exit__(self, *_):
        pass
    def __iadd__(self, n):
        self.n += n
        return self
    def __setitem__(self, _, n):
        self.n = n
    @staticmethod
    def fill(xs):
        xs.append(1)
    @classmethod
    def fill_too(cls, xs):
        xs.append(1)
"""
TRIE = """
class Trie:
    def __init__(self):
        self.root = {}
    def add(self, word):
        node = self.root
        for letter in word:
            node = node.setdefault(letter, {})
    def find(self, word):
        node = self.root
        for letter in word:
            node = node.get(letter)
            if node is None:
                return False
        return True
"""
BANK = """
class Bank:
    def __init__(self):
        self.accounts = {}
    def open(self, name):
        self.accounts[name] = Account()
    def find(self, name):
        return self.accounts[name]
"""
LOGGED = """
calls = []
def logged(function):
    def wrapper(*args):
        calls.append(function.__name__)
        return function(*args)
    return wrapper
"""
WRAPPED = """
import functools
def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper
"""
ADD = "def add(xs, x=1):\n    xs.append(x)"
LISTS = "%%step make\nxs = [3, 1, 2]\nys = [5]\nrows = [{'a': 1}, {'a': 2}]\nn = 3"
MADE = "%%step make\naccount = Account()\nsavings = Account()"

CASES = {
    # helpers
    "argument": ([ADD, LISTS], "add(xs)\n1", "xs"),
    "argument, displayed": ([ADD, LISTS], "add(xs)", "xs"),
    "argument by name": ([ADD, LISTS], "add(x=2, xs=ys)", "ys"),
    "argument, value used": ([ADD + "\n    return len(xs)", LISTS], "k = add(xs)", "xs k"),
    "helper of a helper": ([ADD, "def twice(zs):\n    add(zs)\n    add(zs)", LISTS], "twice(xs)", "xs"),
    "helper defined behind its caller": (["def twice(zs):\n    add(zs)", ADD, LISTS], "twice(xs)", "xs"),
    "helper of a tagged cell": (["%%step tools\n" + ADD, LISTS], "add(xs)", "xs"),
    "helper of the cell": ([LISTS], ADD + "\nadd(xs)", "xs"),
    "star": (["def add(*args):\n    args[0].append(args[1])", LISTS], "add(xs, 3)", "xs"),
    "two stars": (["def add(**names):\n    names['to'].append(1)", LISTS], "add(to=xs)", "xs"),
    "star of the caller": ([ADD, LISTS], "add(*(xs, 3))", "xs"),
    "default": (
        ["def add(x, to=None):\n    to = [] if to is None else to\n    to.append(x)\n    return to", LISTS],
        "r = add(3)\ns = add(3, xs)",
        "r s xs",
    ),
    "recursion": (
        ["def double(t):\n    t['v'] *= 2\n    for kid in t['kids']: double(kid)",
         "%%step make\ntree = {'v': 1, 'kids': [{'v': 2, 'kids': []}]}"],
        "double(tree)",
        "tree",
    ),
    "recursion that looks": (
        ["def total(t):\n    return t['v'] + sum(total(kid) for kid in t['kids'])",
         "%%step make\ntree = {'v': 1, 'kids': [{'v': 2, 'kids': []}]}"],
        "n = total(tree)",
        "n",
    ),
    "global": (["seen = []", "def note(x):\n    seen.append(x)"], "note(1)\nz = 3", "seen z"),
    "global through another": (
        ["seen = []", "def note(x):\n    seen.append(x)", "def both(x):\n    note(x)\n    return x"],
        "z = both(1)",
        "seen z",
    ),
    "column": (
        ["import pandas as pd\ndef clean(df):\n    df['y'] = df['x'] * 2\n    return df",
         "%%step make\ndata = pd.DataFrame({'x': [1, 2]})"],
        "data2 = clean(data)",
        "data data2",
    ),
    "column of a copy": (
        ["import pandas as pd\ndef clean(df):\n    df = df.copy()\n    df['y'] = 1\n    return df",
         "%%step make\ndata = pd.DataFrame({'x': [1, 2]})"],
        "data2 = clean(data)\ndata2['z'] = 2",
        "data2",
    ),
    "swapped": (["def swap(a, i, j):\n    a[i], a[j] = a[j], a[i]", LISTS], "swap(xs, 0, 1)", "xs"),
    "sorted copy": (
        ["def bubble(a):\n    a = list(a)\n    a[0], a[1] = a[1], a[0]\n    return a", LISTS],
        "b = bubble(xs)",
        "b",
    ),
    "a number is added to": (["def f(n):\n    n += 1\n    return n", LISTS], "m = f(n)", "m"),
    "an array is scaled": (
        ["import numpy as np\ndef scale(a):\n    a *= 2", "%%step make\narr = np.arange(3)"],
        "scale(arr)",
        "arr",
    ),
    "an array is scaled and given back": (
        ["import numpy as np\ndef scale(a):\n    a *= 2\n    return a", "%%step make\narr = np.arange(3)"],
        "b = scale(arr)",
        "arr b",
    ),
    "an inner function": (["def f(a):\n    def g(x):\n        a.append(x)\n    g(1)", LISTS], "f(xs)", "xs"),
    "an inner function's argument": (
        ["def f(a):\n    def g(b):\n        b.append(1)\n    g(a)", LISTS], "f(xs)", "xs"
    ),
    "a function that is given back": (
        ["def f():\n    def g(b):\n        b.append(1)\n    return g", LISTS], "f()(xs)", "xs"
    ),
    "what it gives is its argument": (
        ["def same(x):\n    return x", LISTS], "z = same(xs)\nz.append(1)", "xs z"
    ),
    # functions as values
    "map": (["def fix(r):\n    r['b'] = 1\n    return r", LISTS], "out = list(map(fix, rows))", "rows out"),
    "map that looks": (["def get(r):\n    return r['a']", LISTS], "out = list(map(get, rows))", "out"),
    "a function that calls what it is handed": (
        ["def apply(f, x):\n    return f(x)", ADD, LISTS], "apply(add, xs)", "xs"
    ),
    "a lambda for it": (
        ["def apply(f, x):\n    return f(x)", LISTS], "apply(lambda b: b.append(3), xs)", "xs"
    ),
    "a named lambda": (["add = lambda b: b.append(1)", LISTS], "add(xs)", "xs"),
    "partial": (["from functools import partial", ADD, LISTS], "f = partial(add, xs)\nf(3)\ndel f", "xs"),
    "a table of functions": ([ADD, "tools = {'a': add}", LISTS], "tools['a'](xs)", "xs"),
    "a loop over functions": ([ADD, LISTS], "for tool in [add]:\n    tool(xs)\ndel tool", "xs"),
    "decorated, the decorator notes": (
        [LOGGED, "@logged\ndef size(xs):\n    return len(xs)", LISTS], "k = size(xs)", "calls k"
    ),
    "decorated, the function changes": ([WRAPPED, "@wrapped\n" + ADD, LISTS], "add(xs)", "xs"),
    # methods
    "method, displayed": ([ACCOUNT, MADE], "account.deposit(5)", "account"),
    "method, value used": ([ACCOUNT, MADE], "left = account.withdraw(10)", "account left"),
    "method that looks": ([ACCOUNT, MADE], "account.report()\ntext = account.report()\n1", "text"),
    "method through another": ([ACCOUNT, MADE], "account.note('x')", "account"),
    "inherited": ([ACCOUNT, SAVINGS, "%%step make\ns = Savings()"], "s.deposit(3)\nt = 1", "s t"),
    "super": ([ACCOUNT, SAVINGS, "%%step make\ns = Savings()"], "s.pay()", "s"),
    "method of the class": ([ACCOUNT, MADE], "Account.deposit(account, 3)", "account"),
    "method as a value": ([ACCOUNT, MADE], "list(map(account.deposit, [1, 2]))", "account"),
    "method under a name": ([ACCOUNT, MADE], "pay = account.deposit\npay(3)\ndel pay", "account"),
    "property that counts": ([COUNTER, "%%step make\nc = Counter()"], "y = c.following", "c y"),
    "property that looks": ([COUNTER, "%%step make\nc = Counter()"], "y = c.value", "y"),
    "property with a setter": ([COUNTER, "%%step make\nc = Counter()"], "c.value = 5", "c"),
    "call": ([COUNTER, "%%step make\nc = Counter()"], "y = c(3)", "c y"),
    "with": ([COUNTER, "%%step make\nc = Counter()"], "with c:\n    y = 1", "c y"),
    "added to": ([COUNTER, "%%step make\nc = Counter()"], "c += 1", "c"),
    "item": ([COUNTER, "%%step make\nc = Counter()"], "c['a'] = 1", "c"),
    "static method": ([COUNTER, LISTS], "Counter.fill(xs)", "xs"),
    "class method": ([COUNTER, LISTS], "Counter.fill_too(xs)", "xs"),
    "part of a part": ([TRIE, "%%step make\nt = Trie()"], "t.add('abc')", "t"),
    "part of a part, looked at": ([TRIE, "%%step make\nt = Trie()"], "t.find('abc')\nr = t.find('a')", "r"),
    "object of an object": (
        [ACCOUNT, BANK, "%%step make\nbank = Bank()\nbank.open('x')"], "bank.find('x').deposit(5)", "bank"
    ),
    "object of an object, under a name": (
        [ACCOUNT, BANK, "%%step make\nbank = Bank()\nbank.open('x')"],
        "a = bank.find('x')\na.deposit(3)",
        "bank a",
    ),
    "object of an object, looked at": (
        [ACCOUNT, BANK, "%%step make\nbank = Bank()\nbank.open('x')"], "b = bank.find('x').balance", "b"
    ),
    "what a constructor does to its argument": (
        ["class Node:\n    def __init__(self, parent):\n        parent.append(type(self).__name__)", LISTS],
        "node = Node(xs)\ndel node",
        "xs",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "cell", "names"), CASES.values(), ids=CASES.keys())
def test_what_calls_change_is_written_by_their_step(cells: list[str], cell: str, names: str) -> None:
    """The names whose values really differ afterwards, and no others, are what the step writes."""
    assert changed(cells, cell) == set(names.split())
    assert written(cells, cell) == set(names.split())


def test_a_property_that_fills_a_cache_of_its_own_changes_nothing() -> None:
    assert written([COUNTER, "%%step make\nc = Counter()"], "h = c.half") == {"h"}


def test_a_definition_changes_nothing_until_it_is_called() -> None:
    cells = ["seen = []", "%%step tools\ndef note(x):\n    seen.append(x)"]
    assert written(cells[:1], cells[1].partition("\n")[2]) == set()
    assert written(cells, "note(1)") == {"seen"}


def test_a_name_that_is_bound_anew_is_no_longer_the_helper_of_that_name() -> None:
    assert written([ADD, LISTS, "def add(xs):\n    return len(xs)"], "k = add(xs)") == {"k"}


def test_functions_that_call_each_other_for_ever_are_followed_to_an_end() -> None:
    ping = (
        "def ping(xs, n):\n    pong(xs, n - 1)\ndef pong(ys, n):\n    ys.append(n)\n    if n: ping([ys], n)"
    )
    assert written([ping, LISTS], "ping(xs, 2)") == {"xs"}
