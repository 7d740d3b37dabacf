"""A run's folder is laid out where a controller does not see the notebook's: what the team sent, no more."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from jupyter_pipes.execution.executors.remote.programs import GIVEN
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.driver.home import settled
from jupyter_pipes.runs.elsewhere.luggage import Given
from jupyter_pipes.storage.queues import Queue, Tls
from tests.elsewhere import Elsewhere

Prepare = Callable[..., Path]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    (tmp_path / "laptop").mkdir()
    return Elsewhere(tmp_path / "laptop", queue="far")


@pytest.fixture
def home(elsewhere: Elsewhere, tmp_path: Path) -> Path:
    """The folder of a controller that was given the project's settings."""
    home, settings = tmp_path / "home", elsewhere.workspace.settings
    home.mkdir()
    queue = Queue("far", "tls://127.0.0.1:1", tls=Tls("ca", "cert", "key"))
    certificates = {"ca": b"1", "cert": b"2", "key": b"3"}
    given = Given(
        str(settings.directory), settings.store, settings.history, 9.0, {"far": queue}, None, certificates
    )
    (home / GIVEN).write_bytes(msgspec.msgpack.encode(given))
    return home


def test_what_travelled_is_where_steps_look_for_it(elsewhere: Elsewhere, home: Path) -> None:
    store = elsewhere.workspace.store
    elsewhere.add(ev.FolderKept({"data/in.csv": store.put_bytes(b"1"), "lib.py": store.put_bytes(b"x = 1")}))
    workspace = settled(home, "r")
    folder = workspace.settings.directory
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.*")} == {"data/in.csv", "lib.py"}
    assert (folder / "data" / "in.csv").read_bytes() == b"1"
    assert workspace.stands_for == str(elsewhere.workspace.settings.directory)
    assert workspace.folder_now(elsewhere.workspace.settings.directory, "study.ipynb") == folder
    assert workspace.history.view("r").run == "r"


def test_settings_stay_as_they_were_given_and_nobody_else_reads_them(home: Path) -> None:
    workspace = settled(home, "r")
    tls = workspace.queues["far"].tls
    assert tls is not None
    assert [Path(path).read_bytes() for path in (tls.ca_file, tls.cert, tls.key)] == [b"1", b"2", b"3"]
    assert stat.S_IMODE(Path(tls.key).stat().st_mode) == 0o600
    assert (workspace.settings.lease, (home / GIVEN).exists()) == (9.0, False)


@pytest.mark.parametrize("path", ["../out.py", "/tmp/out.py"])
def test_no_file_goes_out_of_the_folder(elsewhere: Elsewhere, home: Path, path: str) -> None:
    elsewhere.add(ev.FolderKept({path: elsewhere.workspace.store.put_bytes(b"x")}))
    with pytest.raises(PipesError, match="nobody of the team can have sent"):
        settled(home, "r")


def test_a_run_whose_files_are_gone_has_failed_with_that(elsewhere: Elsewhere, home: Path) -> None:
    elsewhere.add(ev.FolderKept({"in.csv": "0" * 64}))
    with pytest.raises(PipesError, match="its folder could not be laid out"):
        settled(home, "r")
    view = elsewhere.workspace.history.view("r")
    assert view.status is Status.FAILED
    assert view.reason.startswith("its folder could not be laid out: The artifact")
