"""Rerun rules: one thing changes between two runs of A → B → C; just what must run runs, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.study import CELLS, FILES, STEPS, Study, check_kept, edited

FIRST = dict.fromkeys(STEPS, "first run")
INPUT_OF_B = {"B": "input a of A: other content"}
MADE = {"C": "input b of B: other content; file made.txt: other content"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@pytest.fixture
def study(folder: Path, request: pytest.FixtureRequest) -> Study:
    """Return the pipeline after its first run."""
    made = Study(folder, "study_" + "".join(filter(str.isalnum, request.node.name.partition("[")[2])))
    assert made.run() == FIRST
    return made


class Change(NamedTuple):
    """One thing that differs in the second run.

    Attributes:
        ran: the steps that must run, with their reasons; all others are cached.
        cells, files, words: the notebook, the files beside it, the options of `run`.
    """

    ran: Mapping[str, str]
    cells: Mapping[str, str] = CELLS
    files: Mapping[str, str] = FILES
    words: tuple[str, ...] = ()


def cell(name: str, old: str, new: str) -> Mapping[str, str]:
    return edited(CELLS, name, old, new)


def file(name: str, old: str, new: str) -> Mapping[str, str]:
    return edited(FILES, name, old, new)


NOTHING: dict[str, str] = {}
CHANGES = {
    # code
    "code, other output": Change({"B": "code changed", **MADE}, cell("B", "+ BASE", "+ BASE + 1")),
    "code, same output: the wave stops": Change({"B": "code changed"}, cell("B", "+ BASE", "+ BASE + 0")),
    "code of the first, same output": Change({"A": "code changed"}, cell("A", "+ n ", "+ n + 0 ")),
    "code of the first, same output of the second": Change(
        {"A": "code changed", **INPUT_OF_B}, cell("A", "+ n ", "+ n + 2 ")
    ),
    "a comment": Change(NOTHING, cell("B", "b =", "# why\nb =")),
    "blank lines and layout": Change(
        NOTHING, cell("B", "shift(a) % 4 + BASE", "(\n\n  shift( a )%4+BASE )\n\n")
    ),
    "quotes": Change(NOTHING, cell("A", "'literal.txt'", '"literal.txt"')),
    "a docstring": Change(NOTHING, cell("helpers", "'Add the offset.'", "'''Add it.'''")),
    "no docstring": Change(NOTHING, cell("helpers", "    'Add the offset.'\n", "")),
    "a comment in a helper": Change(NOTHING, cell("helpers", "return scaled", "# yes\n    return scaled")),
    "text below a string is no docstring": Change({"B": "code changed"}, cell("B", "b =", "'text'\nb =")),
    # definitions of other cells
    "a helper": Change({"B": "helper shift changed"}, cell("helpers", "+ OFFSET", "+ OFFSET + 0")),
    "a helper of a helper": Change({"B": "helper scaled changed"}, cell("helpers", "x * Box", "1 * x * Box")),
    "a constant of a helper": Change(
        {"B": "helper OFFSET changed", **MADE}, cell("helpers", "OFFSET = 1", "OFFSET = 2")
    ),
    "a class of a helper": Change(
        {"B": "helper Box changed", **MADE}, cell("helpers", "size = 2", "size = 3")
    ),
    "a helper that nobody reaches": Change(NOTHING, cell("helpers", "'nobody'", "'still nobody'")),
    "a new helper that nobody reaches": Change(NOTHING, {**CELLS, "more": "def other():\n    return 1"}),
    "%%setup": Change(
        dict.fromkeys(STEPS, "setup BASE changed"), cell("setup", "BASE = 10", "BASE = 10 + 0")
    ),
    "a comment in %%setup": Change(NOTHING, cell("setup", "BASE = 10", "BASE = 10  # more")),
    # a local module
    "a function of a module": Change(
        {"A": "reached in tools.py changed"}, files=file("tools.py", "x * UNIT", "UNIT * x")
    ),
    "a constant of a function of a module": Change(
        {"A": "UNIT in tools.py changed", **INPUT_OF_B, **MADE},
        files=file("tools.py", "UNIT = 1", "UNIT = 2"),
    ),
    "a function of a module that nobody reaches": Change(
        NOTHING, files=file("tools.py", "json.dumps(x)", "json.dumps([x])")
    ),
    "a comment in a module": Change(NOTHING, files=file("tools.py", "UNIT = 1", "# one\nUNIT = 1")),
    # parameters
    "a parameter": Change(
        {"A": "parameter n 2 → 3", **INPUT_OF_B, **MADE},
        words=("-p", "n=3"),
    ),
    "a parameter of the last step": Change({"C": "parameter m 5 → 6"}, words=("-p", "m=6")),
    "a parameter's default": Change({"C": "parameter m 5 → 6"}, cell("params", "m: int = 5", "m: int = 6")),
    "a parameter of one step": Change(
        {"A": "parameter n 2 → 3", **INPUT_OF_B, **MADE}, words=("-p", "A.n=3")
    ),
    "a parameter's type": Change(
        {"C": "parameter m 5 → 5.0"}, cell("params", "m: int = 5", "m: float = 5.0")
    ),
    "a parameter given as it is": Change(NOTHING, words=("-p", "n=2", "m=5")),
    "an ignored parameter": Change(NOTHING, words=("-p", "level=debug")),
    "a parameter's help": Change(NOTHING, cell("params", "# how many", "# how many of them")),
    "a new parameter that nobody reads": Change(NOTHING, cell("params", "m: int", "k: int = 1\nm: int")),
    # files
    "a file named with --file": Change(
        {"A": "file named.txt: other content", **INPUT_OF_B, **MADE}, files=file("named.txt", "5", "6")
    ),
    "a file named by a literal": Change(
        {"A": "file literal.txt: other content", **INPUT_OF_B, **MADE}, files=file("literal.txt", "3", "4")
    ),
    "a file that was seen being read": Change(
        {"A": "file computed.txt: other content", **INPUT_OF_B, **MADE}, files=file("computed.txt", "4", "9")
    ),
    "a file whose text means the same": Change(
        {"A": "file computed.txt: other content"}, files=file("computed.txt", "4", "04")
    ),
    "a file that nobody reads": Change(NOTHING, files={**FILES, "other.txt": "new"}),
    # options
    "--version": Change({"B": "--version 1 → 2"}, cell("B", "--version 1", "--version 2")),
    "--always": Change({"B": "--always"}, cell("B", "%%step B", "%%step B --always")),
    "--never-cache": Change({"B": "--never-cache"}, cell("B", "%%step B", "%%step B --never-cache")),
    "options that change no result": Change(
        NOTHING, cell("B", "%%step B", "%%step B --retries 2 --tags x --stage y --timeout 1h --cpus 1")
    ),
    # the notebook
    "a step's cell moved": Change(
        NOTHING, {name: CELLS[name] for name in ("imports", "params", "A", "setup", "helpers", "B", "C")}
    ),
    "cells moved": Change(
        NOTHING, {name: CELLS[name] for name in ("helpers", "params", "imports", "setup", "A", "B", "C")}
    ),
    "a step renamed": Change(NOTHING, cell("B", "%%step B", "%%step Bee")),
    "text and other code in between": Change(
        NOTHING,
        {"title": "# Title", **CELLS, "last": "print('not a step')"},
    ),
    "a new step": Change({"D": "first run"}, {**CELLS, "D": "%%step D\nd = c"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_one_change_reruns_exactly_what_hangs_on_it_as_the_plan_says_and_undoing_it_is_a_hit(
    study: Study, change: Change
) -> None:
    study.write(change.cells, change.files)
    plan = study.plan(*change.words)
    done = study.run(*change.words)
    assert done == change.ran
    check_kept(plan, done)
    first = next(iter(change.ran), None)
    if first:
        assert plan[first] == ("run", change.ran[first])
    study.write()
    assert {decision for decision, _ in study.plan().values()} == {"cached"}
    assert study.run() == NOTHING
