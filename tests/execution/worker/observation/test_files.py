"""Which files a step reads and writes is seen, whichever library or process opens them."""

from __future__ import annotations

import glob
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.execution.worker.observation import files, native
from jupyter_pipes.execution.worker.observation.files import UNKNOWN, FileWatch
from jupyter_pipes.execution.worker.observation.listings import file_time
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.system.threads import own_pool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or native.new_group() < 0, reason="the system tells no opens"),
]

TEXT = "v\n1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import polars as pl

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text(TEXT)
    pl.DataFrame({"v": [1]}).write_parquet(tmp_path / "data" / "x.parquet")
    monkeypatch.chdir(tmp_path)
    # The clock that files have their times from goes in steps.
    while file_time() <= max(path.stat().st_ctime_ns for path in (tmp_path / "data").iterdir()):
        pass
    return tmp_path


def observed(
    act: Callable[[], object], project: Path, named: tuple[FileSeen, ...] = ()
) -> tuple[dict[str, str], set[str]]:
    """The files read, with their digests, and the files written, by their paths within the project."""
    watch = FileWatch(project, str(project / "store"), named)
    with watch.watching(is_alone=True):
        act()
    read = {os.path.relpath(seen.path, project): seen.digest for seen in watch.seen()}
    return read, {os.path.relpath(path, project) for path in watch.written()}


def _pandas_csv() -> None:
    import pandas as pd

    pd.read_csv("data/x.csv")


def _pandas_parquet() -> None:
    import pandas as pd

    pd.read_parquet(Path("data") / "x.parquet")


def _polars(name: str) -> None:
    import polars as pl

    if name.endswith("csv"):
        pl.scan_csv(f"data/{name}").collect()
    else:
        pl.read_parquet(f"data/{name}")


def _duckdb(name: str = "x.parquet") -> None:
    import duckdb

    duckdb.sql(f"SELECT * FROM 'data/{name}'").fetchall()


def _dataset() -> None:
    import pyarrow.dataset as ds

    ds.dataset("data", format="parquet", exclude_invalid_files=True).to_table()


def _forked(act: Callable[[], object] = lambda: Path("data/x.csv").read_text()) -> None:
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    os.waitpid(pid, 0)


READS: dict[str, tuple[Callable[[], object], set[str]]] = {
    "open": (lambda: Path("data/x.csv").read_text(), {"data/x.csv"}),
    "pandas, text": (_pandas_csv, {"data/x.csv"}),
    "pandas, parquet": (_pandas_parquet, {"data/x.parquet"}),
    "polars, text": (lambda: _polars("x.csv"), {"data/x.csv"}),
    "polars, parquet": (lambda: _polars("x.parquet"), {"data/x.parquet"}),
    "DuckDB": (_duckdb, {"data/x.parquet"}),
    "a folder as a dataset": (_dataset, {"data/x.csv", "data/x.parquet"}),
    "a command": (lambda: subprocess.run(["cat", "data/x.csv"], capture_output=True), {"data/x.csv"}),
    "a shell line": (lambda: os.system("sort < 'data/x.csv' | wc -l > /dev/null"), {"data/x.csv"}),
    "a command elsewhere": (
        lambda: subprocess.run("cat x.csv", shell=True, cwd="data", capture_output=True),
        {"data/x.csv"},
    ),
    "a forked process": (_forked, {"data/x.csv"}),
}


@pytest.mark.parametrize(("read", "files"), READS.values(), ids=READS)
def test_what_is_read_is_seen_with_its_content(
    project: Path, read: Callable[[], object], files: set[str]
) -> None:
    seen, written = observed(read, project)
    assert seen == {name: digest((project / name).read_bytes()) for name in files}
    assert written == set()


def _parquet_made() -> None:
    import polars as pl

    pl.DataFrame({"v": [2]}).write_parquet("made.parquet")
    pl.read_parquet("made.parquet")


def _folder_made() -> None:
    import polars as pl

    Path("made/deep").mkdir(parents=True)
    pl.DataFrame({"v": [2]}).write_parquet("made/deep/a.parquet")
    pl.read_parquet("made/deep/a.parquet")


