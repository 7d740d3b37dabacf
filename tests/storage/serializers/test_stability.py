"""Equal values have equal bytes in every process, and values that differ have different ones."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.storage.serializers import deserialize, serialize


def stored(value):
    return serialize("value", value)[0], b"".join(serialize("value", value)[1].buffers)


def test_values_that_differ_have_different_bytes():
    values = [
        0.0,
        -0.0,
        0,
        1,
        True,
        False,
        1.0,
        "1",
        "",
        None,
        [],
        {},
        (),
        [1],
        (1,),
        b"1",
        {"a": 1, "b": 2},
        {"b": 2, "a": 1},
    ]
    values += [
        np.array(1),
        np.float64(1),
        np.array([1.0]),
        np.array([1]),
        pd.Series([1]),
        pd.Series([1.0]),
        {1},
        frozenset({1}),
    ]
    assert len({stored(value)[1] for value in values}) == len(values)


STABLE = """
import abc, attrs, collections, dataclasses, datetime, sys, enum, functools, hashlib, re, typing
import numpy as np, pandas as pd
from dataclasses import dataclass
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from jupyter_pipes.storage.serializers import serialize
padding = 1  # SHIFT
@dataclass
class Shape:
    name: str
    def kind(self):
        'Doc.'
        return self.name in {"circle", "square", "line"}
class Size(enum.Enum):
    SMALL = 1
    LARGE = 2
def scale(shape, by=frozenset({"x", "y", "z"})):
    return [shape, by, np.pi]
@attrs.define
class Point:
    x: int
@dataclass(frozen=True, slots=True)
class Cell:
    x: int
    def next(self): return Cell(self.x + 1)
T = typing.TypeVar("T")
class Slots(typing.Generic[T]):
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1
def make(factor):
    class Local:
        factors = [factor]
        def times(self, x): return x * factor, Local, Other
    class Other(abc.ABC):
        kind = enum.Enum("Kind", "A B")
        def local(self): return Local()
    class Pair(typing.NamedTuple):
        first: int
    return Local(), Other(), Pair(1), Other.kind.A, {Local: 1, Other: 2}
def counter():
    n = 0
    def count():
        nonlocal n
        n += 1
        return n
    return count
ran = np.random.default_rng(1); ran.random()
values = [
    *make(2), make(3), Point(3), Cell(4), Slots(), counter(), Cell(1).next,
    functools.partial(scale, Point(1)),
    collections.defaultdict(lambda: [1]), collections.namedtuple("P", "x y")(1, 2), re.compile("a+"), ran,
    make_pipeline(FunctionTransformer(lambda x: x + 1)), {"f": scale, "g": [lambda: T]},
    {Point, Cell, Size}, {Cell(i) for i in range(5)},
    {"a", "b", "c"}, {("a", 1), ("b", 2)}, frozenset({"x", 1, None, (2, "y")}),
    {"k": [{"p", "q"}, {"p", "q"}]},
    {frozenset({"a", "b"}), frozenset({"c"})}, {1.5, "a"}, {datetime.date(2024, 1, i) for i in range(1, 9)},
    pd.DataFrame({"s": ["a", "b"], "c": pd.Categorical(["x", "y"])}), Shape("circle"),
    {Size.SMALL, Size.LARGE},
    scale, lambda x: x in {"a", "b", "c"}, [Shape("a"), scale, Size.SMALL],
]
for value in values:
    name, (buffers, stable, *_) = serialize("v", value)
    assert stable, value
    print(hashlib.sha256(b"".join(buffers)).hexdigest())
"""


@pytest.mark.slow
def test_equal_values_have_equal_bytes_in_every_process(tmp_path):
    """Hash seeds, other lines above a definition and other file names make no difference."""
    printed = []
    for seed, name, source in (
        (1, "a.py", STABLE),
        (2, "b.py", STABLE.replace("padding = 1", "\n\n# moved")),
    ):
        (tmp_path / name).write_text(source)
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(
            [sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.split())
    assert printed[0] == printed[1]


MAKE = """
import pickle, sys
from jupyter_pipes.storage.serializers import deserialize, serialize
def make(factors):
    class Local:
        held = factors
    return Local()
def pack(value):
    name, (buffers, stable, *_) = serialize("v", value)
    return name, b"".join(buffers), stable
"""


@pytest.mark.slow
def test_classes_made_inside_functions_stay_apart_when_their_contents_differ() -> None:
    """Also when each comes from a process of its own, and equal ones are one class."""
    dumped = [
        subprocess.run(
            [sys.executable, "-c", f"{MAKE}\nsys.stdout.buffer.write(pickle.dumps(pack(make({factors}))))"],
            capture_output=True,
            check=True,
        ).stdout
        for factors in ("[1]", "[2]", "[1]")
    ]
    assert dumped[0] == dumped[2]
    loaded = [deserialize(name, memoryview(data)) for name, data, _ in map(pickle.loads, dumped)]
    assert [value.held for value in loaded] == [[1], [2], [1]]
    assert type(loaded[0]) is type(loaded[2]) is not type(loaded[1])


PASSED_ON = """
import pickle, sys
from jupyter_pipes.storage.serializers import deserialize, serialize
if DEFINE:
    class Base:
        def double(self): return 2 * self.w
    class Net(Base):
        def __init__(self): self.w = 0.0
        def fit(self): self.w += 1
if len(sys.argv) > 1:
    name, data = pickle.loads(bytes.fromhex(sys.argv[1]))
    net = deserialize(name, memoryview(data))
else:
    net = Net()
net.fit()
name, (buffers, stable, *_) = serialize("net", net)
assert stable
if DEFINE:
    assert type(net) is Net and net.double() == 2 * net.w
print(pickle.dumps((name, b"".join(buffers))).hex())
"""


@pytest.mark.slow
def test_an_instance_stays_one_of_its_class_through_processes_that_do_not_define_it() -> None:
    def step(defined: bool, *given: str) -> str:
        source = PASSED_ON.replace("DEFINE", str(defined))
        done = subprocess.run([sys.executable, "-c", source, *given], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    made = step(True)
    assert step(False, made) == step(False, made)
    assert step(True, step(False, step(False, made)))
