"""Equal values have equal bytes in every process, and values that differ have different ones."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.storage.serializers import serialize


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
import datetime, sys, enum, hashlib, numpy as np, pandas as pd
from dataclasses import dataclass
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
values = [
    {"a", "b", "c"}, {("a", 1), ("b", 2)}, frozenset({"x", 1, None, (2, "y")}),
    {"k": [{"p", "q"}, {"p", "q"}]},
    {frozenset({"a", "b"}), frozenset({"c"})}, {1.5, "a"}, {datetime.date(2024, 1, i) for i in range(1, 9)},
    pd.DataFrame({"s": ["a", "b"], "c": pd.Categorical(["x", "y"])}), Shape("circle"),
    {Size.SMALL, Size.LARGE},
    scale, lambda x: x in {"a", "b", "c"}, [Shape("a"), scale, Size.SMALL],
]
for value in values:
    name, (buffers, stable, _) = serialize("v", value)
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


def test_a_class_made_inside_a_function_has_no_stable_bytes_and_says_so():
    class Local:
        pass

    assert not serialize("value", Local())[1].stable
