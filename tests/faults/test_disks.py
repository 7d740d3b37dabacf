"""A disk that becomes full in the middle of a run: told, and can be cleaned; afterwards all goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.disks import small_disk
from tests.faults.rounds import draw
from tests.faults.scene import Scene

pytestmark = pytest.mark.slow


def test_a_full_disk_loses_nothing_and_can_be_cleaned(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as is_mounted:
        if not is_mounted:
            pytest.skip("no file system can be mounted here")
        scene = Scene(tmp_path / "disk", tmp_path / "outputs")
        for seed in range(3):
            scene.carry_out(draw(seed, ["run"], ["full disk"], companion=False))
        scene.check_end()
