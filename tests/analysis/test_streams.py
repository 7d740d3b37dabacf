"""Global streams of random numbers between steps: who draws goes on where the last one that drew stopped."""

from __future__ import annotations

import pytest

from tests.analysis.notebook.test_settings import steps_of

NUMPY, PYTHON = "numpy.random.state", "random.state"
IMPORTS = """
import random
import numpy as np
import numpy.random as npr
import pandas as pd
from numpy.random import rand
from sklearn.model_selection import train_test_split
from sklearn.datasets import make_blobs
from scipy.stats import norm
"""
DRAWS = [
    "np.random.rand(3)",
    "npr.normal()",
    "rand()",
    "norm.rvs(size=3)",
    "pd.Series([1, 2]).sample(1)",
    "pd.Series([1, 2]).sample(1, random_state=None)",
    "train_test_split([1, 2])",
    "make_blobs(3)",
    "(lambda: np.random.rand())()",
    "[np.random.rand() for _ in range(3)]",
    "helper()",
]
NO_DRAWS = [
    "np.random.default_rng(0)",
    "np.random.RandomState(0).rand()",
    "norm.rvs(size=3, random_state=1)",
    "pd.Series([1, 2]).sample(1, random_state=1)",
    "train_test_split([1, 2], random_state=0)",
    "np.zeros(3)",
    "random.Random(1).random()",
]
HELPER = "def helper():\n    return np.random.rand()"


@pytest.mark.parametrize(
    "seeds", ["np.random.seed(1)", "%%setup\nnp.random.seed(1)", "%%step s\nnp.random.seed(1)"]
)
@pytest.mark.parametrize("draw", DRAWS)
def test_who_draws_reads_the_state_of_the_one_before(draw: str, seeds: str) -> None:
    cells = (IMPORTS, HELPER, seeds, f"%%step a\nx = {draw}", "%%step other\nn = 1", f"%%step b\ny = {draw}")
    steps, diagnostics = steps_of(*cells)
    assert steps["b"].reads == {NUMPY: "a"}
    assert NUMPY in steps["a"].writes
    assert NUMPY in steps["a"].demanded
    assert steps["other"].reads == {}
    assert not diagnostics


@pytest.mark.parametrize("draw", NO_DRAWS)
def test_what_has_a_generator_of_its_own_draws_from_no_stream(draw: str) -> None:
    steps, _ = steps_of(IMPORTS, "np.random.seed(1)", f"%%step a\nx = {draw}", f"%%step b\ny = {draw}")
    assert steps["b"].reads == {}
    assert steps["a"].writes == ("x",)


def test_without_a_seed_nothing_is_handed_on() -> None:
    steps, _ = steps_of(IMPORTS, "%%step a\nx = np.random.rand()", "%%step b\ny = random.random()")
    assert [(step.reads, step.writes) for step in steps.values()] == [({}, ("x",)), ({}, ("y",))]


def test_who_seeds_first_needs_no_earlier_state() -> None:
    draw = "np.random.seed(2)\n{} = np.random.rand()"
    steps, _ = steps_of(
        IMPORTS,
        "np.random.seed(1)",
        "%%step a\nx = np.random.rand()",
        f"%%step b\n{draw.format('y')}",
        "%%step c\nz = np.random.rand()",
    )
    assert steps["b"].reads == {}
    assert steps["c"].reads == {NUMPY: "b"}


def test_a_plain_cell_that_seeds_again_begins_anew() -> None:
    seed = "np.random.seed(1)"
    cells = [IMPORTS, seed, "%%step a\nx = np.random.rand()", seed, "%%step b\ny = np.random.rand()"]
    steps, diagnostics = steps_of(*cells)
    assert steps["b"].reads == {}
    assert not diagnostics


def test_a_helper_seeds_the_streams_that_it_names() -> None:
    steps, _ = steps_of(
        IMPORTS,
        "def init(n):\n    random.seed(n)\n    np.random.seed(n)",
        "init(3)",
        "%%step a\nx = random.random()",
        "%%step b\ny = random.random() + np.random.rand()",
    )
    assert steps["a"].writes == ("x", PYTHON)
    assert steps["b"].reads == {PYTHON: "a"}
    assert steps["b"].writes == ("y", NUMPY, PYTHON)


def test_numbers_that_plain_cells_draw_come_before_those_of_steps() -> None:
    cells = [IMPORTS, "np.random.seed(1)", "x = np.random.rand()", "%%step a\ny = np.random.rand()"]
    steps, _ = steps_of(*cells)
    assert [piece.source for piece in steps["a"].prelude][-2:] == [
        "np.random.seed(1)",
        "x = np.random.rand()",
    ]


@pytest.mark.parametrize("last", ["y = np.random.rand()", "y = x"])
def test_plain_cells_that_draw_behind_a_step_that_drew_are_told(last: str) -> None:
    cells = [IMPORTS, "np.random.seed(1)", "%%step a\nw = np.random.rand()", "x = np.random.rand()"]
    _, diagnostics = steps_of(*cells, f"%%step b\n{last}")
    assert [(problem.code, problem.severity, problem.cell) for problem in diagnostics] == [
        ("JP028", "warning", 4)
    ]


def test_streams_are_handed_on_whatever_in_and_out_say() -> None:
    cells = [IMPORTS, "np.random.seed(1)", "%%step a --out x\nx = np.random.rand()"]
    steps, _ = steps_of(*cells, "%%step b --in x\ny = x + np.random.rand()")
    assert steps["b"].reads == {NUMPY: "a", "x": "a"}
