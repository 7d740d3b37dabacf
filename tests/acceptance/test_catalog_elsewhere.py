"""A catalog whose names stand in a database, an object store and a format of a package; secrets stay out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.placeholders import with_variables
from jupyter_pipes.storage.catalog.reading import read
from jupyter_pipes.storage.catalog.writing import look, write
from tests import s3
from tests.acceptance.project import Project
from tests.databases import postgresql
from tests.storage.catalog.kinds_of_frames import FRAMES, is_same

SECRET = "hush-hush-4711"
SETTINGS = """\
[catalog]
prices = {{ format = "sql", path = "{database}", table = "prices_{{params.n}}" }}
parts = {{ format = "parquet", path = "s3://shop/{{params.n}}/parts.parquet" }}
notes = {{ format = "lines", path = "out/notes.lines", save = {{ end = "!" }} }}
"""
MAKING = """\
%%step make
import pandas as pd

prices = pd.DataFrame({"part": ["a", "b"], "price": [1.5, float(n)]})
prices["day"] = pd.to_datetime(["2026-01-01", "2026-01-02"])
parts = prices.assign(part=prices.part.astype("category"))
notes = ["one", "two"]
"""
READING = """\
%%step read
total = prices.price.sum() + len(notes)
types = [str(prices.day.dtype)[:10], str(parts.part.dtype), notes[1]]
"""
PACKAGE = """\
class Lines:
    ending = ".lines"
    read = "lines:read"

    def write(self, value, path, **options):
        path.write_text("\\n".join(value) + options["end"])


def read(path):
    with open(path) as file:
        return file.read().split("\\n")


made = Lines()
"""


@contextmanager
def places() -> Generator[str]:
    """Servers of PostgreSQL and S3, with a bucket; gives the URL of the database."""
    with postgresql() as url, s3.running_server() as server:
        server.make_bucket("shop")
        yield url.replace("test@", "test:{env.SHOP_PASSWORD}@")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a format, installed."""
    folder = tmp_path / "installed"
    (folder / "lines-1.dist-info").mkdir(parents=True)
    (folder / "lines.py").write_text(PACKAGE)
    (folder / "lines-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lines\nVersion: 1\n")
    points = "[jupyter_pipes.formats]\nlines = lines:made\n"
    (folder / "lines-1.dist-info" / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")


def check_losses(url: str, folder: Path) -> None:
    """What PostgreSQL loses of a frame is told before it is written and afterwards, and is really lost."""
    for kind, value in FRAMES.items():
        entry = Entry("x", "sql", url, table="kinds")
        ahead, came = look(entry, value), write(entry, url, value, folder)
        assert (came.losses, bool(came.error)) == (ahead.losses, bool(ahead.error)), kind
        if not came.error:
            is_readable = "cannot be read again" not in str(came.losses)
            is_kept = is_readable and is_same(value, read(entry, with_variables(url)))
            assert is_kept == (came.losses == ()), (kind, came.losses)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("package")
def test_tables_objects_and_formats_of_packages_are_written_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values of two parameters stand side by side; what the variable holds is kept nowhere."""
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    folder = tmp_path / "shop"
    folder.mkdir()
    with places() as database:
        (folder / "pipes.toml").write_text(SETTINGS.format(database=database))
        project = Project(folder, "%%params\nn: int = 2", MAKING)
        # "two" is read as "two!".
        assert list(project.run().steps["make"].notes) == ["out/notes.lines: lines gives back another value"]
        project.run(params={"n": 3})
        assert (folder / "out" / "notes.lines").read_text() == "one\ntwo!"
        project.write("%%params\nn: int = 2", READING)
        two, three = project.run(), project.run(params={"n": 3})
        assert (two["total"], three["total"]) == (5.5, 6.5)
        assert two["types"] == ["datetime64", "category", "two!"]
        assert project.jupyter_pipes("export", "study.ipynb", "study.py").code == 0
        assert project.jupyter_pipes("report", "last", "page.html", "--notebook", "study.ipynb").code == 0
        failed = project.jupyter_pipes("get", "study.ipynb", "prices", "-p", "n=9")
        check_losses(database, folder)
    assert failed.code != 0
    assert SECRET not in failed.out + failed.err
    kept = [file for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert kept == []
