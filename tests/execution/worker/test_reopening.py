"""Code that runs again in a later step empties no file that earlier ones wrote."""

from __future__ import annotations

import builtins
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.execution.worker.reopening import files_kept


def by_name(path: Path, namespace: dict[str, Any]) -> None:
    exec("with open(path, 'w') as file: file.write('new')", namespace | {"path": path})


def by_path(path: Path, _: dict[str, Any]) -> None:
    path.write_text("new")


def by_bytes(path: Path, _: dict[str, Any]) -> None:
    with path.open(mode="wb+") as file:
        file.write(b"new")


def by_handler(path: Path, _: dict[str, Any]) -> None:
    handler = logging.FileHandler(path, mode="w")
    handler.terminator = ""
    handler.emit(logging.LogRecord("n", 20, "p", 1, "new", None, None))
    handler.close()


OPENING = [by_name, by_path, by_bytes, by_handler]


@pytest.mark.parametrize("write", OPENING)
def test_what_is_opened_for_writing_is_written_behind(
    tmp_path: Path, write: Callable[[Path, dict[str, Any]], None]
) -> None:
    path = tmp_path / "log.txt"
    path.write_text("old, ")
    with files_kept(namespace := {}):
        write(path, namespace)
    assert path.read_text() == "old, new"


def test_reading_is_as_ever_and_afterwards_all_is(tmp_path: Path) -> None:
    before, theirs = (builtins.open, io.open), object()
    path = tmp_path / "log.txt"
    path.write_text("old")
    namespace: dict[str, Any] = {"open": open}
    with files_kept(namespace):
        assert path.read_text() == "old"
        assert namespace["open"] is not open
    assert (builtins.open, io.open, namespace["open"]) == (*before, before[0])
    with files_kept(namespace):
        namespace["open"] = theirs
    assert namespace["open"] is theirs