def _database(*statements: str) -> None:
    connection = sqlite3.connect("made.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _scratch() -> None:
    Path("made.txt").write_text("a")
    Path("made.txt").read_text()


def _appended() -> None:
    with Path("made.log").open("a") as log:
        log.write("more\n")


def _moved() -> None:
    Path("draft").write_text("a")
    Path("draft").replace("made.txt")


def _folder_moved() -> None:
    Path("draft").mkdir()
    Path("draft/a.txt").write_text("a")
    Path("draft").rename("made")


def _imports() -> None:
    Path("near.py").write_text("x = 1\n")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        __import__("near")
    finally:
        sys.path.pop(0)


LISTS: dict[str, tuple[Callable[[], object], dict[str, tuple[str, ...]]]] = {
    "os.listdir": (lambda: os.listdir("data"), {"data": ("x.csv", "x.parquet")}),  # noqa: PTH208
    "of the folder that it runs in": (os.listdir, {".": ("data",)}),
    "os.walk": (lambda: list(os.walk("data")), {"data": ("x.csv", "x.parquet")}),
    "glob": (lambda: glob.glob("data/*.csv"), {"data": ("x.csv", "x.parquet")}),  # noqa: PTH207
    "Path.iterdir": (lambda: list(Path("data").iterdir()), {"data": ("x.csv", "x.parquet")}),
    "Path.glob": (lambda: list(Path("data").glob("*.csv")), {"data": ("x.csv", "x.parquet")}),
    "Path.rglob": (lambda: list(Path("data").rglob("*")), {"data": ("x.csv", "x.parquet")}),
    "Path.glob where nothing is": (lambda: list(Path("none").glob("*")), {"none": ()}),
    "glob where nothing is": (lambda: glob.glob("none/*.csv"), {"none": ()}),  # noqa: PTH207
    "polars": (lambda: _polars("*.parquet"), {"data": ("x.csv", "x.parquet")}),
    "DuckDB": (lambda: _duckdb("*.parquet"), {"data": ("x.csv", "x.parquet")}),
    "a forked process": (lambda: _forked(lambda: os.listdir("data")), {"data": ("x.csv", "x.parquet")}),  # noqa: PTH208
    "an import": (_imports, {}),
    "a database": (lambda: _database("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"), {}),
}


@pytest.mark.parametrize(("act", "folders"), LISTS.values(), ids=LISTS)
def test_folders_that_are_listed_are_seen_with_what_is_in_them(
    project: Path, act: Callable[[], object], folders: dict[str, tuple[str, ...]]
) -> None:
    watch = FileWatch(project, str(project / "store"))
    with watch.watching(is_alone=True):
        act()
    assert {os.path.relpath(seen.path, project): seen.names for seen in watch.listed()} == folders


def test_what_came_into_a_folder_meanwhile_was_not_listed_by_compiled_code(project: Path) -> None:
    watch = FileWatch(project, str(project / "store"))
    with watch.watching(is_alone=True):
        _polars("*.parquet")
        (project / "data" / "y.parquet").write_bytes(b"")
    assert [seen.names for seen in watch.listed()] == [("x.csv", "x.parquet")]


WRITES: dict[str, tuple[Callable[[], object], set[str]]] = {
    "written and read again": (_scratch, {"made.txt"}),
    "appended to": (_appended, {"made.log"}),
    "moved there": (_moved, {"made.txt"}),
    "a folder moved there": (_folder_moved, {"made/a.txt"}),
    "by a library": (_parquet_made, {"made.parquet"}),
    "by a library, in a new folder": (_folder_made, {"made/deep/a.parquet"}),
    "a database": (lambda: _database("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"), {"made.db"}),
    "a database with a log": (
        lambda: _database("PRAGMA journal_mode=wal", "CREATE TABLE t (x)"),
        {"made.db"},
    ),
    "gone at the end": (lambda: (Path("made.txt").write_text("a"), Path("made.txt").unlink()), set()),
}


@pytest.mark.parametrize(("write", "files"), WRITES.values(), ids=WRITES)
def test_what_is_written_is_not_read(project: Path, write: Callable[[], object], files: set[str]) -> None:
    assert observed(write, project) == ({}, files)


def test_a_shell_line_that_writes_over_a_file_has_written_it(project: Path) -> None:
    (project / "out.txt").write_text("old")
    assert observed(lambda: os.system("sort data/x.csv > out.txt"), project)[1] == {"out.txt"}


def test_what_a_command_line_names_and_what_it_starts_makes_is_written(project: Path) -> None:
    script = "import sys; open(sys.argv[1], 'w').write('a')"
    assert observed(lambda: subprocess.run([sys.executable, "-c", script, "out.txt"]), project) == (
        {},
        {"out.txt"},
    )


def test_a_database_that_is_only_asked_is_read(project: Path) -> None:
    _database("CREATE TABLE t (x)")
    seen, written = observed(lambda: _database("SELECT * FROM t"), project)
    assert (set(seen), written) == ({"made.db"}, set())


def test_what_is_read_and_then_written_is_both_with_what_was_there_before(project: Path) -> None:
    def update() -> None:
        path = Path("data/x.csv")
        path.write_text(path.read_text() + "2\n")

    assert observed(update, project) == ({"data/x.csv": digest(TEXT)}, {"data/x.csv"})


def test_what_is_read_and_then_removed_has_no_digest_and_stood_in_no_folder(project: Path) -> None:
    """In the next run it is not there, which is no change; when it comes again, it is read anew."""

    def take_up() -> None:
        for path in Path("data").iterdir():
            path.read_bytes()
            path.unlink()

    watch = FileWatch(project, str(project / "store"))
    with watch.watching(is_alone=True):
        take_up()
    read = {os.path.relpath(seen.path, project): seen.digest for seen in watch.seen()}
    assert read["data/x.csv"] == ""
    assert [seen.names for seen in watch.listed()] == [()]


def test_a_file_that_somebody_changes_after_it_was_read_held_nobody_knows_what(project: Path) -> None:
    def read() -> None:
        Path("data/x.csv").read_text()
        script = (
            "import pathlib; pathlib.Path('data').joinpath('x' + '.csv').write_text('longer than before')"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    assert observed(read, project)[0] == {"data/x.csv": UNKNOWN}


def test_a_file_that_others_change_within_the_tick_in_which_it_was_opened_held_nobody_knows_what(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Size and times are as they were: only what the file held tells it."""
    monkeypatch.setattr(files, "file_stamp", lambda path: "same")
    monkeypatch.setattr(files, "may_change_unseen", lambda path: True)
    script = "import pathlib; pathlib.Path('data').joinpath('x' + '.csv').write_text('v\\n2\\n')"

    def read() -> None:
        Path("data/x.csv").read_text()
        subprocess.run([sys.executable, "-c", script], check=True)

    assert observed(read, project)[0] == {"data/x.csv": UNKNOWN}


def test_a_file_that_stays_as_it_was_opened_within_a_tick_is_known(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "may_change_unseen", lambda path: True)
    assert observed(Path("data/x.csv").read_text, project)[0] == {"data/x.csv": digest(TEXT)}


def test_a_file_that_the_code_names_counts_unless_the_step_writes_it(project: Path) -> None:
    named = (FileSeen("data/x.csv", "before"), FileSeen("made.txt", "old"), FileSeen("none.txt", ""))
    assert observed(_scratch, project, named) == ({"data/x.csv": "before"}, {"made.txt"})


def test_a_file_outside_of_the_folder_counts_where_the_code_names_it(project: Path) -> None:
    def write() -> None:
        import polars as pl

        Path("../named.txt").write_text("a")
        Path("../unnamed.txt").write_text("a")
        pl.DataFrame({"v": [2]}).write_parquet("../named.parquet")

    (project / "notebooks").mkdir()
    os.chdir(project / "notebooks")
    named = tuple(FileSeen(f"../named.{kind}", "") for kind in ("txt", "parquet"))
    read, written = observed(write, project / "notebooks", named)
    assert (read, written) == ({}, {"../named.txt", "../named.parquet"})


def test_hidden_folders_modules_and_what_other_processes_open_do_not_count(project: Path) -> None:
    def act() -> None:
        Path(".cache").mkdir()
        Path(".cache/a.parquet").write_text("a")
        Path("module.py").read_text()
        subprocess.run([sys.executable, "-c", "open('data/' + 'x.csv').read()"], check=True)

    (project / "module.py").write_text("x = 1")
    seen, written = observed(act, project)
    assert (seen, written - {".cache/a.parquet"}) == ({}, set())


def test_files_in_a_folder_elsewhere_that_the_code_names_count(project: Path) -> None:
    def act() -> None:
        _polars_elsewhere("../data/x.parquet")
        Path("../data/x.csv").read_text()
        Path("../data/made.txt").write_text("a")

    (project / "notebooks").mkdir()
    os.chdir(project / "notebooks")
    read, written = observed(act, project / "notebooks", (FileSeen("../data/", ""),))
    assert set(read) == {"../data/x.parquet", "../data/x.csv"}
    assert written == {"../data/made.txt"}


def _polars_elsewhere(path: str) -> None:
    import polars as pl

    pl.read_parquet(path)


def test_what_our_threads_open_beside_a_step_is_not_the_steps(project: Path) -> None:
    """A debugged step has the controller in its process, which brings back and syncs files of others."""

    def bring_back() -> None:
        draft = Path("data/.draft")
        draft.write_text(TEXT)
        draft.read_text()
        draft.replace("data/copy.csv")

    watch = FileWatch(project, str(project / "store"))
    with watch.watching(is_alone=False), own_pool(1) as ours:
        ours.submit(bring_back).result()
        Path("data/x.csv").read_text()
    assert [os.path.relpath(seen.path, project) for seen in watch.seen()] == ["data/x.csv"]
    assert not watch.written()


def test_what_is_left_out_is_neither_read_nor_written(project: Path) -> None:
    """Before and after it was said, in a folder that the step makes, and of what begins alike only itself."""

    def act() -> None:
        Path("data/x.csv").read_text()
        Path("data/x.csv.old").write_text("")
        files.leave_out("data/x.csv")
        files.leave_out("made/away")
        Path("made/away").mkdir(parents=True)
        Path("made/away/a.txt").write_text("")
        Path("made/b.txt").write_text("")

    assert observed(act, project) == ({}, {"data/x.csv.old", "made/b.txt"})
