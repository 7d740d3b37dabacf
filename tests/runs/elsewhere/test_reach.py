"""A controller goes only where it reaches all that its run needs; what is missing is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_pipes.runs.elsewhere.luggage import Wanted
from jupyter_pipes.runs.elsewhere.reach import Need, Reached, need_of, reached
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.storage.signing import Signing
from tests.conftest import MakePipeline


@pytest.fixture
def pipeline(pipeline_of: MakePipeline) -> Pipeline:
    pipeline = pipeline_of("%%step a\nx = 1")
    pipeline.workspace.open()
    return pipeline


@pytest.fixture
def need(pipeline: Pipeline) -> Iterator[Need]:
    with need_of(pipeline.workspace, pipeline.request()) as need:
        yield need


def away(need: Need) -> Need:
    """As a process has it that does not see the notebook's folder."""
    return replace(need, witness=f"{need.witness}-elsewhere")


def test_a_process_beside_this_one_reaches_everything(need: Need) -> None:
    assert reached(need) == Reached("", is_away=False)


def test_one_that_does_not_see_the_folder_reaches_what_it_needs_without_it(need: Need) -> None:
    assert reached(away(need)) == Reached("", is_away=True)


def test_no_witness_stays(pipeline: Pipeline) -> None:
    with need_of(pipeline.workspace, pipeline.request()) as need:
        assert Path(need.witness).exists()
    assert not Path(need.witness).exists()


def test_a_store_that_is_not_to_be_seen_is_named(need: Need) -> None:
    other = replace(need, store=f"{need.store}-elsewhere")
    assert f"the store {other.store} is not to be seen: name one that all reach" in reached(other).trouble


@pytest.mark.parametrize("system", ["another start of a system", ""])
def test_a_sqlite_history_is_not_shared_with_another_machine(need: Need, system: str) -> None:
    """Nor where it cannot be told: its log is shared by memory."""
    trouble = reached(replace(need, system=system)).trouble
    assert "a SQLite file, which only processes of one machine can share" in trouble


def test_nor_one_whose_file_is_not_to_be_seen(need: Need) -> None:
    trouble = reached(replace(away(need), history="sqlite:////nowhere/history.db")).trouble
    assert "a SQLite file, which only processes of one machine can share" in trouble


def test_all_that_is_missing_is_told_at_once(need: Need) -> None:
    other = replace(need, store=f"{need.store}-elsewhere", system="")
    assert "not to be seen" in reached(other).trouble
    assert "a SQLite file" in reached(other).trouble


def test_other_versions_are_named(need: Need) -> None:
    other = replace(need, versions={**need.versions, "Python": "2.7"})
    assert reached(other).trouble.endswith("the kernel 2.7")


def test_a_history_that_does_not_answer_is_named(need: Need) -> None:
    damaged = Path(need.directory, "damaged.db")
    damaged.write_text("no database at all" * 100)
    assert "the history" in reached(replace(away(need), history=f"sqlite:///{damaged}")).trouble


def test_settings_that_name_another_history_are_told(need: Need) -> None:
    other = replace(need, history=f"sqlite:///{need.directory}/another.db")
    Path(need.directory, "another.db").touch()
    assert "name another history or store" in reached(other).trouble


def test_a_team_key_that_is_not_there_is_told(need: Need) -> None:
    other = replace(away(need), signing=Signing(variable="NO_SUCH_KEY"))
    assert "the environment variable NO_SUCH_KEY is not set" in reached(other).trouble


def test_declared_files_outside_of_the_folder_have_to_be_there_where_it_is_not_seen(
    need: Need, tmp_path: Path
) -> None:
    (tmp_path / "seen.csv").touch()
    wanted = (Wanted("a.csv", str(tmp_path / "a.csv")), Wanted("b.csv", str(tmp_path / "seen.csv")))
    other = replace(need, outside=(*wanted, Wanted("c.csv")))
    assert reached(other).trouble == ""
    assert reached(away(other)).trouble == "a.csv; c.csv"
