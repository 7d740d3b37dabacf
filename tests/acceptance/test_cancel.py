"""A run is cancelled from another process: by id, or the newest that goes on; what does not go on is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.project import Project
from tests.waiting import until

SLOW = (
    "%%step slow\nfrom pathlib import Path\nimport time\n"
    "Path('started').touch()\nwhile True:\n    time.sleep(0.05)",
    "%%step behind --after slow\nz = 1",
)


@pytest.fixture
def study(tmp_path: Path) -> Project:
    return Project(tmp_path, *SLOW)


@pytest.mark.parametrize("named", [True, False])
def test_a_run_in_another_process_is_cancelled_and_ends(study: Project, named: bool) -> None:
    driver = study.start("run", "study.ipynb", "--json")
    try:
        until((study.folder / "started").exists, "the first step")
        (running,) = study.jupyter_pipes("runs", "--json").document["runs"]
        words = [running["run"]] if named else []
        answer = study.jupyter_pipes("cancel", *words, "--json")
        assert answer.code == 0, answer.err
        assert (answer.document["run"], answer.document["status"]) == (running["run"], "cancelled")
        assert [step["status"] for step in answer.document["steps"]] == ["cancelled", "cancelled"]
        out, _ = driver.communicate(timeout=60)
        assert driver.returncode == 3
        assert '"status": "cancelled"' in out
    finally:
        driver.kill()
        driver.wait()
    again = study.jupyter_pipes("cancel", running["run"])
    assert (again.code, "does not go on: it is cancelled" in again.err) == (2, True)
    none = study.jupyter_pipes("cancel")
    assert (none.code, "no run goes on" in none.err) == (2, True)


def test_a_resumed_run_does_not_heed_what_was_asked_before(study: Project) -> None:
    driver = study.start("run", "study.ipynb")
    until((study.folder / "started").exists, "the first step")
    assert study.jupyter_pipes("cancel").code == 0
    driver.communicate(timeout=60)
    (study.folder / "started").unlink()
    resumed = study.start("resume")
    try:
        until((study.folder / "started").exists, "the first step again")
        (running,) = study.jupyter_pipes("runs", "status:running", "--json").document["runs"]
        assert study.jupyter_pipes("cancel", running["run"]).code == 0
        resumed.communicate(timeout=60)
        assert resumed.returncode == 3
    finally:
        resumed.kill()
        resumed.wait()


def test_a_run_whose_time_is_over_fails_also_while_it_waits_for_an_approval(tmp_path: Path) -> None:
    study = Project(tmp_path, *SLOW, "%%step asks --gate 'go on?'\nz = 1")
    answer = study.jupyter_pipes("run", "study.ipynb", "--timeout", "1s", "--json")
    assert (answer.code, answer.document["status"]) == (1, "failed")
    assert {step["status"] for step in answer.document["steps"]} == {"cancelled"}
    assert "the run timed out after 1 s" in answer.err
