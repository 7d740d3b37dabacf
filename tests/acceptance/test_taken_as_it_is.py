"""What runs in a notebook runs as steps as well, as it is written; or a diagnostic says what to write."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import NewProject

ADD = "def add(x):\n    global total\n    total += x"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        pytest.param(
            ["total = 0", ADD, "%%step a\nadd(5)", "%%step b\nadd(3)", "%%step c\nr = total"],
            {"total": 8, "r": 8},
            id="a global that a helper adds to, of a plain cell",
        ),
        pytest.param(
            ["%%step z\ntotal = 1", f"{ADD}\ndef twice(x):\n    add(x)\n    add(x)", "%%step a\ntwice(5)"],
            {"total": 11},
            id="the same through another helper, of a step",
        ),
        pytest.param(
            ["%%step a\ndef init():\n    global cfg\n    cfg = 5", "%%step b\ninit()\nx = cfg + 1"],
            {"cfg": 5, "x": 6},
            id="a function that only might bind a global, which another step calls",
        ),
        pytest.param(
            ["class Bad(Exception): pass", "%%step a\ntry:\n    raise Bad\nexcept Bad:\n    r = 1"],
            {"r": 1},
            id="an exception of a plain cell",
        ),
        pytest.param(
            ["%%step a\ntry:\n    r = 1\nexcept DoesNotExist:\n    r = 2"],
            {"r": 1},
            id="an exception that nobody knows, and nobody raises",
        ),
    ],
)
def test_values_are_those_of_the_notebook(
    project: NewProject, cells: list[str], values: dict[str, object]
) -> None:
    run = project(*cells).run()
    assert {name: run[name] for name in values} == values


@pytest.mark.parametrize("name", ["_", "__", "_5", "Out", "In", "_i", "_i3"])
def test_what_a_kernel_keeps_of_its_prompts_is_refused_with_what_to_write(
    project: NewProject, name: str
) -> None:
    code = f"{name}[3]" if name.isalpha() else name
    (problem,) = project("%%step a\n1 + 1", f"%%step b\nr = {code}").pipeline().graph.errors
    assert problem.code == "JP010"
    assert "write that code" in problem.message or "give the value a name" in problem.message
