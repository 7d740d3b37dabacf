"""A folder that cannot be written can be planned, explained, exported from and read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project

pytestmark = pytest.mark.slow

CELLS = (
    "%%params\nrows: int = 3",
    "%%step load\nxs = list(range(rows))\nprint('loaded')",
    "%%step total\nn = sum(xs)",
)

READ_ONLY = ["unshare", "--mount", "sh", "-c"]
_MOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
"""Permissions do not bind who tests as root; a mount does."""


def in_read_only(study: Project, *words: str) -> tuple[int, str, str]:
    """Return how `jupyter-pipes WORDS…` ends with the folder mounted read-only."""
    command = [*READ_ONLY, _MOUNT, str(study.folder), sys.executable, "-m", "jupyter_pipes", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def fresh(project: NewProject) -> Project:
    """A notebook that never ran, in a folder that can be mounted read-only."""
    study = project(*CELLS)
    probe = [*READ_ONLY, _MOUNT, str(study.folder), "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets its user mount nothing")
    return study


@pytest.fixture
def ran(fresh: Project) -> Project:
    """The same behind a run."""
    fresh.run()
    return fresh


def test_it_can_be_planned_and_explained_before_any_run(fresh: Project) -> None:
    code, out, err = in_read_only(fresh, "plan", "study.ipynb")
    assert (code, err) == (0, "")
    assert "load" in out
    code, out, _ = in_read_only(fresh, "why", "study.ipynb", "total")
    assert code == 0
    assert "never" in out or "first" in out or "no earlier" in out
    code, _, err = in_read_only(fresh, "runs")
    assert (code, "no runs are kept" in err) == (2, True)
    assert sorted(path.name for path in fresh.folder.iterdir()) == ["study.ipynb"]


def test_it_can_be_exported_from(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    module = tmp_path_factory.mktemp("elsewhere") / "study.py"
    code, _, err = in_read_only(fresh, "export", "study.ipynb", str(module))
    assert (code, err) == (0, f"wrote {module}\n")
    assert "def load" in module.read_text()


def test_what_was_kept_before_is_found_and_read(ran: Project) -> None:
    code, out, err = in_read_only(ran, "plan", "study.ipynb")
    assert (code, err) == (0, "")
    assert out.count("cached") == 2
    assert in_read_only(ran, "get", "study.ipynb", "n")[:2] == (0, "3\n")
    assert in_read_only(ran, "logs", "last", "load")[:2] == (0, "loaded\n")
    assert in_read_only(ran, "show", "last")[0] == 0


@pytest.mark.parametrize("name", ["fresh", "ran"])
def test_a_run_there_is_refused_with_the_folder_and_what_to_do(
    name: str, request: pytest.FixtureRequest
) -> None:
    study: Project = request.getfixturevalue(name)
    before = sorted(Path(study.folder).rglob("*"))
    code, _, err = in_read_only(study, "run", "study.ipynb", "--force", "all")
    assert code == 2
    assert "Traceback" not in err
    assert "read-only" in err.lower().replace("readonly", "read-only")
    assert ".jupyter_pipes" in err
    assert sorted(Path(study.folder).rglob("*")) == before
