"""What stands in its place is not written again, and notes of what is gone do not stay."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from jupyter_pipes.execution.publishing.notes import Notes, idle
from jupyter_pipes.execution.publishing.orders import Order
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.writing import write


def order(place: str, content: str = "c1") -> Order:
    artifact = ArtifactRef("x", content, "dict", 1, "pickle5", content=content)
    return Order(Entry("x", "json", place), place, artifact)


def written(notes: Notes, of: Order, folder: Path) -> None:
    notes.note(of, write(of.entry, of.place, {"a": (1,)}, folder))


def test_a_place_is_done_until_value_entry_or_file_differ(tmp_path: Path) -> None:
    notes, one = Notes(tmp_path / "kept", tmp_path), order("x.json")
    assert not notes.is_done(one)
    written(notes, one, tmp_path)
    assert notes.is_done(one)
    assert not notes.is_done(order("x.json", "c2"))
    assert not notes.is_done(Order(Entry("x", "json", save={"indent": 1}), "x.json", one.artifact))
    (tmp_path / "x.json").write_text("by hand")
    assert not notes.is_done(one)


def test_a_table_of_sqlite_is_put_back_when_it_is_gone(tmp_path: Path) -> None:
    """Its file, too; what stands in it is not looked at."""
    notes, place = Notes(tmp_path / "kept", tmp_path), f"sqlite:///{tmp_path / 'x.db'}"
    table = Order(Entry("x", "sql", place, table="t"), place, order("").artifact)
    notes.note(table, write(table.entry, place, pd.DataFrame({"a": [1]}), tmp_path))
    assert notes.is_done(table)
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        database.execute("DELETE FROM t")
        database.commit()
        assert notes.is_done(table)
        database.execute("DROP TABLE t")
    assert not notes.is_done(table)
    (tmp_path / "x.db").unlink()
    assert not notes.is_done(table)


def test_what_a_format_loses_is_known_of_a_value_wherever_it_is_written(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "kept", tmp_path)
    assert notes.look(order("x.json")) is None
    written(notes, order("x.json"), tmp_path)
    look = notes.look(order("elsewhere.json"))
    assert look is not None
    assert look.losses == ("json gives back a list, not a tuple",)


def test_notes_of_files_that_are_gone_or_old_are_idle(tmp_path: Path) -> None:
    """Nobody can tell of a file elsewhere whether it is gone: only age counts."""
    notes = Notes(tmp_path / "kept", tmp_path)
    for place in ("x.json", "y.json", "memory://notes/z.json"):
        written(notes, order(place, place), tmp_path)
    assert list(idle(tmp_path / "kept", 0.0)) == []
    (tmp_path / "y.json").unlink()
    (gone,) = idle(tmp_path / "kept", 0.0)
    assert "y.json" in gone.read_text()
    for file in (tmp_path / "kept" / "catalog").glob("**/*.json"):
        os.utime(file, (5.0, 5.0))
    assert len(list(idle(tmp_path / "kept", 6.0))) == 6
