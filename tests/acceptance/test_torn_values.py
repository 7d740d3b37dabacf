"""A step's thread that goes on writing, and damage to what is kept, never make a wrong value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.project import Project

THREAD = """%%step make
import threading, time
numbers = np.zeros(SIZE)
is_over = threading.Event()
def go_on():
    while not is_over.is_set():
        numbers[:] += 1
threading.Thread(target=go_on, daemon=True).start()
time.sleep(0.01)"""

DAMAGE = """def hurt():
    if not Path('hurt').exists():
        return
    for blob in Path('.jupyter_pipes/artifacts/objects').glob('??/*'):
        if blob.stat().st_size > 300_000:
            with blob.open('r+b') as file:
                file.seek(-8, 2)
                file.write(bytes(8))"""

MAKE = "%%step make\nlarge = np.ones(100_000)"
USE = "%%step use\ntotal = float(large.sum())"


@pytest.mark.parametrize("size", [1_000, 500_000, 4_000_000])
def test_what_a_thread_goes_on_writing_is_whole_under_its_name(tmp_path: Path, size: int) -> None:
    code = THREAD.replace("go_on():", "go_on(numbers=numbers, is_over=is_over):")
    project = Project(tmp_path, "import numpy as np", f"SIZE = {size}", code, "%%step use\nn = len(numbers)")
    run = project.run()
    assert (run.status, run["n"]) == ("completed", size)
    assert project.pipeline().workspace.store.is_whole(run.artifact("numbers"))
    assert project.ran() == []


def test_damage_between_decision_and_load_is_an_error_and_mended_by_the_next_run(tmp_path: Path) -> None:
    head = "from pathlib import Path\nimport numpy as np"
    project = Project(tmp_path, head, f"%%setup\nfrom pathlib import Path\n{DAMAGE}\nhurt()", MAKE, USE)
    (tmp_path / "hurt").touch()
    answer = project.jupyter_pipes("run", "study.ipynb")
    assert answer.code == 1
    assert "input large of step use cannot be loaded" in answer.err
    assert "is damaged" in answer.err
    (tmp_path / "hurt").unlink()
    assert project.ran() == ["make", "use"]
    assert project.run()["total"] == 100_000


def test_damage_while_a_step_uses_a_value_fails_it(tmp_path: Path) -> None:
    head = "from pathlib import Path\nimport numpy as np"
    project = Project(tmp_path, head, DAMAGE, MAKE, "%%step use\nhurt()\ntotal = float(large.sum())")
    (tmp_path / "hurt").touch()
    answer = project.jupyter_pipes("run", "study.ipynb")
    assert answer.code == 1
    assert "damaged while it was in use" in answer.err
    (tmp_path / "hurt").unlink()
    assert project.ran() == ["make", "use"]
    assert project.run()["total"] == 100_000
