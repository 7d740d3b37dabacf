"""The notebook's definitions come back as the reader's own where those are the same, else by value."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WRITE = """
{definitions}
import sys, msgspec
from jupyter_pipes.storage.artifacts import ArtifactStore
value = {value}
print(msgspec.json.encode(ArtifactStore(sys.argv[1]).put("value", value)).decode())
"""

READ = """
{definitions}
import sys, msgspec
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.model.results import ArtifactRef
value = ArtifactStore(sys.argv[1]).get(msgspec.json.decode(sys.argv[2], type=ArtifactRef))
{check}
"""


def python(source, *arguments):
    return subprocess.run(
        [sys.executable, "-c", source, *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def hand_over(tmp_path):
    """Return a function that stores `value` in one process and checks it in another."""

    def hand_over(definitions, value, readers_definitions, check):
        wrote = python(WRITE.format(definitions=definitions, value=value), str(tmp_path))
        assert wrote.returncode == 0, wrote.stderr
        read = python(
            READ.format(definitions=readers_definitions, check=check), str(tmp_path), wrote.stdout.strip()
        )
        assert read.returncode == 0, read.stderr

    return hand_over


PLAIN_CLASS = """
class Account:
    'What somebody has.'
    rate = 0.5
    made = 0
    names = []
    def __init__(self, amount):
        self.amount = amount
        Account.made += 1
        self.names.append(amount)
    def interest(self):
        'Doc.'
        return self.amount * self.rate
    @property
    def double(self):
        return [x * 2 for x in [self.amount]][0]
    @staticmethod
    def zero():
        return Account(0)
    @classmethod
    def one(cls):
        return cls(1)
"""

DATACLASS = """
from dataclasses import dataclass, field
import functools
@dataclass(order=True)
class Item:
    name: str
    tags: list = field(default_factory=list)
    size: int = 3
    @functools.cached_property
    def upper(self):
        return self.name.upper()
"""

ENUM = """
import enum
class Colour(enum.Enum):
    RED = 1
    BLUE = 'b'
    def other(self):
        return Colour.BLUE if self is Colour.RED else Colour.RED
class Way(enum.Flag):
    A = 1
    B = 2
"""

NAMED = """
from typing import NamedTuple, Generic, TypeVar
from collections import namedtuple
T = TypeVar("T")
class Point(NamedTuple):
    x: int
    y: int = 0
    def norm(self):
        return abs(self.x) + abs(self.y)
Pair = namedtuple("Pair", "a b")
class Box(Generic[T]):
    def __init__(self, item: T) -> None:
        self.item = item
class Outer:
    class Inner:
        def __init__(self): self.x = 1
"""

FAMILY = """
import abc, math
def area_of(r):
    return math.pi * r * r
class Shape(abc.ABC):
    __slots__ = ("r",)
    @abc.abstractmethod
    def area(self): ...
class Circle(Shape):
    def __init__(self, r):
        super().__init__()
        self.r = r
    def area(self):
        return area_of(self.r)
    def grown(self):
        return Circle(self.r + 1)
"""

EXCEPTION = """
class Sad(ValueError):
    def __init__(self, text, code):
        super().__init__(text, code)
        self.code = code
