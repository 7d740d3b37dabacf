"""A pipeline's version: what counts as another state of it, and how the numbers go up and come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.runs import versions
from tests.conftest import MakePipeline

CELLS = ["%%params\nn: int = 1", "def f(x):\n    return x", "%%step a\nx = f(n)", "%%step b\ny = x"]


def edited(place: int, old: str, new: str) -> list[str]:
    assert old in CELLS[place]
    return [cell.replace(old, new) if at == place else cell for at, cell in enumerate(CELLS)]


SAME = {
    "a comment": edited(2, "x =", "# why\nx  ="),
    "a docstring": edited(1, "(x):\n", "(x):\n    'Doc.'\n"),
    "help of a parameter": edited(0, "= 1", "= 1  # how many"),
    "a cell that no step reaches": [*CELLS[:2], "unused = 1", *CELLS[2:]],
    "tags": edited(2, "step a", "step a --tags x"),
}
OTHER = {
    "code of a step": edited(3, "y = x", "y = x + 1"),
    "a helper": edited(1, "return x", "return -x"),
    "a default": edited(0, "= 1", "= 2"),
    "a type": edited(0, "int", "float"),
    "a name": edited(3, "step b", "step c"),
    "one step more": [*CELLS, "%%step c\nz = 1"],
    "another order": [CELLS[0], CELLS[1], "%%step b\ny = 1", "%%step a\nx = f(n)"],
}


@pytest.mark.parametrize("cells", SAME.values(), ids=SAME.keys())
def test_what_leaves_the_state_as_it_is(pipeline_of: MakePipeline, cells: list[str]) -> None:
    assert versions.state(pipeline_of(*cells).graph) == versions.state(pipeline_of(*CELLS).graph)


@pytest.mark.parametrize("cells", OTHER.values(), ids=OTHER.keys())
def test_what_makes_another_state(pipeline_of: MakePipeline, cells: list[str]) -> None:
    assert versions.state(pipeline_of(*cells).graph) != versions.state(pipeline_of(*CELLS).graph)


def test_an_edge_without_data_makes_another_state(pipeline_of: MakePipeline) -> None:
    apart = pipeline_of("%%step a\nx = 1", "%%step b\ny = 1")
    behind = pipeline_of("%%step a\nx = 1", "%%step b --after a\ny = 1")
    assert versions.state(apart.graph) != versions.state(behind.graph)


CHOICES = [
    # version set, earlier runs (newest first), state now -> version
    pytest.param("1.0.0", [], "a", "1.0.0", id="the first run"),
    pytest.param("1.0.0", [("1.0.0", "a")], "a", "1.0.0", id="nothing changed"),
    pytest.param("1.0.0", [("1.0.0", "a")], "b", "1.0.1", id="the last number goes up"),
    pytest.param("1.0.0", [("1.0.1", "b"), ("1.0.0", "a")], "a", "1.0.0", id="an earlier state comes back"),
    pytest.param("1.0.0", [("1.0.0", "a"), ("1.0.1", "b")], "c", "1.0.2", id="behind the highest"),
    pytest.param("1.0.0", [("1.0.9", "a")], "b", "1.0.10", id="numbers, not texts"),
    pytest.param("2.0", [("1.0.5", "a")], "a", "2.0", id="a version that was set anew begins a line"),
    pytest.param("2.0", [("2.1", "b"), ("2.0", "a"), ("1.0.5", "c")], "c", "2.2", id="lines are apart"),
    pytest.param("1.3.0", [("1.0.7", "a")], "a", "1.3.0", id="a higher one in the middle"),
    pytest.param("1.0.5", [("1.0.1", "a")], "a", "1.0.5", id="what is below the one set is not taken"),
    pytest.param("1.0.0", [("1.0.0", "")], "a", "1.0.1", id="runs of which the state is not known"),
    pytest.param("3", [("3", "a")], "b", "4", id="one number only"),
]


@pytest.mark.parametrize(("base", "kept", "now", "version"), CHOICES)
def test_the_version_of_a_state(base: str, kept: list[tuple[str, str]], now: str, version: str) -> None:
    assert versions.choose(base, kept, now) == version


@given(st.lists(st.sampled_from("abcd"), max_size=30))
def test_a_state_keeps_its_number_and_no_two_share_one(states: list[str]) -> None:
    kept: list[tuple[str, str]] = []
    for state in states:
        kept.insert(0, (versions.choose("1.0.0", kept, state), state))
    assert len({version for version, _ in kept}) == len({state for _, state in kept}) == len(set(kept))


@pytest.mark.slow
def test_runs_carry_their_versions(pipeline_of: MakePipeline) -> None:
    def version(*cells: str) -> str:
        return pipeline_of(*cells).run().view.version

    assert [version(*CELLS), version(*OTHER["a default"]), version(*CELLS), version(*SAME["tags"])] == [
        "1.0.0",
        "1.0.1",
        "1.0.0",
        "1.0.0",
    ]
