"""A part of what `python -m tests.faults` kills: whatever it is, nothing is lost, wrong or left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rounds import draw
from tests.faults.scene import Scene

pytestmark = pytest.mark.slow

VERBS = ("run", "resume", "run STEP --force", "gc", "history rebuild", "%pipeline run")
KILLS = ("kill controller", "kill helper", "kill step", "kill all", "terminate", "interrupt")


def test_whatever_is_killed_the_next_run_has_all_values_and_does_nothing_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", tmp_path / "outputs")
    for seed, verb in enumerate(VERBS):
        scene.carry_out(draw(seed, [verb], [KILLS[seed]], companion=False))
    scene.check_end()