"""

CASES = {
    "class": (
        PLAIN_CLASS,
        "[Account(4), Account(5)]",
        "a = value[0]; assert (a.interest(), a.double, a.zero().amount, a.one().amount) == (2, 8, 0, 1)",
        "Account",
        "value[0]",
    ),
    "dataclass": (
        DATACLASS,
        "{'i': Item('a', ['t'])}",
        "i = value['i']; assert (i.name, i.tags, i.size, i.upper) == ('a', ['t'], 3, 'A')\n"
        "assert i == type(i)('a', ['t'])",
        "Item",
        "value['i']",
    ),
    "enum": (
        ENUM,
        "(Colour.RED, Way.A | Way.B)",
        "assert value[0].name == 'RED' and value[0].other().value == 'b' and value[0] is type(value[0]).RED"
        " and value[1].value == 3",
        "Colour",
        "value[0]",
    ),
    "named tuple": (
        NAMED,
        "(Point(1, -2), Pair(1, 2))",
        "assert value[0].norm() == 3 and value[0] == (1, -2) and value[1]._fields == ('a', 'b')",
        "Point",
        "value[0]",
    ),
    "generic": (NAMED, "Box[int](3)", "assert value.item == 3", "Box", "value"),
    "nested": (NAMED, "Outer.Inner()", "assert value.x == 1", "Outer.Inner", "value"),
    "family": (
        FAMILY,
        "Circle(2)",
        "assert round(value.grown().area()) == 28 and type(value).__mro__[1].__name__ == 'Shape'",
        "Shape",
        "value",
    ),
    "exception": (
        EXCEPTION,
        "Sad('a', 3)",
        "assert value.code == 3 and value.args == ('a', 3)",
        "Sad",
        "value",
    ),
    "the class itself": (PLAIN_CLASS, "Account", "assert value(4).interest() == 2", "type", "value"),
    "function": (FAMILY, "area_of", "assert round(value(1), 2) == 3.14", "object", "value"),
    "bound method": (PLAIN_CLASS, "Account(4).interest", "assert value() == 2", "Account", "value.__self__"),
}


def moved(source):
    """Return the same definitions with other positions, comments and docstrings."""
    source = source.replace("'Doc.'", "'Another text.'\n        # a comment")
    return "# a comment\n\nunrelated = 1\n" + source.replace("'What somebody has.'", "pass")


@pytest.mark.parametrize("edit", [str, moved], ids=["same", "moved"])
@pytest.mark.parametrize(
    ("definitions", "value", "check", "own", "instance"), CASES.values(), ids=CASES.keys()
)
def test_the_readers_own_definition_is_used_where_it_is_the_same(
    hand_over, definitions, value, check, own, instance, edit
):
    hand_over(
        definitions,
        value,
        edit(definitions),
        f"assert isinstance({instance}, {own}), type({instance})\n{check}",
    )


@pytest.mark.parametrize(
    ("definitions", "value", "check", "own", "instance"), CASES.values(), ids=CASES.keys()
)
def test_a_reader_without_the_definition_gets_it_by_value(
    hand_over, definitions, value, check, own, instance
):
    hand_over(definitions, value, "", check)


CHANGES = {
    "code": (
        PLAIN_CLASS,
        "self.amount * self.rate",
        "self.amount + self.rate",
        "Account(4)",
        "value.interest() == 2",
    ),
    "constant": (PLAIN_CLASS, "rate = 0.5", "rate = 0.25", "Account(4)", "value.interest() == 2"),
    "base": (
        PLAIN_CLASS,
        "class Account:",
        "class Account(dict):",
        "Account(4)",
        "not isinstance(value, dict)",
    ),
    "default": (DATACLASS, "size: int = 3", "size: int = 4", "Item('a')", "type(value)('b').size == 3"),
    "member": (ENUM, "RED = 1", "RED = 2", "Colour.RED", "value.value == 1"),
    "base's code": (FAMILY, "def area(self): ...", "def area(self): return 1", "Circle(1)", "value.r == 1"),
}


@pytest.mark.parametrize(
    ("definitions", "old", "new", "value", "check"), CHANGES.values(), ids=CHANGES.keys()
)
def test_a_reader_with_another_definition_gets_the_stored_one(hand_over, definitions, old, new, value, check):
    assert old in definitions
    own = value.partition("(")[0].partition(".")[0]
    hand_over(
        definitions,
        value,
        definitions.replace(old, new),
        f"assert {check}\nassert not isinstance(value, {own})",
    )


def test_a_reader_that_defines_only_the_base_gets_instances_of_it(hand_over):
    base = FAMILY[: FAMILY.index("class Circle")]
    hand_over(FAMILY, "Circle(1)", base, "assert isinstance(value, Shape) and round(value.area(), 2) == 3.14")


def test_two_artifacts_by_value_share_their_class(tmp_path):
    """So that a reader that never names the class can compare them."""
    refs = []
    for value in ("Item('a')", "[Item('a'), Item('b')]"):
        wrote = python(WRITE.format(definitions=DATACLASS, value=value), str(tmp_path))
        refs.append(wrote.stdout.strip())
    check = f"""
other = ArtifactStore(sys.argv[1]).get(msgspec.json.decode({refs[1]!r}, type=ArtifactRef))
assert value == other[0] and other[0] < other[1]
"""
    read = python(READ.format(definitions="", check=check), str(tmp_path), refs[0])
    assert read.returncode == 0, read.stderr


def test_closures_and_lambdas_come_back_by_value(hand_over):
    definitions = "offset = 10\ndef adder(n):\n    def add(x): return x + n + offset\n    return add"
    hand_over(
        definitions,
        "[adder(1), lambda x: x * offset]",
        "offset = 99",
        "assert [f(2) for f in value] == [13, 20]",
    )


def test_functions_that_call_each_other_come_back(hand_over):
    definitions = """
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
"""
    hand_over(definitions, "even", "", "assert value(4) and not value(3)")


def test_a_class_in_use_of_what_cannot_be_stored_needs_the_readers_own(hand_over):
    definitions = """
import threading
lock = threading.Lock()
class Guarded:
    def use(self):
        with lock: return 1
"""
    hand_over(definitions, "Guarded()", definitions, "assert value.use() == 1 and isinstance(value, Guarded)")
    with pytest.raises(
        AssertionError, match=r"needs Guarded of the notebook.*code uses a lock.*Run the cell"
    ):
        hand_over(definitions, "Guarded()", "", "")


def test_code_that_uses_a_large_global_does_not_take_it_along(hand_over):
    definitions = (
        "import numpy as np\ntable = np.zeros(10_000_000)\nclass Look:\n    def up(self): return table[0]"
    )
    hand_over(definitions, "Look()", definitions, "assert value.up() == 0\nassert len(sys.argv[2]) < 1000")


def test_what_the_reader_must_define_is_named_when_it_is_missing(hand_over):
    definitions = "import functools\n@functools.lru_cache\ndef slow(n): return n"
    hand_over(definitions, "slow", definitions, "assert value is slow")
    with pytest.raises(AssertionError, match="needs slow of the notebook, which is not defined here"):
        hand_over(definitions, "slow", "", "")
