"""A step that is given a value of a local module's class runs again when that class changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from jupyter_pipes import Run
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow

MODULE = """\
from dataclasses import dataclass
from enum import Enum

UNIT = 10

def more(x):
    return x + UNIT

class Base:
    def grown(self):
        return more(self.size)

@dataclass
class Box(Base):
    size: int

class Colour(Enum):
    RED = 1
    def shade(self):
        return 'dark'

class Other:
    def never(self):
        return 1
"""

CELLS = (
    "%%params\nn = 3",
    "import boxes\n\nclass Mine(boxes.Base):\n    size = 5",
    "%%step make\none = boxes.Box(1)\nmany = {'all': [boxes.Box(2)]}\nhot = boxes.Colour.RED\n"
    "calls = [boxes.more]\nmine = Mine()\ncalled = boxes.Box(4).grown\nnumber = 1",
    "%%step instance\na = one.grown()",
    "%%step container\nb = many['all'][0].grown()",
    "%%step member\nc = hot.shade()",
    "%%step function\nd = calls[0](1)",
    "%%step subclass\ne = mine.grown()",
    "%%step method\nf = called()",
    "%%step element --map 'box in many[\"all\"]'\ng = box.grown()",
    "%%step plain\nh = number + n",
)


class Edit(Struct):
    old: str
    new: str
    rerun: set[str]
    words: str = ""
    """Why the first of these steps runs."""


GROWN = {"instance", "container", "subclass", "method", "element"}
EDITS = {
    "a function that a method calls": Edit(
        "x + UNIT", "x * UNIT", {*GROWN, "function"}, "input many of make: more changed"
    ),
    "a constant of it": Edit(
        "UNIT = 10", "UNIT = 20", {*GROWN, "function"}, "input many of make: UNIT changed"
    ),
    "a method of the base class": Edit(
        "more(self.size)", "more(self.size) + 1", GROWN, "input many of make: Base.grown changed"
    ),
    "a class that no value has": Edit("return 1", "return 2", set()),
    "an enumeration": Edit("'dark'", "'light'", {"member"}, "input hot of make: Colour.shade changed"),
    "a comment": Edit("UNIT = 20", "UNIT = 20  # each", set()),
}


def ran(run: Run) -> set[str]:
    return {name for name, step in run.steps.items() if step.status == "completed"} - {"make"}


def test_the_code_behind_a_value_counts_for_its_readers(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    """Those that get no such value stay as they are."""
    module = tmp_path / "boxes.py"
    module.write_text(MODULE)
    last = pipeline_of(*CELLS).run()
    for about, edit in EDITS.items():
        assert edit.old in module.read_text()
        module.write_text(module.read_text().replace(edit.old, edit.new))
        last = pipeline_of(*CELLS).run()
        assert ran(last) == edit.rerun, about
        reasons = {reason for name in edit.rerun for reason in last.steps[name].decision_reasons}
        assert not edit.words or edit.words in reasons, reasons
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "boxes.py").write_text(module.read_text())
    fresh = pipeline_of(*CELLS, folder=elsewhere).run()
    assert [last[name] for name in "abcdefgh"] == [fresh[name] for name in "abcdefgh"]
