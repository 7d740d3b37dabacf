"""A step for each element: what was computed for one is not computed again, whatever became of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import NewProject

SCORE = """\
%%step score --map "x in xs"
import os
os.system(f"echo {x} >> $RAN")
if x == 0 and os.system("test -e $MENDED"):
    raise ValueError("zero")
y = 10 * x"""


class Ran:
    """Tells outside of all that the project sees for which elements code ran, and what was mended."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / "ran"
        self.mended = folder / "mended"

    def since(self) -> list[int]:
        """Return for which elements code ran since this was asked last."""
        told = sorted(int(line) for line in self._told.read_text().split()) if self._told.exists() else []
        self._told.unlink(missing_ok=True)
        return told


@pytest.fixture
def ran(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Ran:
    folder = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("RAN", str(folder / "ran"))
    monkeypatch.setenv("MENDED", str(folder / "mended"))
    return Ran(folder)


def test_only_elements_that_failed_or_are_new_run_again(project: NewProject, ran: Ran) -> None:
    cells = ["%%step load\nxs = [1, 2, 0, 5]", SCORE, "%%step total\ntotal = sum(y)"]
    failed = project(*cells).run(check=False)
    assert {name: str(step.status) for name, step in failed.steps.items()} == {
        "load": "completed",
        "score": "failed",
        "total": "skipped",
    }
    assert "1 of 4 elements failed: score[2]: ValueError: zero" in failed.steps["score"].reason
    assert ran.since() == [0, 1, 2, 5]

    ran.mended.touch()
    assert project(*cells).run()["total"] == 80
    assert ran.since() == [0]

    longer = project("%%step load\nxs = [7, 1, 2, 0, 5, 6]", *cells[1:]).run()
    assert (longer["y"], longer["total"]) == ([70, 10, 20, 0, 50, 60], 210)
    assert ran.since() == [6, 7]

    again = project("%%step load\nxs = [7, 1, 2, 0, 5, 6]", *cells[1:]).run()
    assert {str(step.status) for step in again.steps.values()} == {"cached"}
    assert ran.since() == []
