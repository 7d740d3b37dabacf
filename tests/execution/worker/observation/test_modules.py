"""State that modules hold: what a step's code left there, and how a later step finds it."""

from __future__ import annotations

import decimal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.analysis.states import OF_LOCAL_MODULES, state_of_module
from jupyter_pipes.execution.worker.fresh_modules import loaded_from_source
from jupyter_pipes.execution.worker.observation.modules import Modules
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.serializers import deserialize, serialize
from jupyter_pipes.storage.serializers.holdings import Gone

LOCAL = """
import json
items, rate, table = [], 1, {"a": 1}
class Meter:
    total = 0
    def add(self, n):
        Meter.total += n
def push(x, memory=[]):
    global rate
    items.append(x)
    memory.append(x)
    rate += 1
"""
USER = """
from held_module import items
import held_module
def size():
    return len(items), held_module.rate
"""
INSTALLED = "import fractions, math, decimal\nfrom fractions import Fraction"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with local modules; they are gone from the process afterwards."""
    (tmp_path / "held_module.py").write_text(LOCAL)
    (tmp_path / "held_user.py").write_text(USER)
    monkeypatch.syspath_prepend(tmp_path)
    context = decimal.getcontext()
    decimal.setcontext(context.copy())
    yield tmp_path
    decimal.setcontext(context)
    forget()


def forget() -> None:
    """Have local modules loaded anew, as another process does."""
    for name in ("held_module", "held_user"):
        sys.modules.pop(name, None)


def left_by(folder: Path, before: str, code: str, taken: dict[str, Any] | None = None) -> tuple[Modules, Any]:
    """Return the modules behind an attempt that ran some code, and its namespace.

    Args:
        folder: where local modules are.
        before: code of other cells.
        code: the step's own.
        taken: what earlier steps left.
    """
    states = (OF_LOCAL_MODULES, *map(state_of_module, ("math", "fractions", "decimal")))
    sets = ("*", "label", "prec")
    step = Step("s", 0, code, "cell 1", plain=states, sets=sets, imports=("math",))
    namespace: dict[str, Any] = {"__name__": "__main__", **(taken or {})}
    modules = Modules(Job("r", "p", step, 1), namespace)
    with loaded_from_source([str(folder)], modules.loaded):
        exec(before, namespace)
        modules.begin()
        modules.watch()
        exec(code, namespace)
    return modules, namespace


CHANGED = [
    ("held_module.items.append(1)", {"items": [1]}),
    ("held_module.rate = 2", {"rate": 2}),
    ("held_module.Meter().add(3)", {"Meter:total": 3}),
    ("held_module.push(5)", {"items": [5], "rate": 2, "push:memory=": [5]}),
    ("del held_module.rate", {"rate": Gone.GONE}),
    ("held_module.new = 'x'", {"new": "x"}),
    ("held_module.rate = 1", {}),
    ("held_module.Meter()", {}),
]


@pytest.mark.parametrize("is_early", [True, False], ids=["imported before", "imported by the step"])
@pytest.mark.parametrize(("code", "changes"), CHANGED, ids=[code for code, _ in CHANGED])
def test_all_that_a_local_module_holds_otherwise_is_its_state(
    folder: Path, code: str, changes: dict[str, Any], is_early: bool
) -> None:
    imports = "import held_module"
    modules, _ = left_by(folder, imports, code) if is_early else left_by(folder, "", f"{imports}\n{code}")
    found = modules.states().get(OF_LOCAL_MODULES, {})
    assert found == {f"held_module/{name}": value for name, value in changes.items()}
    assert bool(modules.changed) == bool(changes)


@pytest.mark.parametrize("is_early", [True, False], ids=["imported before", "imported by the step"])
def test_a_later_step_goes_on_with_it_whoever_imported_the_object(folder: Path, is_early: bool) -> None:
    before, _ = left_by(folder, "import held_module", "held_module.push(5)")
    state = back(before.states())
    forget()
    imports = "import held_user\nfrom held_module import items, push"
    code = "seen = held_user.size()\npush(6)\nagain = held_user.size(), list(items)"
    modules, namespace = (
        left_by(folder, imports, code, state)
        if is_early
        else left_by(folder, "", f"{imports}\n{code}", state)
    )
    assert namespace["seen"] == (1, 2)
    assert namespace["again"] == ((2, 3), [5, 6])
    assert modules.states()[OF_LOCAL_MODULES]["held_module/items"] == [5, 6]


def test_what_a_step_does_not_import_is_handed_on_as_it_was(folder: Path) -> None:
    before, _ = left_by(folder, "import held_module", "held_module.push(5)")
    state = back(before.states())
    forget()
    modules, _ = left_by(folder, "import math", "x = 1", dict(state))
    assert modules.states() == state
    assert modules.changed == []


@pytest.mark.parametrize(
    ("code", "state", "changes"),
    [
        ("math.tau2 = 6.3", "math", {"math/tau2": 6.3}),
        ("type(Fraction(1)).label = 'f'", "fractions", {"fractions/Fraction:label": "f"}),
        ("decimal.getcontext().prec = 7", "decimal", {"decimal/()context.prec": 7}),
        ("y = math.pi", "math", {}),
    ],
)
def test_of_installed_modules_attributes_that_code_sets_are_state(
    folder: Path, code: str, state: str, changes: dict[str, Any]
) -> None:
    modules, namespace = left_by(folder, INSTALLED, code)
    try:
        found = modules.states()
        assert found.get(state_of_module(state), {}) == changes
        exec("math.__dict__.pop('tau2', None)\nif hasattr(Fraction, 'label'): del Fraction.label", namespace)
        decimal.getcontext().prec = 28
        later, _ = left_by(folder, INSTALLED, "", back(found))
        assert later.states() == found
        assert later.changed == []
        assert (decimal.getcontext().prec == 7) == (state == "decimal")
    finally:
        exec("math.__dict__.pop('tau2', None)\nif hasattr(Fraction, 'label'): del Fraction.label", namespace)


def test_what_cannot_be_stored_is_left_out_and_told(folder: Path) -> None:
    modules, _ = left_by(
        folder, "import held_module", "import threading\nheld_module.lock = threading.Lock()"
    )
    assert modules.states() == {}
    assert "held_module.lock" in modules.left_out[0]


def back(states: dict[str, Any]) -> dict[str, Any]:
    """Return the states as another process gets them."""
    serializer, stored = serialize("states", states)
    return deserialize(serializer, memoryview(bytearray(b"".join(map(bytes, stored.buffers)))))
