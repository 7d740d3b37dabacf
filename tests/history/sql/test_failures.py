"""What goes wrong with the database is told with what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from jupyter_pipes.history.sql.failures import database_errors
from jupyter_pipes.model.errors import StoreError


def test_a_history_that_may_not_be_written_is_told_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    sqlite3.connect(path).close()
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    remedy = rf"readonly database; {path} belongs to {path.owner()}: ask .* or work in a copy"
    with pytest.raises(StoreError, match=remedy), database_errors("no runs", f"sqlite:///{path}"):
        connection.execute("CREATE TABLE t (x)")
    connection.close()
