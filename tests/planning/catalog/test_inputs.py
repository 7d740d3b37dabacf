"""Rules of inputs of the catalog in plans: what counts of their content, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest
from msgspec.structs import replace

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.planning.catalog.inputs import content_parts, input_problems
from jupyter_pipes.storage.catalog.entries import Catalog, Entry

STEP = Step("a", 0, "", "cell 1", loads=("far", "near"))


def test_a_file_of_another_file_system_counts_by_what_that_tells_of_it() -> None:
    """One of the notebook's folder stands in the code, and counts as such."""
    files = fsspec.filesystem("memory")
    catalog = Catalog((Entry("far", "csv", "memory://far/{params.n}.csv"), Entry("near", "csv", "near.csv")))
    files.pipe("/far/1.csv", b"a")
    (one,) = content_parts(STEP, catalog, {"n": 1})
    assert (one.kind, one.name) == ("file", "memory://far/1.csv")
    files.pipe("/far/1.csv", b"ab")
    (two,) = content_parts(STEP, catalog, {"n": 1})
    (missing,) = content_parts(STEP, catalog, {"n": 2})
    assert len({one.digest, two.digest, missing.digest}) == 3
    assert not list(content_parts(STEP, catalog, {}))


def test_a_file_system_that_cannot_be_asked_is_an_error_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """What variables hold is not told."""
    monkeypatch.setenv("PLACE", "hush")
    catalog = Catalog((Entry("far", "csv", "nosuch://{env.PLACE}/a.csv"),))
    with pytest.raises(
        UsageError, match=r"catalog entry far: what nosuch://\{env.PLACE\}/a.csv holds"
    ) as raised:
        list(content_parts(STEP, catalog, {}))
    assert "hush" not in str(raised.value)
    assert raised.value.step == "a"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (STEP, True),
        (replace(STEP, options=StepOptions(queue="far")), False),
        (replace(STEP, options=StepOptions(variables=("PLACE=x",))), False),
        (replace(STEP, setup=(CodePiece("cell 2", 1, "os.environ['PLACE'] = 'x'"),)), False),
    ],
    ids=["here", "elsewhere", "said by the step", "set by code"],
)
def test_a_variable_that_is_not_set_is_told_before_the_run(
    step: Step, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    catalog = Catalog((Entry("far", "csv", "memory://{env.PLACE}/a.csv"),))
    problems = [problem.message for problem in input_problems(Graph((step,)), catalog, Path())]
    assert ["environment variable PLACE, which is not set" in each for each in problems] == [True] * told


def test_a_library_that_is_not_installed_is_said_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step with packages of its own is not looked at: they may bring it."""
    monkeypatch.setattr(
        "jupyter_pipes.storage.catalog.reading.find_spec",
        lambda name: None if name == "openpyxl" else object(),
    )
    catalog = Catalog((Entry("near", "excel", "near.xlsx"),), tmp_path / "pipes.toml")
    own = Step("b", 1, "", "cell 2", loads=("near",), options=StepOptions(packages=("openpyxl",)))
    (tmp_path / "near.xlsx").touch()
    (problem,) = input_problems(Graph((STEP, own)), catalog, tmp_path)
    assert problem.step == "a"
    assert "catalog entry near: excel needs openpyxl: pip install openpyxl" in problem.message
