"""Runs on a renamed host, in a container that ends, and under clocks that are set in the middle of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.attacked import can_be_elsewhere
from tests.faults.rounds import draw
from tests.faults.scene import Scene

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not can_be_elsewhere(), reason="another host's name and containers are not allowed here")
def test_what_a_run_on_another_host_left_is_taken_up_here(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", tmp_path / "outputs")
    for seed, place in enumerate(["renamed host", "other container", "other start"]):
        scene.carry_out(draw(seed, ["run"], ["kill all"], [place], companion=True))
    scene.check_end()


def test_a_clock_that_is_set_while_two_runs_go_on_ends_none_of_them(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", tmp_path / "outputs")
    for seed, place in enumerate(["clock steps on", "clock steps back"]):
        scene.carry_out(draw(seed, ["run"], ["stop and go on"], [place], companion=True))
    scene.check_end()
