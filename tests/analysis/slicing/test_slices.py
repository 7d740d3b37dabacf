"""Rules of what code reaches of local modules: the statements that its names need, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_pipes.analysis.slicing.slices import reached

if TYPE_CHECKING:
    from pathlib import Path

MODULE = '''\
"""A module."""

import json
from math import cos, sin

import numpy
import other
from jupyter_pipes import Pipeline, step
from third import g, h

K = 2
xs = [1]
xs.append(K)
numpy.random.seed(1)


class A:
    def get(self):
        return cos(1)


def helper(v):
    return v * K


def wild(f):
    xs.append(f)
    return f


@wild
def noted():
    return 1


@step(retries=2)
def first():
    return helper(json.loads("1"))


@step
def second(x):
    return g(xs)


pipeline = Pipeline("p", steps=[first, second])

if __name__ == "__main__":
    pipeline.main()
'''


def parts(
    folder: Path, *sources: str, modules: tuple[str, ...] = (), with_classes: bool = False
) -> dict[str, str]:
    """File name -> what is reached of it."""
    (folder / "train.py").write_text(MODULE)
    (folder / "third.py").write_text("import sqlite3\n\ndef g(x):\n    return 1\n\ndef h():\n    return 2\n")
    (folder / "other.py").write_text("import third\n")
    found = reached(sources, modules, (folder,), with_classes=with_classes)
    return {path.name: text for path, text in found.local.items()}


@pytest.mark.parametrize(
    ("name", "has", "has_not"),
    [
        (
            "first",
            ["import json", "K = 2", "def helper", "def first"],
            ["second", "retries", "sin", "Pipeline("],
        ),
        ("second", ["xs.append", "def second", "from third import g"], ["import json", "def first", "h\n"]),
        ("A", ["class A", "from math import cos"], ["sin", "def first"]),
        ("K", ["K = 2", "random.seed", "def noted"], ["class A", "pipeline"]),
    ],
)
def test_of_a_module_counts_what_the_name_reaches(
    name: str, has: list[str], has_not: list[str], tmp_path: Path
) -> None:
    """And what the module does when it is imported."""
    text = parts(tmp_path, f"from train import {name}")["train.py"]
    assert [part for part in has if part not in text] == []
    assert [part for part in has_not if part in text] == []


def test_modules_are_followed_by_the_names_taken_from_them(tmp_path: Path) -> None:
    found = parts(tmp_path, "from train import second")
    assert "def g" in found["third.py"]
    assert "def h" not in found["third.py"]


def test_all_classes_count_for_code_that_may_be_given_instances(tmp_path: Path) -> None:
    assert "class A" not in parts(tmp_path, "from train import first")["train.py"]
    assert "class A" in parts(tmp_path, "from train import first", with_classes=True)["train.py"]


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import third", ()),
        ("%time third.g(1)", ("third",)),
        ("import other", ()),
    ],
)
def test_a_module_counts_whole_when_no_names_are_taken_from_it(
    source: str, modules: tuple[str, ...], tmp_path: Path
) -> None:
    assert "def h" in parts(tmp_path, source, modules=modules)["third.py"]


@pytest.mark.parametrize(
    "sources",
    [
        ("import third", "x = third.g(1)"),
        ("import third as t, json", "def f():\n    return t.g(1)", "x = [f() for _ in 'ab']"),
        ("import third\nfrom third import g", "third.g(g(1))"),
        ("from third import *", "x = g(1)"),
        ("from third import *\nimport third as t", "x = g(t.g(1))"),
    ],
)
def test_of_a_module_that_is_had_whole_count_the_attributes_that_are_used(
    sources: tuple[str, ...], tmp_path: Path
) -> None:
    third = parts(tmp_path, *sources)["third.py"]
    assert "def g" in third
    assert "def h" not in third


@pytest.mark.parametrize(
    "sources",
    [
        ("import third as t", "x = t.g(1)", "y = t"),
        ("import third as t", "x = t.g(1)", "y = getattr(t, 'h')"),
        ("import third as t", "x = t.g(1)", "y = eval(text)"),
        ("import third as t", "x = t.g(1)", "%timeit t.h()"),
        ("import third as t", "x = t.g(1)", "frame.eval('@t.h()')"),
        ("import third as t", "x = t.g(1)", "y = sys.modules['third'].h()"),
        ("import third as t", "t.g = print", "x = t.g(1)"),
        ("from third import *", "x = t.g(1)", "y = map(h, [1])"),
        ("from third import *", "x = g(1)", "y = eval('h' + '()')"),
        ("from third import *", "x = g(1)", "%timeit h()"),
        ("from third import *", "x = h.cache_clear()"),
        ("import third as t\nimport third as u", "x = t.g(u)"),
        ("import third as t", "def f():\n    global t\n    return t.g(1)"),
    ],
)
def test_it_counts_whole_where_it_may_be_used_otherwise(sources: tuple[str, ...], tmp_path: Path) -> None:
    assert "def h" in parts(tmp_path, *sources)["third.py"]


def test_installed_modules_are_named(tmp_path: Path) -> None:
    parts(tmp_path)
    found = reached(["from train import first, second"], (), (tmp_path,), with_classes=False)
    assert {"json", "numpy"} <= set(found.others)
    assert "sqlite3" not in found.others, "what needs it is not reached"


PACKAGE = {
    "shop/__init__.py": "from .text import tidy\nprint('imported')\n",
    "shop/text.py": "import re\n\ndef tidy(x):\n    return re.sub('a', 'b', x)\n\n"
    "def loud(x):\n    return x.upper()\n",
    "shop/rows/__init__.py": "from .made import make\n",
    "shop/rows/made.py": "from ..text import loud\nfrom . import kinds\n\n"
    "def make(x):\n    return loud(x)\n\ndef other(x):\n    return kinds.Row(x)\n",
    "shop/rows/kinds.py": "class Row:\n    pass\n\ndef of(x):\n    return Row()\n",
}


@pytest.mark.parametrize(
    ("source", "has", "has_not"),
    [
        (
            "from shop.rows.made import make",
            {"made": "def make", "text": "def loud"},
            ["def tidy", "class Row"],
        ),
        ("from shop.rows import make", {"made": "def make", "text": "def loud"}, ["def tidy", "def other"]),
        ("from shop import tidy", {"text": "def tidy", "__init__": "print"}, ["def loud", "def make"]),
        ("from shop.rows.made import other", {"kinds": "def of", "text": "def tidy"}, []),
        ("import shop.text", {"kinds": "def of", "made": "def make"}, []),
        ("import shop.text\nshop.text.tidy(1)", {"kinds": "def of", "made": "def make"}, []),
        ("import shop\nshop.tidy(1)", {"text": "def tidy", "__init__": "print"}, ["def loud", "def make"]),
        ("import shop.text as text\ntext.loud(1)", {"text": "def loud"}, ["def make"]),
        ("import shop\nshop.rows.make(1)", {"kinds": "def of", "made": "def make"}, []),
        ("from shop.rows import *\nmake(1)", {"made": "def make", "text": "def loud"}, ["def other"]),
    ],
    ids=[
        "function",
        "handed on",
        "of the top",
        "a module of it whole",
        "whole",
        "whole by its package",
        "attribute of the package",
        "attribute of a module",
        "package in a package",
        "star",
    ],
)
def test_of_a_package_counts_what_is_reached_of_each_module(
    source: str, has: dict[str, str], has_not: list[str], tmp_path: Path
) -> None:
    found = of_package(tmp_path, source)
    assert all(text in found[name] for name, text in has.items()), found
    assert not any(text in "".join(found.values()) for text in has_not), found


def test_all_classes_of_a_package_count_for_who_is_given_values(tmp_path: Path) -> None:
    found = of_package(tmp_path, "from shop.text import loud", with_classes=True)
    assert "class Row" in found["kinds"]
    assert not any(text in "".join(found.values()) for text in ("def of", "def make", "def tidy"))


def of_package(folder: Path, source: str, *, with_classes: bool = False) -> dict[str, str]:
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found: dict[str, str] = {}
    for path, text in reached([source], (), (folder,), with_classes=with_classes).local.items():
        found[path.stem] = found.get(path.stem, "") + text
    return found
