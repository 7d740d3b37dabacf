"""Settings and seeds of plain cells mean in steps what they mean in a kernel."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from tests.acceptance.test_rules_values import Chain

pytestmark = pytest.mark.slow

SEEDED = ["import random\nimport numpy as np", "np.random.seed(3)\nrandom.seed(4)"]
DRAW = "%%step {0}\n{0} = [float(np.random.rand()), random.random()]"


def expected(count: int) -> list[list[float]]:
    numbers, own = np.random.RandomState(3), random.Random(4)
    return [[float(numbers.rand()), own.random()] for _ in range(count)]


@pytest.mark.parametrize("seeds", [SEEDED, [SEEDED[0], "%%setup\n" + SEEDED[1]]])
def test_numbers_go_on_from_step_to_step(tmp_path: Path, seeds: list[str]) -> None:
    chain = Chain(tmp_path, *seeds, *map(DRAW.format, "abc"))
    chain.run()
    assert [chain.get(name) for name in "abc"] == expected(3)
    assert chain.run() == {}


def test_a_step_that_draws_as_many_as_before_leaves_later_ones_cached(tmp_path: Path) -> None:
    chain = Chain(tmp_path, *SEEDED, *map(DRAW.format, "ab"))
    chain.run()
    chain.project.write(*SEEDED, DRAW.format("a") + "\nmore = 1", DRAW.format("b"))
    assert list(chain.run()) == ["a"]
    chain.project.write(*SEEDED, DRAW.format("a") + "\nmore = np.random.rand()", DRAW.format("b"))
    assert chain.run()["b"] == "input numpy.random.state of a: other content"


def test_a_setting_holds_in_later_steps_and_counts_for_them(tmp_path: Path) -> None:
    def cells(value: str) -> list[str]:
        load = "%%step load\nimport os\nframe = pd.DataFrame({'x': [1.23456]})\nos.environ['TOLD'] = 'yes'"
        look = "%%step look\nimport os\nseen = [str(frame).split()[-1], os.environ['TOLD']]"
        return [
            "import pandas as pd",
            f"pd.set_option('display.precision', {value})",
            load,
            look,
            "%%step n\nn = 1",
        ]

    chain = Chain(tmp_path, *cells("2"))
    chain.run()
    assert chain.get("seen") == ["1.23", "yes"]
    chain.project.write(*cells("3"))
    changed = chain.run()
    assert changed == dict.fromkeys(["load", "look"], "helper pd.set_option changed")
    assert chain.get("seen") == ["1.235", "yes"]
