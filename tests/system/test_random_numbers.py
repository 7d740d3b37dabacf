"""What a library draws beside a notebook changes nothing of what the notebook's cells draw."""

from __future__ import annotations

import random
import sys
from types import ModuleType

import pytest

from jupyter_pipes.system.random_numbers import draw_apart


def test_a_module_draws_from_a_stream_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ModuleType("library")
    exec("import random\ndef draw():\n    return random.random()", vars(library))
    monkeypatch.setitem(sys.modules, "library", library)
    draw_apart("library")
    random.seed(0)
    before = random.getstate()
    drawn = [library.draw() for _ in range(2)]
    assert random.getstate() == before
    assert len({*drawn, random.random()}) == 3
