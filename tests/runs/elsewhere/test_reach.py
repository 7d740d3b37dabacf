"""A controller goes only where it reaches all that its run needs; what is missing is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.runs.elsewhere.reach import Need, need_of, what_is_missing


@pytest.fixture
def need(tmp_path: Path) -> Iterator[Need]:
    workspace = Workspace(tmp_path)
    workspace.open()
    with need_of(workspace) as need:
        yield need
    workspace.history.close()


def test_a_process_beside_this_one_reaches_everything(need: Need) -> None:
    assert what_is_missing(need) == ""


def test_no_witness_stays(tmp_path: Path) -> None:
    with need_of(Workspace(tmp_path)) as need:
        assert [Path(witness).exists() for witness in need.witnesses] == [True, True]
    assert [Path(witness).exists() for witness in need.witnesses] == [False, False]


@pytest.mark.parametrize("place", [0, 1], ids=["folder", "store"])
def test_a_folder_that_is_not_to_be_seen_is_named(need: Need, place: int) -> None:
    Path(need.witnesses[place]).unlink()
    assert f"the folder {Path(need.witnesses[place]).parent} is not to be seen" in what_is_missing(need)


@pytest.mark.parametrize("system", ["another start of a system", ""])
def test_a_sqlite_history_is_not_shared_with_another_machine(need: Need, system: str) -> None:
    """Nor where it cannot be told: its log is shared by memory."""
    assert "a SQLite file, which only processes of one machine can share" in what_is_missing(
        replace(need, system=system)
    )


def test_other_versions_are_named(need: Need) -> None:
    other = replace(need, versions={**need.versions, "Python": "2.7"})
    assert what_is_missing(other).endswith("the kernel 2.7")


def test_a_history_that_does_not_answer_is_named(need: Need) -> None:
    Path(need.directory, "pipes.toml").write_text('history = "sqlite:////nowhere/history.db"\n')
    elsewhere = replace(need, history="sqlite:////nowhere/history.db")
    assert "the history cannot be" in what_is_missing(elsewhere)


def test_settings_that_name_another_history_are_told(need: Need) -> None:
    other = replace(need, history=f"sqlite:///{need.directory}/another.db")
    assert "name another history or store" in what_is_missing(other)
