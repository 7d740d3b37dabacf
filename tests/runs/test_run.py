"""A run is a mapping of its artifacts: names are looked up without loading; one missing is a `KeyError`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from jupyter_pipes import Pipeline, PipesError
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ArtifactMissing, UntrustedStore
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.run import Run

ARTIFACTS = (("load", "df", [1, 2]), ("load", "n", 2), ("clean", "df", [1]), ("v1.2", "model", "m"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def run(workspace: Workspace) -> Run:
    journal, view = workspace.history.journal("one"), RunView("one")
    steps = tuple(ev.PlannedStep(name) for name in ("load", "clean", "v1.2"))
    stored = [ev.ArtifactStored(step, 1, workspace.store.put(name, value)) for step, name, value in ARTIFACTS]
    for event in (ev.RunStarted("study", "1.0.0", steps), *stored, ev.RunEnded(Status.COMPLETED)):
        journal.append(event, view)
    return Run(workspace, "one")


def test_an_earlier_run_is_read_once_for_all_steps_that_reuse_its_outputs(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    view = workspace.history.view
    monkeypatch.setattr(workspace.history, "view", lambda name: reads.append(name) or view(name))
    reusing = Run(workspace, "one")
    for name, step in reusing.steps.items():
        step.source_run, step.source_step = "one", name
    shown = [reusing.shown_attempt(name)[1] for name in reusing.steps]
    assert ([each is not None for each in shown], reads) == ([True] * 3, ["one", "one"])


def test_names_are_those_of_the_artifacts_each_once(run: Run) -> None:
    assert isinstance(run, Mapping)
    assert (list(run), len(run)) == (["df", "n", "model"], 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("df", [1]), ("load.df", [1, 2]), ("clean.df", [1]), ("n", 2), ("v1.2.model", "m"), ("model", "m")],
)
def test_the_value_that_was_kept_last_under_a_name_or_that_of_one_step(
    run: Run, name: str, value: object
) -> None:
    assert name in run
    assert run[name] == run.get(name) == value


@pytest.mark.parametrize("name", ["nosuch", "clean.n", "nosuch.df", "", "load."])
def test_what_is_not_there_is_a_key_error_that_says_what_is(run: Run, name: str) -> None:
    assert name not in run
    assert run.get(name, "nothing") == "nothing"
    with pytest.raises(KeyError) as missing:
        run[name]
    assert isinstance(missing.value, PipesError)
    assert str(missing.value) == f"run one kept nothing under {name!r}; it kept: df, model, n"


def test_looking_whether_a_name_is_there_loads_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(run.workspace.store), "get_whole", lambda *_: pytest.fail("loaded"))
    assert ("df" in run, 5 in run, list(run)) == (True, False, ["df", "n", "model"])


@pytest.mark.slow
def test_a_value_that_everybody_could_have_written_is_loaded_for_who_trusts_them(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%step a\nx = [1]")])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    run = Pipeline.from_notebook(tmp_path / "n.ipynb").run()
    (tmp_path / ".jupyter_pipes").chmod(0o777)
    with pytest.raises(UntrustedStore, match="trust"):
        run["x"]
    (artifact,) = run.steps["a"].artifacts
    assert run.preview(artifact) == {"text/plain": "[1]"}
    assert run.trust()["x"] == [1]


def test_a_run_that_kept_nothing_is_there_and_equals_no_other(workspace: Workspace, tmp_path: Path) -> None:
    journal = workspace.history.journal("empty")
    journal.append(ev.RunStarted("study", "1.0.0", ()), RunView("empty"))
    empty, again = Run(workspace, "empty"), Run(workspace, "empty")
    assert (bool(empty), len(empty), empty == again, empty == empty) == (True, 0, False, True)
    with pytest.raises(ArtifactMissing, match="it kept: nothing"):
        empty["x"]
