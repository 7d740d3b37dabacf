"""Rules of writing: each format gives back what was written, or says what is lost; whole files or none."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.reading import read
from jupyter_pipes.storage.catalog.writing import look, write

FRAME = pd.DataFrame({"a": [1, 2], "x": pd.Categorical(["u", "v"])}, index=pd.Index([5, 6], name="key"))
PLAIN = pd.DataFrame({"a": [1, 2], "b": ["u", "v"]})
CASES: list[tuple[Entry, str, Any, tuple[str, ...]]] = [
    (Entry("x", "parquet"), "x.parquet", FRAME, ()),
    (Entry("x", "feather"), "x.feather", PLAIN, ()),
    (Entry("x", "excel"), "x.xlsx", PLAIN, ()),
    (
        Entry("x", "excel"),
        "x.xlsx",
        PLAIN[["b"]].astype("category"),
        ("excel loses the category dtype of b (it comes back as str)",),
    ),
    (Entry("x", "pickle"), "x.pkl", FRAME, ()),
    (Entry("x", "csv"), "x.csv", PLAIN, ()),
    (
        Entry("x", "csv"),
        "x.csv",
        FRAME,
        ("csv loses the category dtype of x (it comes back as str)", "csv loses the index"),
    ),
    (Entry("x", "csv", save={"sep": ";"}, load={"sep": ";"}), "x.csv", PLAIN, ()),
    (Entry("x", "parquet"), "x.parquet", pl.DataFrame({"d": [1, 2]}), ()),
    (
        Entry("x", "csv"),
        "x.csv",
        pl.DataFrame({"d": [1, 2]}, schema={"d": pl.Int8}),
        ("csv loses the Int8 dtype of d (it comes back as Int64)",),
    ),
    (Entry("x", "parquet"), "x.parquet", pa.table({"d": [1, 2]}), ()),
    (Entry("x", "json"), "x.json", {"a": [1, 2.5, None, "é"]}, ()),
    (
        Entry("x", "json"),
        "x.json",
        {"a": (1, 2)},
        ("json gives back a list, not a tuple",),
    ),
    (Entry("x", "npy"), "x.npy", np.arange(3, dtype="int8"), ()),
    (Entry("x", "text"), "x.txt", "zwölf\n", ()),
    (Entry("x", "png"), "x.png", b"\x89PNG", ()),
]


@pytest.mark.parametrize(("entry", "place", "value", "lost"), CASES)
def test_what_is_written_is_read_again_and_what_differs_is_told(
    entry: Entry, place: str, value: Any, lost: tuple[str, ...], tmp_path: Path
) -> None:
    """The types that a format keeps are those that its library gives back."""
    written = write(entry, f"sub/{place}", value, tmp_path)
    assert (written.error, written.losses) == ("", lost)
    assert written.state
    if entry.format != "png" and not lost:
        library = type(value).__module__.partition(".")[0]
        back = read(entry, str(tmp_path / "sub" / place), library if library in ("polars", "pyarrow") else "")
        assert type(back) is type(value)
        assert repr(back) == repr(value)
    assert [each.name for each in (tmp_path / "sub").iterdir()] == [place]


def test_a_strict_entry_writes_nothing_that_loses_types(tmp_path: Path) -> None:
    """What stood there stays."""
    (tmp_path / "x.csv").write_text("before")
    written = write(Entry("x", "csv", strict=True), "x.csv", FRAME, tmp_path)
    assert written.error.endswith("(strict = true: nothing was written)")
    assert "csv loses the category dtype of x" in written.error
    assert (tmp_path / "x.csv").read_text() == "before"


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        (Entry("x", "csv"), 3, "TypeError: csv has no values of the type int"),
        (Entry("x", "text"), 3, "TypeError: a int is no text"),
        (Entry("x", "json"), object(), "TypeError: Object of type object is not JSON serializable"),
        (Entry("x", "png"), 3, "TypeError: a int is no picture"),
        (Entry("x", "csv", save={"no_such": 1}), PLAIN, "no_such"),
    ],
)
def test_what_a_format_cannot_hold_is_an_error_and_leaves_no_file(
    entry: Entry, value: object, words: str, tmp_path: Path
) -> None:
    """The library's own words are told."""
    assert words in write(entry, "x", value, tmp_path).error
    assert not list(tmp_path.iterdir())


def test_what_variables_hold_is_told_by_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy repeats what it was given."""
    monkeypatch.setenv("PW", "hush")
    entry = Entry("x", "sql", table="x")
    error = write(entry, "no-such-hush://me:{env.PW}@host/db", PLAIN, tmp_path).error
    assert error
    assert "hush" not in error


def test_a_table_is_replaced_in_one_transaction(tmp_path: Path) -> None:
    """A strict entry that would lose types leaves the table as it was."""
    url = f"sqlite:///{tmp_path / 'new' / 'shop.db'}"
    assert write(Entry("x", "sql", table="t"), url, PLAIN, tmp_path).error == ""
    database = sqlite3.connect(tmp_path / "new" / "shop.db")
    assert database.execute("select * from t").fetchall() == [(1, "u"), (2, "v")]
    wide = PLAIN.assign(a=pd.Series([1, 2], dtype="int8"))
    strict = write(Entry("x", "sql", table="t", strict=True), url, wide[["a"]], tmp_path)
    assert "sql loses the int8 dtype of a" in strict.error
    assert database.execute("select * from t").fetchall() == [(1, "u"), (2, "v")]


def test_a_file_of_another_file_system_is_written_and_its_state_known(tmp_path: Path) -> None:
    """Its state is what that file system tells of its content, and changes with it."""
    one = write(Entry("x", "json", path="memory://a/x.json"), "memory://a/x.json", {"a": 1}, tmp_path)
    two = write(Entry("x", "json", path="memory://a/x.json"), "memory://a/x.json", {"a": 22}, tmp_path)
    assert (one.error, two.error) == ("", "")
    assert one.state != two.state
    assert read(Entry("x", "json"), "memory://a/x.json") == {"a": 22}


def test_what_would_come_of_a_value_is_told_without_writing_it(tmp_path: Path) -> None:
    assert look(Entry("x", "csv", "x.csv"), FRAME).losses[0].startswith("csv loses the category dtype")
    assert look(Entry("x", "csv", "x.csv"), {}).error == "TypeError: csv has no values of the type dict"
    assert list(tmp_path.iterdir()) == []
