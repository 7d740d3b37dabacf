"""Which calls seed a module's random numbers, and which make generators without a seed."""

from __future__ import annotations

import random
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from jupyter_pipes.execution.worker.observation.randomness import own_numbers, unseeded
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import CodePiece, Step


def noted(
    body: str, *, setup: str = "", prelude: str = "", folder: Path | None = None, with_rich: bool = False
) -> list[str]:
    """Return the modules noted for a job of which nothing but the global generators' draws is known."""
    step = Step(
        "step",
        0,
        body,
        "cell 1",
        setup=(CodePiece("cell 2", 1, setup),),
        prelude=(CodePiece("cell 3", 1, prelude),),
        imports=("steps_with_seed",),
    )
    job = Job("run", "pipeline", step, 1, python_path=(str(folder),) if folder else ())
    # Where rich is loaded, whose ids draw numbers too, Python's own count only if the code names them.
    rich = "sys" if with_rich else "not.there"
    with (
        patch(f"{own_numbers.__module__}._RICH", rich),
        own_numbers(restored=True) as before,
    ):
        random.random()
        np.random.rand()
        told = unseeded(job, before)
    return told.partition("(")[2].partition(")")[0].split(", ") if told else []


BOTH = ["numpy", "random"]
CALLS = [
    ("x = 1", BOTH),
    ("random.seed(0)", ["numpy"]),
    ("np.random.seed(0)", ["random"]),
    ("import numpy\nnumpy.random.seed(0)", ["random"]),
    ("from numpy.random import seed\nseed(0)", ["random"]),
    ("from numpy import random\nrandom.seed(0)", ["random"]),
    ("from random import seed\nseed(0)", ["numpy"]),
    ("import random as r\nr.seed(0)", ["numpy"]),
    ("random.seed()\nnp.random.seed(None)", BOTH),
    ("seed(SEED)", []),
    ("set_seed(0)", []),
    ("L.seed_everything(0, workers=True)", []),
    ("keras.utils.set_random_seed(0)", []),
    ("fix_all_seeds()", []),
    ("seed = 0", BOTH),
    ("# seed(0)", BOTH),
    ("'seed(0)'", BOTH),
    ("fit(seed=0)", BOTH),
    ("np.random.SeedSequence(0)", BOTH),
    ("%matplotlib inline\nnp.random.seed(0)", ["random"]),
    ("!ls\nseed(0)", []),
    ("seed(", BOTH),
    ("def f():\n    seed(0)\nf()", []),
]


@pytest.mark.parametrize(("code", "expected"), CALLS)
def test_a_call_that_seeds_speaks_for_its_module(code: str, expected: list[str]) -> None:
    assert noted(code) == expected
    assert noted("x = 1", setup=code) == expected
    assert noted("x = 1", prelude=code) == expected


MAKERS = [
    ("default_rng()", ["numpy"]),
    ("np.random.default_rng(None)", ["numpy"]),
    ("np.random.default_rng(seed=None)", ["numpy"]),
    ("np.random.default_rng(0)", []),
    ("np.random.default_rng(seed=3)", []),
    ("np.random.RandomState()", ["numpy"]),
    ("np.random.RandomState(1)", []),
    ("np.random.SeedSequence()", ["numpy"]),
    ("np.random.Generator(np.random.PCG64())", ["numpy"]),
    ("np.random.Generator(np.random.PCG64(1))", []),
    ("random.Random()", ["random"]),
    ("random.Random(1)", []),
    ("from random import Random\nRandom()", ["random"]),
    ("from shapes import Random\nRandom()", []),
    ("random.SystemRandom()", []),
    ("default_rng", []),
]


@pytest.mark.parametrize(("code", "expected"), MAKERS)
def test_a_generator_without_a_seed_is_noted_whatever_else_is_seeded(code: str, expected: list[str]) -> None:
    assert noted(f"seed(0)\n{code}") == expected


def test_modules_beside_the_notebook_are_looked_into_as_far_as_they_are_reached(tmp_path: Path) -> None:
    module = (
        "import numpy as np\ndef prepare():\n    np.random.seed(0)\ndef other():\n    np.random.default_rng()"
    )
    (tmp_path / "steps_with_seed.py").write_text(module)
    imported = "from steps_with_seed import"
    assert noted(f"{imported} prepare\nprepare()", folder=tmp_path) == ["random"]
    assert noted(f"{imported} other\nrandom.seed(0)", folder=tmp_path) == ["numpy"]


def test_generators_of_a_kernel_get_their_states_back() -> None:
    before = random.getstate(), np.random.get_state()[2]
    with own_numbers(restored=True):
        random.random()
        np.random.seed(1)
    assert (random.getstate(), np.random.get_state()[2]) == before


@pytest.mark.parametrize(("body", "expected"), [("x = 1", ["numpy"]), ("import random", BOTH)])
def test_what_rich_draws_for_its_ids_is_not_the_step_s(body: str, expected: list[str]) -> None:
    assert noted(body, with_rich=True) == expected
