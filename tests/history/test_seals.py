"""Whatever names a value that is loaded is signed with the team's key, or it is not loaded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jupyter_pipes.cli.main import main
from jupyter_pipes.history import opened
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.history.seals import Seals, unsigned
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ConfigurationError, UntrustedStore
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.runs import repeat
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from jupyter_pipes.storage.signing import Signer

KEY = "the key of the team, of 32 bytes"
CELLS = ("%%params\nn: int = 1", "%%step make\nx = [n]\ny = [n + 1]")

Pipelines = Callable[..., Pipeline]


@pytest.fixture(autouse=True)
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", KEY)
    _sign(tmp_path)


def _sign(folder: Path) -> None:
    (folder / "pipes.toml").write_text('signing = { variable = "TEAM_KEY" }')
    _forget()


def _do_not_sign(folder: Path) -> None:
    (folder / "pipes.toml").write_text("")
    _forget()


def _forget() -> None:
    """Have the next pipeline be that of another process, which has opened nothing yet."""
    opened.forget()


def _database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / ".jupyter_pipes" / "history.db", isolation_level=None)


def _kept(pipeline: Pipeline, run: str = "last") -> Run:
    """Return a run as it is kept."""
    return find_run(pipeline.workspace, run)


def test_what_the_team_signed_is_loaded_and_reused(pipeline_of: Pipelines) -> None:
    pipeline_of(*CELLS).run(debug=True)
    pipeline = pipeline_of(*CELLS)
    assert _kept(pipeline)["x"] == [1]
    assert pipeline.run(debug=True).steps["make"].status is Status.CACHED


def test_the_key_is_written_nowhere(pipeline_of: Pipelines, tmp_path: Path) -> None:
    pipeline_of(*CELLS).run(debug=True)
    kept = [path.read_bytes() for path in (tmp_path / ".jupyter_pipes").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert not any(KEY.encode() in content for content in kept)


def test_what_nobody_signed_is_not_loaded_and_runs_again(pipeline_of: Pipelines, tmp_path: Path) -> None:
    _do_not_sign(tmp_path)
    pipeline_of(*CELLS).run(debug=True)
    _sign(tmp_path)
    pipeline = pipeline_of(*CELLS)
    with pytest.raises(UntrustedStore, match="'x' is not signed with the key"):
        _ = _kept(pipeline)["x"]
    (planned,) = pipeline.plan().steps
    assert planned.decision == "run"
    assert planned.reasons[0].endswith("is not signed by the team")
    assert pipeline.run(debug=True).steps["make"].status is Status.COMPLETED
    assert _kept(pipeline_of(*CELLS))["x"] == [1]


def test_who_says_that_it_is_trusted_loads_it(pipeline_of: Pipelines, tmp_path: Path) -> None:
    _do_not_sign(tmp_path)
    pipeline_of(*CELLS).run(debug=True)
    _sign(tmp_path)
    run = _kept(pipeline_of(*CELLS)).trust()
    assert (run["x"], repeat.given_parameters(run)) == ([1], {})


def test_parameters_of_a_run_that_nobody_signed_are_not_loaded(
    pipeline_of: Pipelines, tmp_path: Path
) -> None:
    """They are pickled as well: taking a run up, or repeating it, loads them."""
    _do_not_sign(tmp_path)
    pipeline_of(*CELLS).run(debug=True, params={"n": 2})
    _sign(tmp_path)
    run = _kept(pipeline_of(*CELLS))
    for load in (lambda: repeat.given_parameters(run), lambda: repeat.kept_request(run.workspace, run.view)):
        with pytest.raises(UntrustedStore, match="is not signed with the key"):
            load()


def _swap(body: str) -> str:
    return body.replace('"name":"x"', '"name":"?"').replace('"name":"y"', '"name":"x"').replace('"?"', '"y"')


def test_options_that_nobody_signed_are_computed_anew() -> None:
    content = ResultContent(told=ToldOptions("sources", StepOptions(container="evil")))
    row = {"signature": "s", "run": "r", "parts": "p", "kept": msgspec.msgpack.encode(content)}
    seals = Seals(Signer(KEY.encode()))
    _, sealed = seals.sealed(("add_result", row))
    told = [seals.result("s", "r", "p", each["kept"]).told for each in (row, sealed)]
    assert told == [None, content.told]


def test_names_that_somebody_swapped_are_found(pipeline_of: Pipelines, tmp_path: Path) -> None:
    pipeline_of(*CELLS).run(debug=True)
    with closing(_database(tmp_path)) as database:
        database.create_function("swapped", 1, _swap)
        database.execute("UPDATE events SET body = swapped(body)")
    with pytest.raises(UntrustedStore, match="not signed"):
        _ = _kept(pipeline_of(*CELLS))["x"]


def test_records_of_another_run_are_found(pipeline_of: Pipelines, tmp_path: Path) -> None:
    first = pipeline_of(*CELLS).run(debug=True).id
    second = pipeline_of(*CELLS).run(debug=True, params={"n": 5}).id
    with closing(_database(tmp_path)) as database:
        names_x = 'body LIKE \'%ArtifactStored%"name":"x"%\''
        theirs = f"SELECT body FROM events WHERE run = ? AND {names_x}"
        database.execute(f"UPDATE events SET body = ({theirs}) WHERE run = ? AND {names_x}", (first, second))
    with pytest.raises(UntrustedStore, match="not signed"):
        _ = _kept(pipeline_of(*CELLS), second)["x"]


def test_a_result_under_another_signature_is_not_reused(pipeline_of: Pipelines, tmp_path: Path) -> None:
    pipeline_of(*CELLS).run(debug=True)
    pipeline_of(*CELLS).run(debug=True, params={"n": 5})
    with closing(_database(tmp_path)) as database:
        database.execute("UPDATE results SET kept = (SELECT kept FROM results ORDER BY id LIMIT 1)")
    again = pipeline_of(*CELLS).run(debug=True, params={"n": 5})
    assert (again.steps["make"].status, again["x"]) == (Status.COMPLETED, [5])


def test_another_key_signs_nothing_of_the_team(
    pipeline_of: Pipelines, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline_of(*CELLS).run(debug=True)
    monkeypatch.setenv("TEAM_KEY", KEY.upper())
    _forget()
    with pytest.raises(UntrustedStore, match="not signed"):
        _ = _kept(pipeline_of(*CELLS))["x"]


def test_indexes_that_are_made_again_make_nothing_signed(pipeline_of: Pipelines, tmp_path: Path) -> None:
    _do_not_sign(tmp_path)
    pipeline_of(*CELLS).run(debug=True)
    _sign(tmp_path)
    assert main(["history", "rebuild", "--directory", str(tmp_path)]) == 0
    assert pipeline_of(*CELLS).run(debug=True).steps["make"].status is Status.COMPLETED


def test_a_document_that_is_not_what_its_name_says_is_damaged(pipeline_of: Pipelines, tmp_path: Path) -> None:
    pipeline_of(*CELLS).run(debug=True)
    with closing(_database(tmp_path)) as database:
        database.execute("UPDATE documents SET body = ?", (b"p" + json.dumps({}).encode(),))
    run = _kept(pipeline_of(*CELLS))
    with pytest.raises(Exception, match="is damaged"):
        repeat.given_parameters(run)


def test_who_has_no_key_reads_what_is_signed(pipeline_of: Pipelines, tmp_path: Path) -> None:
    pipeline_of(*CELLS).run(debug=True)
    _do_not_sign(tmp_path)
    pipeline = pipeline_of(*CELLS)
    assert _kept(pipeline)["x"] == [1]
    assert pipeline.run(debug=True).steps["make"].status is Status.CACHED


def test_a_key_that_is_not_there_is_said(pipeline_of: Pipelines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAM_KEY")
    _forget()
    with pytest.raises(ConfigurationError, match="TEAM_KEY is not set"):
        pipeline_of(*CELLS).run(debug=True)


def test_files_of_a_folder_that_nobody_signed_are_marked(pipeline_of: Pipelines, tmp_path: Path) -> None:
    """Modules are among them, which a controller elsewhere would run."""
    _do_not_sign(tmp_path)
    run = pipeline_of(*CELLS).run(debug=True)
    journal = run.workspace.history.journal(run.id)
    journal.append(ev.FolderKept({"lib.py": "d"}), run.workspace.history.view(run.id))
    _sign(tmp_path)
    assert _kept(pipeline_of(*CELLS)).view.folder == {"lib.py": unsigned("d")}
