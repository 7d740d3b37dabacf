"""What goes along with a controller that does not see the notebook's folder, and what does not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jupyter_pipes.execution.executors.remote import luggage as of_jobs
from jupyter_pipes.runs.elsewhere.luggage import Given, Wanted, keep_folder, outside, packed
from jupyter_pipes.runs.pipeline import Pipeline
from tests.conftest import MakePipeline


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def pipeline(pipeline_of: MakePipeline, tmp_path: Path) -> Pipeline:
    """A pipeline in a folder with data, modules, a settings' file, and what else stands there."""
    write(tmp_path / "data" / "in.csv", "1")
    write(tmp_path / "data" / "other.csv", "2")
    write(tmp_path / "lib.py", "import below")
    write(tmp_path / "below.py", "")
    write(tmp_path / "pipes.toml", 'lease = "7s"\n[queues.far]\nscheduler = "tcp://127.0.0.1:1"\n')
    write(tmp_path / "study.ipynb", "{}")
    write(tmp_path / ".env", "secret")
    write(tmp_path / ".jupyter_pipes" / "environments" / "lock.txt", "numpy==1")
    return pipeline_of("import lib", "%%step a --file data/in.csv\nx = lib, open('data/in.csv')")


def test_the_folder_travels_but_for_hidden_files_notebooks_and_settings(pipeline: Pipeline) -> None:
    """What environments came to travels with it."""
    kept = keep_folder(pipeline.request(), pipeline.workspace)
    files = {"data/in.csv", "data/other.csv", "lib.py", "below.py", ".jupyter_pipes/environments/lock.txt"}
    assert kept.keys() == files
    assert pipeline.workspace.store.get_bytes(kept["data/other.csv"]) == b"2"


def test_of_a_large_folder_only_what_is_named_and_imported_travels(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_jobs, "MOST_FILES", 1)
    kept = keep_folder(pipeline.request(), pipeline.workspace)
    assert kept.keys() == {"data/in.csv", "lib.py", "below.py", ".jupyter_pipes/environments/lock.txt"}


def test_what_a_pipeline_that_is_a_step_names_and_imports_travels_as_well(
    pipeline: Pipeline, pipeline_of: MakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_jobs, "MOST_FILES", 1)
    whole = pipeline_of(f"%%step part --pipeline {pipeline.name}.ipynb --out x\n", name="whole")
    kept = keep_folder(whole.request(), whole.workspace)
    assert kept.keys() == {"data/in.csv", "lib.py", "below.py", ".jupyter_pipes/environments/lock.txt"}


def test_what_is_declared_outside_of_the_folder_is_told(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    beside = tmp_path.parent / f"{tmp_path.name}.csv"
    beside.write_text("3")
    pipeline = pipeline_of(
        f"%%step a --file ../{beside.name}\nx = 1", f"%%step b --file {beside}\ny = 1", "%%step c\nz = 1"
    )
    assert list(outside(pipeline.request())) == [
        Wanted(f"step a needs ../{beside.name} (--file), outside of the notebook's folder"),
        Wanted(f"step b needs {beside} (--file), outside of the notebook's folder", str(beside)),
    ]
    assert keep_folder(pipeline.request(), pipeline.workspace) == {}


def test_settings_travel_as_they_are(pipeline: Pipeline) -> None:
    given = msgspec.msgpack.decode(packed(pipeline.workspace), type=Given)
    settings = pipeline.workspace.settings
    assert (given.directory, given.store) == (str(settings.directory), settings.store)
    assert (given.history, given.lease, given.queues) == (settings.history, 7.0, settings.queues)
