"""What is said that a format loses is what a real round trip loses: all of that, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.formats import ending_of, format_named, library_of
from jupyter_pipes.storage.catalog.reading import read
from jupyter_pipes.storage.catalog.writing import Written, look, write
from tests.storage.catalog.kinds_of_frames import COLUMNS, FRAMES, is_same

pytestmark = pytest.mark.filterwarnings("ignore")

OF_FRAMES = (
    "csv",
    "sql",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("parquet", "feather", "json", "excel")),
)


def entry_of(name: str, folder: Path, **fields: Any) -> Entry:
    place = f"sqlite:///{folder / 'x.db'}" if name == "sql" else str(folder / f"x{ending_of(name)}")
    return Entry("x", name, place, table="x" if name == "sql" else "", **fields)


def came_back(entry: Entry, value: Any) -> bool:
    """Return whether what stands in the place is the value, read without what is tested here."""
    library = library_of(value)
    try:
        back = read(entry, entry.path, library if library in format_named(entry.format).reads else "")
    except Exception:  # whatever the library raises: it did not come back
        return False
    return is_same(value, back)


def written(entry: Entry, value: Any, folder: Path) -> Written:
    return write(entry, entry.path, value, folder)


def is_whole(losses: tuple[str, ...]) -> bool:
    """Return whether the frame as a whole is not what it was, whatever else stands in it."""
    return any("read again" in loss or loss.endswith("rows") for loss in losses)


@pytest.mark.parametrize("name", OF_FRAMES)
def test_all_that_a_format_loses_is_said_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Alone, and of a wide frame, where exactly those columns are named that lose something alone."""
    entry = entry_of(name, tmp_path)
    alone: dict[str, Written] = {}
    for kind, value in FRAMES.items():
        alone[kind] = written(entry, value, tmp_path)
        assert alone[kind].error or bool(alone[kind].losses) != came_back(entry, value), (kind, alone[kind])
    held = [kind for kind in COLUMNS if not alone[kind].error and not is_whole(alone[kind].losses)]
    wide = pd.DataFrame({f"x{place}": COLUMNS[kind] for place, kind in enumerate(held)})
    lost = [
        loss.replace("of x ", f"of x{place} ").replace("in x", f"in x{place}")
        for place, kind in enumerate(held)
        for loss in alone[kind].losses
    ]
    assert list(look(entry, wide).losses) == lost


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("json", [float("nan"), 1, "a", None, True, {"b": [1.5, -0.0]}], ()),
        ("json", (1, 2), ("json gives back a list, not a tuple",)),
        ("json", {"a": [(1, 2)]}, ("json gives back a list, not a tuple",)),
        ("json", {1: "a"}, ("json gives back other keys of a dict",)),
        ("json", {"a": np.float64(1.5)}, ("json gives back a float, not a float64",)),
        ("npy", np.arange(3, dtype=">i2").reshape(1, 3), ()),
        ("npy", np.array(["2020"], dtype="datetime64[D]"), ()),
        ("npy", np.float32(1), ("npy gives back a ndarray, not a float32",)),
        ("npy", [1, 2], ("npy gives back a ndarray, not a list",)),
        ("npy", np.ma.array([1, 2]), ("npy gives back a ndarray, not a MaskedArray",)),
        ("pickle", [object(), {1: (2,)}, pd.Series([1])], ()),
        ("pickle", pd.Index([1]), ()),
        ("text", "zwölf\r\n\0", ()),
        ("png", b"\x89PNG", ()),
        ("parquet", pa.table({"x": [1]}), ()),
        (
            "csv",
            pa.table({"x": pa.array([1], pa.int8())}),
            ("csv loses the int8 dtype of x (it comes back as int64)",),
        ),
        ("csv", pa.table({"x": [""]}), ("csv loses the string dtype of x (it comes back as null)",)),
    ],
)
def test_of_other_values_too(name: str, value: Any, lost: tuple[str, ...], tmp_path: Path) -> None:
    entry = entry_of(name, tmp_path)
    came = written(entry, value, tmp_path)
    assert (came.losses, came.error) == (lost, "")
    assert look(entry, value) == Written(losses=lost)


def test_text_that_is_read_in_another_encoding_is_another_text(tmp_path: Path) -> None:
    """Options of writing and reading that do not fit are a loss."""
    (lost,) = look(entry_of("text", tmp_path, load={"encoding": "latin-1"}), "zwölf").losses
    assert lost == "text gives back another value"
    (unread,) = look(entry_of("csv", tmp_path, load={"encoding": "ascii"}), pd.DataFrame({"é": [1]})).losses
    assert unread.startswith("csv cannot be read again: UnicodeDecodeError")


def test_no_value_is_told(tmp_path: Path) -> None:
    """Losses stand in plans, notes and histories; what a table holds does not."""
    frame = pd.DataFrame({"x": [["s3cret"], ("s3cret",)], "y": ["", "s3cret"]})
    assert "s3cret" not in str(look(entry_of("csv", tmp_path), frame).losses)


def test_a_table_that_is_added_to_is_judged_by_what_is_added(tmp_path: Path) -> None:
    entry = entry_of("sql", tmp_path, save={"if_exists": "append"})
    for _ in range(2):
        assert written(entry, FRAMES["plain"], tmp_path).losses == ()
    assert len(read(entry, entry.path)) == 4


def test_a_database_that_only_a_run_knows_is_not_asked_before_it() -> None:
    """Nothing is connected to; a file of SQLite is like all others."""
    entry = Entry("x", "sql", "postgresql://host/{params.shop}", table="x")
    assert "known in a run only" in look(entry, FRAMES["plain"]).error
    sqlite = Entry("x", "sql", "sqlite:///{params.shop}.db", table="x")
    assert look(sqlite, FRAMES["category"]).losses == (
        "sql loses the category dtype of x (it comes back as str)",
    )
