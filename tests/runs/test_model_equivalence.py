"""Random edits, each followed by a run: what is cached always equals what running everything again gives."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_pipes import Pipeline
from jupyter_pipes.model.results import ArtifactRef

pytestmark = pytest.mark.slow

NOTEBOOK: Mapping[str, Sequence[str]] = {
    "params": (
        "%%params\nn = 1\nm = 2",
        "%%params\nn = 1.0\nm = 2",
        "%%params\nn = True\nm = 2",
        "%%params\nn = 1\nm = n + 1",
        "%%params\nm = 3\nn = 1",
        "%%params\nn = '1'\nm = 0.0",
        "%%params\nn = 1\nm = -0.0",
    ),
    "imports": ("import rates\nfrom rates import rate", "from rates import rate\nimport rates, json"),
    "setup": ("%%setup\nBASE = 1", "%%setup\nBASE = 2", "%%setup\n# base\nBASE = 1"),
    "limits": ("LIMIT = 1", "LIMIT = 2", "LIMIT = 1.0", "LIMIT  =  1", "LIMIT = {'x', 'y'} and 1"),
    "helpers": (
        "def clip(x):\n    return [x, LIMIT]\ndef size(x):\n    return len(x)",
        "def clip(x):\n    'Clip.'\n    return [x, LIMIT]\ndef size(x):\n    return len(x)",
        "def clip(x):\n    return [x, LIMIT, size([x])]\ndef size(x):\n    return len(x)",
        "def clip(x):\n    return [x, LIMIT, size([x])]\ndef size(x):\n    return len(x) + 1",
        "def clip(x):\n    return [x] + [LIMIT]\ndef size(x):\n    return len(x) * 2",
        "size = len\nclip = lambda x: [x, m]",
        "class Box:\n    size = 1\n    def __call__(self, x):\n        return [x, self.size]\n"
        "clip = Box()\nsize = len",
        "class Box:\n    size = 2\n    def __call__(self, x):\n        return [x, self.size]\n"
        "clip = Box()\nsize = len",
    ),
    "first": (
        "%%step first\na = clip(n)",
        "%%step first --version 2\na = clip(n)",
        "%%step first\n# clipped\na = clip( n )",
        "%%step renamed\na = clip(n)",
        "%%step first\na = [n]",
        "%%step first\na = [n]; more = m",
        "%%step first\na = [open('data.txt').read()]",
        "%%step first\na = [BASE]",
    ),
    "second": (
        "%%step second\nb = [*a, int(open('data.txt').read())]",
        "%%step second\nb = [*a, int(open('com' + 'puted.txt').read())]",
        "%%step second\na.append(m)\nb = size(a)",
        "%%step second --ignore-param m\nb = repr(a)",
        "%%step second\nb = list(a)",
        "%%step second\nb = (a, open('com' + 'puted.txt').read())",
    ),
    "third": (
        "%%step third\nc = rate(b)",
        "%%step third\nc = rates.rate(b)",
        "%%step third\nc = [b, a]",
        "%%step third\nc = [rate(BASE), str(b)]",
        "%%step third\nc = {'b': b, 'limit': LIMIT}",
    ),
    "fourth": (
        "%%step fourth\nd = [c, m]",
        "%%step fourth\nd = clip(c)",
        "%%step fourth\na.append(repr(c))\nd = a",
        "%%step fourth\nd = {LIMIT: c}",
    ),
}
FILES: Mapping[str, Sequence[str]] = {
    "data.txt": ("1", "2", "01", "1\n"),
    "computed.txt": ("5", "6", "05"),
    "rates.py": (
        "RATE = 1\ndef rate(x):\n    return [x, RATE]\ndef other():\n    return 0\n",
        "RATE = 2\ndef rate(x):\n    return [x, RATE]\ndef other():\n    return 0\n",
        "RATE = 1\ndef rate(x):\n    '''Doc.'''\n    return [x, RATE]\ndef other():\n    return 1\n",
        "RATE = 1\ndef rate(x):\n    return [x, other()]\ndef other():\n    return 0\n",
        "RATE = 1\ndef rate(x):\n    return [x, other()]\ndef other():\n    return 1\n",
    ),
}
# A text that every type of `n` can be parsed from.
GIVEN: Sequence[Mapping[str, object]] = ({}, {"n": "0"}, {"m": 8}, {"n": "0", "m": 8})
CHOICES = {**NOTEBOOK, **FILES, "given": GIVEN}

KEPT = ("a", "b", "c", "d", "more")

State = dict[str, int]
Edit = tuple[str, int]

EDITS = st.one_of(
    st.sampled_from([(name, which) for name, of in CHOICES.items() for which in range(len(of))]),
    st.tuples(st.just("undo"), st.integers(1, 4)),
    st.just(("swap cells", 1)),
    st.tuples(st.just("lose a blob"), st.integers(0, 100)),
)


@pytest.mark.timeout(900)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(EDITS, min_size=1, max_size=2), min_size=6, max_size=12))
def test_what_is_cached_equals_what_running_everything_again_gives(history: list[list[Edit]]) -> None:
    with tempfile.TemporaryDirectory() as folder, _working_in(Path(folder)):
        states: list[State] = [dict.fromkeys(CHOICES, 0) | {"swap cells": 0}]
        _check(Path(folder), states[0])
        for edits in history:
            state = dict(states[-1])
            for what, which in edits:
                if what == "undo":
                    state = dict(states[-min(which, len(states))])
                elif what == "lose a blob":
                    _lose_a_blob(Path(folder), which)
                else:
                    state[what] = (state[what] + which) % (len(CHOICES[what]) if what in CHOICES else 2)
            states.append(state)
            _check(Path(folder), state)


def _check(folder: Path, state: State) -> None:
    cells = [of[state[name]] for name, of in NOTEBOOK.items()]
    if state["swap cells"]:
        cells[3:5] = reversed(cells[3:5])
    for name, of in FILES.items():
        (folder / name).write_text(of[state[name]])
    given = GIVEN[state["given"]]
    expected = _run_everything(cells, given)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells]), "x.ipynb")
    pipeline = Pipeline.from_notebook(folder / "x.ipynb")
    plan = {step.name: step.decision for step in pipeline.plan(params=given).steps}
    _forget_modules()
    run = pipeline.run(debug=True, params=given)
    found = {
        (step.name, artifact.name): repr(run[f"{step.name}.{artifact.name}"])
        for step in run.steps.values()
        for artifact in step.artifacts
    }
    assert found == {key: expected[key] for key in found}
    assert {name for _, name in found} >= {"a", "b", "c", "d"}
    made = {digest for step in run.steps.values() if step.attempts for digest in _kept_blobs(step.artifacts)}
    for name, decision in plan.items():
        step = run.steps[name]
        # Of steps that make the same bytes, or share a part, the first that runs puts them back for all.
        is_put_back = decision == "run" and not made.isdisjoint(_kept_blobs(step.artifacts))
        expect = ("completed", *(["cached"] if is_put_back else [])) if decision == "run" else (decision,)
        assert decision == "depends" or step.status in expect, (name, decision, step.reason)


def _kept_blobs(artifacts: Sequence[ArtifactRef]) -> set[str]:
    """Return the digests of all that must be there to load them."""
    return {digest for each in artifacts for digest in (each.digest, *each.references)}


def _run_everything(cells: Sequence[str], given: Mapping[str, object]) -> dict[tuple[str, str], str]:
    """Run all cells in the notebook's order in one namespace; return the values after each step."""
    _forget_modules()
    names: dict[str, Any] = {}
    found: dict[tuple[str, str], str] = {}
    for cell in cells:
        magic, _, body = cell.partition("\n") if cell.startswith("%%") else ("", "", cell)
        if magic == "%%params":
            _declare(body, given, names)
            continue
        step = magic.split()[1] if magic.startswith("%%step") else ""
        exec(body, names)
        if step:
            found |= {(step, name): repr(value) for name, value in names.items() if name in KEPT}
    return found


def _declare(body: str, given: Mapping[str, object], names: dict[str, Any]) -> None:
    for line in body.splitlines():
        name = line.partition("=")[0].strip()
        exec(line, names)
        if name in given:
            # A value is read by the declared type: that of the default.
            names[name] = type(names[name])(given[name])


def _lose_a_blob(folder: Path, which: int) -> None:
    objects = folder / ".jupyter_pipes" / "artifacts" / "objects"
    blobs = sorted(path for path in objects.rglob("*") if path.is_file())
    blobs[which % len(blobs)].unlink()


def _forget_modules() -> None:
    """Have the local module imported anew, as in a step's own process."""
    sys.modules.pop("rates", None)
    importlib.invalidate_caches()


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    path, writes = list(sys.path), sys.dont_write_bytecode
    before = Path.cwd()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:], sys.dont_write_bytecode = path, writes
        _forget_modules()
