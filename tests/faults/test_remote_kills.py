"""A part of what `python -m tests.faults --remote` kills: no result is lost, wrong, or there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.remote import Kill, RemoteScene

pytestmark = pytest.mark.slow


def test_whoever_is_killed_a_run_on_a_queue_has_all_values_and_no_effect_twice(tmp_path: Path) -> None:
    """The scheduler dies in the tests of executors."""
    with RemoteScene(tmp_path) as scene:
        scene.carry_out(Kill(1, "worker", 5))
        scene.carry_out(Kill(2, "controller", 15))
