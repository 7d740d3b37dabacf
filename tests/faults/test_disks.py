"""A disk that becomes full in the middle of a run: told, and can be cleaned; afterwards all goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.project import Project
from tests.faults.disks import fill, make_room, small_disk
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


BIG = """%%step big
import os
y = x.to_bytes(4) + os.urandom(50_000_000)
"""


def test_a_run_that_finds_the_disk_full_fails_its_step_and_what_was_kept_is_there(tmp_path: Path) -> None:
    """Without one free byte: no new run; `runs`, `show` and `get` look, and `gc` cleans up."""
    with small_disk(tmp_path / "disk") as is_mounted:
        if not is_mounted:
            pytest.skip("no file system can be mounted here")
        folder = tmp_path / "disk"
        project = Project(folder, "%%step small\nx = 7", BIG)
        assert project.jupyter_pipes("run", "study.ipynb", "--only", "small").code == 0
        fill(folder, leave=8_000_000)
        failed = project.jupyter_pipes("run", "study.ipynb", "--json")
        assert failed.code == 1, failed.err
        assert "No space left on device" in str(failed.step("big"))
        fill(folder, leave=0)
        for words in (["runs"], ["show", "last"], ["get", "study.ipynb", "x"], ["plan", "study.ipynb"]):
            assert project.jupyter_pipes(*words).code == 0, words
        assert project.jupyter_pipes("get", "study.ipynb", "x").out.strip() == "7"
        refused = project.jupyter_pipes("run", "study.ipynb")
        assert refused.code == 2
        assert "database or disk is full; check free space" in refused.err
        assert project.jupyter_pipes("gc", "--keep-runs", "0", "--json").code == 0
        assert project.jupyter_pipes("runs", "--json").document["runs"] == []
        make_room(folder)
        assert project.jupyter_pipes("run", "study.ipynb").code == 0
