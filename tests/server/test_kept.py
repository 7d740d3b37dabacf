"""A notebook's last run is read from what is kept, as a kernel would show it, and nothing is touched."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest

from jupyter_pipes.display.board.model import Board
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ConfigurationError, StoreError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.server.kept import KeptPipeline, kept_boards
from jupyter_pipes.server.places import Place
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow

CELLS = (
    "%%params\nn: int = 3",
    "def twice(value):\n    return 2 * value",
    "%%step load\nraw = list(range(n))",
    "%%step clean\nclean = [twice(each) for each in raw]",
    "%%step alone\nother = 1",
)


def shown(folder: Path, name: str = "made") -> Board:
    return KeptPipeline(Place(folder / f"{name}.ipynb", folder)).shown().board


def content_of(folder: Path) -> dict[str, str]:
    """Return file -> digest; of all but the memory that SQLite's readers share."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_notebook_that_never_ran_has_its_steps_and_no_folder_is_made(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline_of(*CELLS)
    board = shown(tmp_path)
    assert board.heading.run is None
    assert [(step.name, step.status) for step in board.steps] == [
        (name, Status.PENDING) for name in ("load", "clean", "alone")
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["made.ipynb"]


def test_each_pipeline_of_a_notebook_has_its_board_the_own_before_others(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    cells = ("%%step load\nxs = [1]", "%pipeline use daily", "%%step load\nxs = [2]", "%%step last\n1")
    place = Place(Path(pipeline_of(*cells).origin), tmp_path)
    Pipeline.from_notebook(place.notebook, "daily").run("load")
    told = [
        (each.pipeline, [(step.name, step.status) for step in each.board.steps])
        for each in kept_boards(place)
    ]
    assert told == [
        ("", [("load", Status.PENDING)]),
        ("daily", [("load", Status.COMPLETED), ("last", Status.PENDING)]),
    ]
    pipeline_of("x = 1", *cells[1:])
    (board,) = kept_boards(place)
    assert (board.pipeline, board.board.heading.in_use) == ("daily", False)


def test_the_last_run_is_shown_without_writing_or_unpickling(
    pipeline_of: MakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline_of(*CELLS).run("load")
    last = pipeline_of(*CELLS).run("clean", params={"n": 2})
    before = content_of(tmp_path)
    monkeypatch.setattr(pickle, "loads", lambda *_, **__: pytest.fail("something was unpickled"))
    monkeypatch.setattr(pickle, "Unpickler", lambda *_, **__: pytest.fail("something was unpickled"))
    board = shown(tmp_path)
    assert board.heading.run is not None
    assert (board.heading.run.id, board.heading.run.parameters) == (last.id, {"n": "2"})
    statuses = {step.name: (step.status, step.stale) for step in board.steps}
    assert statuses["clean"] == (Status.COMPLETED, "")
    assert statuses["alone"] == (Status.PENDING, "")
    assert content_of(tmp_path) == before


def test_steps_whose_code_was_edited_since_are_stale_with_what_hangs_on_them(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline_of(*CELLS).run()
    pipeline_of(*CELLS[:2], "%%step load\n# said twice\nraw = list(range(n))", *CELLS[3:])
    assert {step.name: step.stale for step in shown(tmp_path).steps if step.stale} == {}
    pipeline_of(*CELLS[:2], "%%step load\nraw = list(range(n + 1))", *CELLS[3:])
    assert {step.name: step.stale for step in shown(tmp_path).steps if step.stale} == {
        "load": "edited since this run",
        "clean": "hangs on load, which was edited since this run",
    }
    pipeline_of(CELLS[0], "def twice(value):\n    return value + value", *CELLS[2:])
    assert [step.name for step in shown(tmp_path).steps if step.stale] == ["clean"]


def test_a_run_whose_controller_is_gone_is_shown_as_interrupted_and_stays_as_it_is(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline = pipeline_of(*CELLS)
    finished = pipeline.run()
    start = next(record.event for record in pipeline.workspace.history.records(finished.id))
    assert isinstance(start, ev.RunStarted)
    log = pipeline.workspace.history.journal("20990101-000000-dead")
    log.append(start, type(finished.view)("20990101-000000-dead"))
    board = shown(tmp_path)
    assert board.heading.run is not None
    assert (board.heading.run.id, board.heading.run.status) == ("20990101-000000-dead", Status.INTERRUPTED)
    assert pipeline.workspace.history.view("20990101-000000-dead").status is Status.RUNNING


def test_runs_of_another_notebook_of_the_same_name_are_not_shown(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").touch()
    pipeline_of(*CELLS, folder=tmp_path / "one").run("alone")
    pipeline_of(*CELLS, folder=tmp_path / "two")
    place = Place(tmp_path / "two" / "made.ipynb", tmp_path)
    assert KeptPipeline(place).shown().board.heading.run is None


@pytest.mark.parametrize("history", ["sqlite:///{outside}/history.db", "postgresql://db.invalid/runs"])
def test_a_history_that_the_server_does_not_show_is_not_opened(
    history: str, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    pipeline_of(*CELLS, folder=root)
    (root / "pipes.toml").write_text(f'history = "{history.format(outside=outside)}"')
    with pytest.raises(ConfigurationError, match="outside the folder that this server shows"):
        shown(root)
    assert not outside.exists()


def test_a_history_of_another_version_stays_as_it_is(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    pipeline = pipeline_of(*CELLS)
    pipeline.run("alone")
    with pipeline.workspace.history.database.exclusive() as transaction:
        transaction.connection.exec_driver_sql("UPDATE settings SET value = '3' WHERE name = 'schema'")
    pipeline.workspace.history.close()
    before = content_of(tmp_path)
    with pytest.raises(StoreError, match="load it in a kernel"):
        shown(tmp_path)
    assert content_of(tmp_path) == before


def test_a_step_of_another_run_stands_as_it_is_kept(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    first = pipeline_of(*CELLS).run("alone")
    pipeline_of(*CELLS).run("load")
    alone = next(step for step in shown(tmp_path).steps if step.name == "alone")
    assert (alone.status, alone.source_run) == (Status.COMPLETED, first.id)


def test_runs_under_the_name_that_the_pipeline_was_given_are_found(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline_of(*CELLS).run("alone")
    renamed = pipeline_of(*CELLS)
    renamed.name = "churn"
    last = renamed.run("load")
    board = shown(tmp_path)
    assert board.heading.run is not None
    assert (board.heading.pipeline, board.heading.run.id) == ("churn", last.id)
    # The newest run says which name holds.
    last = pipeline_of(*CELLS).run("load")
    board = shown(tmp_path)
    assert board.heading.run is not None
    assert (board.heading.pipeline, board.heading.run.id) == ("made", last.id)
