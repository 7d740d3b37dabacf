"""Rules of what local modules put into each other when they are imported: it counts for who imports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_pipes.analysis.slicing.slices import reached

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = """\
FOUND = {}


def register(f):
    FOUND[f.__name__] = f
    return f


class Base:
    known = []

    def __init_subclass__(cls):
        Base.known.append(cls)


class Middle(Base):
    pass


class Meta(type):
    def __new__(mcs, *parts):
        FOUND[parts[0]] = parts
        return super().__new__(mcs, *parts)


class Plain:
    pass


def total():
    return sum(f() for f in FOUND.values())
"""

PLACED = {
    "decorated": "from registry import register\n\n@register\ndef placed():\n    return 1\n",
    "decorated by its module": "import registry\n\n@registry.register\ndef placed():\n    return 1\n",
    "decorated with arguments": "import registry as r\n\n@r.register(1)\ndef placed():\n    return 1\n",
    "decorated in a loop": "from registry import register\n\n"
    "for n in range(2):\n    @register\n    def placed():\n        return 1\n",
    "handed over": "from registry import register\n\ndef placed():\n    return 1\n\nk = register(placed)\n",
    "derived": "from registry import Base\n\nclass placed(Base):\n    pass\n",
    "derived by its module": "import registry\n\nclass placed(registry.Base):\n    pass\n",
    "derived from what is derived": "from registry import Middle\n\nclass placed(Middle):\n    pass\n",
    "derived twice": "from registry import Base\n\n"
    "class Own(Base):\n    pass\n\nclass placed(Own):\n    pass\n",
    "derived from a generic": "from registry import Base\n\nclass placed(Base[int]):\n    pass\n",
    "kept by a library": "import pandas as pd\n\n"
    "@pd.api.extensions.register_dataframe_accessor('x')\nclass placed:\n    pass\n",
    "of a metaclass": "from registry import Meta\n\nclass placed(metaclass=Meta):\n    pass\n",
}


def parts(folder: Path, plugin: str, *sources: str) -> dict[str, str]:
    """File name -> what is reached of it."""
    (folder / "registry.py").write_text(REGISTRY)
    (folder / "plugin.py").write_text(f"{plugin}\n\ndef other():\n    return 0\n")
    found = reached(sources, (), (folder,), with_classes=False)
    return {path.stem: text for path, text in found.local.items()}


@pytest.mark.parametrize("case", PLACED)
def test_what_a_module_puts_into_another_one_counts_whatever_is_taken_of_it(
    case: str, tmp_path: Path
) -> None:
    found = parts(tmp_path, PLACED[case], "from plugin import other\nfrom registry import total")
    assert "placed" in found["plugin"]


@pytest.mark.parametrize("case", PLACED)
def test_so_it_does_where_the_module_is_imported_by_another_one(case: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import plugin\n\ndef go():\n    return 1\n")
    assert "placed" in parts(tmp_path, PLACED[case], "from main import go")["plugin"]


@pytest.mark.parametrize(
    "plugin",
    [
        "from registry import Plain\n\nclass unplaced(Plain):\n    pass\n",
        "from abc import ABC\n\nclass unplaced(ABC):\n    pass\n",
        "from functools import cache\n\n@cache\ndef unplaced():\n    return 1\n",
        "from registry import total\n\ndef unplaced():\n    return total()\n",
        "unplaced = dict(a=1)\n",
        "class A(unknown.B):\n    unplaced = 1\n",
        "class A(B):\n    unplaced = 1\n\nclass B(A):\n    unplaced = 2\n",
    ],
)
def test_what_is_put_nowhere_counts_only_where_it_is_taken(plugin: str, tmp_path: Path) -> None:
    found = parts(tmp_path, plugin, "from plugin import other\nfrom registry import total")
    assert "unplaced" not in found["plugin"]


def test_a_module_that_does_nothing_when_it_is_imported_does_not_count_for_that(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import plugin\n\ndef go():\n    return 1\n")
    assert parts(tmp_path, "K = 1\n", "from main import go").keys() == {"main"}


OWN = """\
class Base:
    known = {}

    def __init_subclass__(cls):
        Base.known[cls.__name__] = cls


class A(Base):
    pass


class B(A):
    pass


Made = make_base()


class Row(Made):
    pass


def all_of_base():
    return Base.known


def all_of_made():
    return Made.rows


def apart():
    return 1
"""


@pytest.mark.parametrize(
    ("name", "has", "has_not"),
    [
        ("all_of_base", ["class A", "class B"], ["class Row", "apart"]),
        ("all_of_made", ["class Row"], ["class A", "apart"]),
        ("apart", [], ["class Base", "class A", "class Row"]),
    ],
)
def test_what_a_class_holds_of_its_own_module_counts_where_the_class_is_taken(
    name: str, has: list[str], has_not: list[str], tmp_path: Path
) -> None:
    text = parts(tmp_path, OWN, f"from plugin import {name}")["plugin"]
    assert [part for part in has if part not in text] == []
    assert [part for part in has_not if part in text] == []
