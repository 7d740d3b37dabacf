"""Stores and settings of other users, met by processes of a user: asked for, or refused by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.project import Answer, Project

OWNER, STRANGER = 65533, 65534

_AS = ["setpriv", "--clear-groups", "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
"""Whoever runs it may read what only root may: where Python is, perhaps."""

OBEYED = 'store = "elsewhere"\n'

LOADED = """%%step a
class Trap:
    def __init__(self):
        self.is_set = True
    def __setstate__(self, state):
        open('loaded', 'w').close()
x = Trap()"""


def _as(user: int, *words: str) -> list[str]:
    return [*_AS, f"--reuid={user}", f"--regid={user}", *words]


def _can() -> bool:
    return (
        os.name == "posix"
        and os.geteuid() == 0
        and shutil.which("setpriv") is not None
        and not subprocess.run(_as(STRANGER, sys.executable, "-c", ""), check=False).returncode
    )


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not _can(), reason="only root runs as somebody else")]


def run_as(user: int, folder: Path, *words: str) -> Answer:
    """Run the command line as another user."""
    done = subprocess.run(
        _as(user, sys.executable, "-m", "jupyter_pipes", *words),
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def give(folder: Path, user: int) -> None:
    """Make all of a folder another user's."""
    for place in (folder, *folder.rglob("*")):
        os.lchown(place, user, user)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that all users can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def theirs(folder: Path) -> Project:
    """Return a project of another user's, with two runs whose value runs code when it is loaded."""
    give(folder, OWNER)
    project = Project(folder, LOADED)
    give(folder, OWNER)
    for _ in range(2):
        ran = run_as(OWNER, folder, "run", "study.ipynb", "--force", "all")
        assert ran.code == 0, ran.err
    (folder / "loaded").unlink(missing_ok=True)
    assert {path.stat().st_uid for path in folder.rglob("*")} == {OWNER}
    return project


@pytest.mark.parametrize("user", [0, STRANGER], ids=["root", "another user"])
def test_a_value_of_another_users_store_is_not_loaded_without_trust(theirs: Project, user: int) -> None:
    """Root as well: what it loads runs with its rights."""
    for words in (["get", "study.ipynb", "x"], ["compare"]):
        refused = run_as(user, theirs.folder, *words)
        assert refused.code == 2
        assert f"{theirs.folder}/.jupyter_pipes belongs to" in refused.err
        assert "--trust" in refused.err
    assert not (theirs.folder / "loaded").exists()


def test_a_value_of_another_users_store_is_loaded_for_who_says_trust(theirs: Project) -> None:
    answer = run_as(0, theirs.folder, "get", "study.ipynb", "x", "--trust")
    assert answer.code == 0, answer.err
    assert (theirs.folder / "loaded").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipes.toml", OBEYED),
        ("pyproject.toml", f"[tool.jupyter_pipes]\n{OBEYED}"),
    ],
)
@pytest.mark.parametrize(
    ("owner", "mode", "why"),
    [(OWNER, 0o644, "it belongs to"), (STRANGER, 0o646, "others can write it: chmod go-w")],
)
@pytest.mark.parametrize("verb", ["plan", "run", "get"])
def test_settings_above_that_others_could_have_written_are_refused_by_name(
    folder: Path, name: str, text: str, owner: int, mode: int, why: str, verb: str
) -> None:
    below = folder / "below"
    below.mkdir()
    Project(below, "%%step a\nx = 1")
    settings = folder / name
    settings.write_text(text)
    give(folder, STRANGER)
    os.chown(settings, owner, owner)
    settings.chmod(mode)
    answer = run_as(STRANGER, below, verb, "study.ipynb", *(["x"] if verb == "get" else []))
    assert answer.code == 2
    assert f"{settings} is not obeyed: {why}" in answer.err
    assert "Traceback" not in answer.err
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize("owner", [0, STRANGER], ids=["root", "the user"])
def test_settings_above_of_root_or_of_the_user_are_obeyed(folder: Path, owner: int) -> None:
    below = folder / "below"
    below.mkdir()
    Project(below, "%%step a\nx = 1")
    (folder / "pipes.toml").write_text(OBEYED)
    give(folder, STRANGER)
    os.chown(folder / "pipes.toml", owner, owner)
    answer = run_as(STRANGER, below, "run", "study.ipynb")
    assert answer.code == 0, answer.err
    assert (folder / "elsewhere").is_dir()
