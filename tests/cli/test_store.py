"""The verb `store`, as a user says it: blobs pushed to another place, pulled from there, and verified."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.project import Project

CELLS = ("%%step make\nmade = list(range(9))\nmade", "%%step use\nused = sum(made)")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that has run; its steps run in this process."""
    project = Project(_made(tmp_path / "project"), *CELLS)
    assert project.jupyter_pipes_here("run", "study.ipynb", "--debug").code == 0
    return project


@pytest.fixture
def kept(project: Project) -> Path:
    """The folder of the project's own store."""
    return project.folder / ".jupyter_pipes" / "artifacts"


def _blobs(store: Path) -> set[str]:
    return {path.parent.name + path.name for path in (store / "objects").glob("??/*")}


def test_what_was_pushed_is_pulled_again_where_it_is_gone(
    project: Project, kept: Path, tmp_path: Path
) -> None:
    before = _blobs(kept)
    pushed = project.jupyter_pipes_here("store", "push", "../elsewhere")
    assert (pushed.code, pushed.out) == (0, f"{len(before)} copied ({_size(kept)} B)\n")
    assert _blobs(tmp_path / "elsewhere") == before
    assert (
        "0 copied (0 B), 3 there already" in project.jupyter_pipes_here("store", "push", "../elsewhere").out
    )
    shutil.rmtree(kept)
    verified = project.jupyter_pipes_here("store", "verify")
    assert verified.code == 1
    assert "missing: made of step make, run " in verified.out
    assert "missing: an output of step make, run " in verified.out
    assert project.jupyter_pipes_here("store", "pull", "../elsewhere").code == 0
    assert _blobs(kept) == before
    assert project.jupyter_pipes_here("store", "verify").code == 0
    assert project.jupyter_pipes_here("get", "study.ipynb", "used").out == "36\n"


def test_what_is_damaged_is_named_and_pulled_anew(project: Project, kept: Path) -> None:
    project.jupyter_pipes_here("store", "push", "../elsewhere")
    document = project.jupyter_pipes_here("show", "last", "--json").document
    (digest,) = (
        each["digest"] for step in document["steps"] for each in step["artifacts"] if each["name"] == "used"
    )
    place = kept / "objects" / digest[:2] / digest[2:]
    place.write_bytes(b"x" * place.stat().st_size)
    answer = project.jupyter_pipes_here("store", "verify", "--json")
    assert (answer.code, answer.document["whole"], answer.document["missing"]) == (1, 2, [])
    assert answer.document["damaged"] == [
        {"digest": digest, "uri": place.as_uri(), "run": document["run"], "step": "use", "name": "used"}
    ]
    assert project.jupyter_pipes_here("store", "verify", "../elsewhere").code == 0
    assert project.jupyter_pipes_here("store", "pull", "../elsewhere", "--json").document["copied"] == 1
    assert project.jupyter_pipes_here("store", "verify").code == 0


def test_of_a_cached_run_what_it_took_over_and_shows_is_pushed(project: Project) -> None:
    assert project.jupyter_pipes_here("run", "study.ipynb", "--debug").code == 0
    pushed = project.jupyter_pipes_here("store", "push", "../elsewhere", "--run", "last", "--json")
    assert pushed.document["copied"] == 3


def test_a_run_or_a_notebook_is_pushed_alone(project: Project, tmp_path: Path) -> None:
    project.write("%%step make\nmade = 'other'")
    assert project.jupyter_pipes_here("run", "study.ipynb", "--debug").code == 0
    last = project.jupyter_pipes_here("store", "push", "../of-run", "--run", "last", "--json").document
    assert (last["did"], last["copied"]) == ("push", 1)
    of_other = project.jupyter_pipes_here(
        "store", "push", "../of-notebook", "--notebook", "study.ipynb", "--json"
    )
    assert of_other.document["copied"] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("push",), "store push needs the other place"),
        (("pull", ".jupyter_pipes/artifacts"), "is the project's own store"),
        (("push", "x", "--run", "nothing"), "there is no run 'nothing'"),
        (("push", "nowhere://x/y"), "cannot be opened"),
    ],
)
def test_what_cannot_be_done_is_said(project: Project, words: tuple[str, ...], said: str) -> None:
    answer = project.jupyter_pipes_here("store", *words)
    assert (answer.code, said in answer.err) == (2, True)


def _size(store: Path) -> int:
    return sum(path.stat().st_size for path in (store / "objects").glob("??/*"))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
