"""Two runs of one notebook at once, one of them attacked: the other one completes with the right values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rounds import draw
from tests.faults.scene import Scene

pytestmark = pytest.mark.slow

FAULTS = ("kill controller", "kill all", "stop and go on", "lock")


def test_a_run_completes_whatever_befalls_the_one_beside_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", tmp_path / "outputs")
    for seed, fault in enumerate(FAULTS):
        scene.carry_out(draw(seed, ["run"], [fault], companion=True))
    scene.check_end()
