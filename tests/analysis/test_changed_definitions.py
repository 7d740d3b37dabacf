"""What differs in a module is told by the names of its definitions."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.changed_definitions import changed_definitions

OLD = """\
import json
LIMIT = 1
print(LIMIT)
def inner(x): return x
async def other(x): return x
class Net(Base):
    rate = 1
    def fit(self): return 1
    def use(self): return 2
"""

CHANGED = {
    "def inner(x): return x -> def inner(x): return 2 * x": ("inner",),
    "async def other(x): return x -> async def other(x): return 1": ("other",),
    "LIMIT = 1 -> LIMIT = 2": ("LIMIT",),
    "    rate = 1 ->     rate = 2": ("Net.rate",),
    "return 1 -> return 3": ("Net.fit",),
    "class Net(Base) -> class Net(Other)": ("Net",),
    "def fit -> def train": ("Net.train", "Net.fit"),
    "def inner(x): return x\n -> ": ("inner",),
    "import json -> import os": (),
    "print(LIMIT) -> print(1)": (),
    "class Net(Base): -> class Net(Base:": (),
}


@pytest.mark.parametrize(("change", "names"), CHANGED.items(), ids=CHANGED)
def test_what_differs_is_told_by_name(change: str, names: tuple[str, ...]) -> None:
    old, new = change.split(" -> ")
    assert old in OLD
    assert changed_definitions(OLD, OLD.replace(old, new, 1)) == names
