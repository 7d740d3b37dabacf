"""The pipelines of a notebook file: whose its cells are, what they have in common, and which one is meant."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.pipeline import Pipeline

CELLS = (
    "def twice(x):\n    return 2 * x",
    "%%params\nn: int = 1",
    "%%step load\nxs = list(range(n))",
    "%pipeline use train",
    "%%params\nn: int = 5\nonly_here: int = 0",
    "%%setup\nimport math",
    "%%step load\nxs = [twice(n)]",
    "%%step fit\ns = sum(xs)",
    "half = 0.5",
    "%pipeline use study",
    "%%step last\ny = (xs, half)",
    "%pipeline use train",
    "%%step report\nz = (s, math.pi)",
)


def write(folder: Path, *cells: str) -> Path:
    path = folder / "study.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells]), path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, *CELLS)


def steps(pipeline: Pipeline) -> dict[str, dict[str, str]]:
    return {step.name: dict(step.inputs) for step in pipeline.graph.steps}


def test_cells_belong_to_the_nearest_use_above_and_the_file_s_name_is_the_notebook_s_own(path: Path) -> None:
    own, train = Pipeline.from_notebook(path), Pipeline.from_notebook(path, "train")
    assert (own.name, train.name) == ("study", "train")
    assert list(steps(own)) == ["load", "last"]
    assert list(steps(train)) == ["load", "fit", "report"]
    assert Pipeline.from_notebook(path, "study").graph == own.graph


def test_plain_cells_are_everybody_s_and_steps_parameters_and_setups_are_not(path: Path) -> None:
    own, train = Pipeline.from_notebook(path), Pipeline.from_notebook(path, "train")
    assert not own.graph.errors
    assert not train.graph.errors
    assert [parameter.name for parameter in own.parameters] == ["n"]
    assert {each.name: each.default for each in train.parameters} == {"n": 5, "only_here": 0}
    pieces = {step.name: [piece.source for piece in step.pieces] for step in own.graph.steps}
    assert not any("math" in source for sources in pieces.values() for source in sources)
    assert any("half" in source for source in pieces["last"])
    load, report = train.graph.steps[0], train.graph.steps[2]
    assert any("twice" in piece.source for piece in load.pieces)
    assert any("math" in piece.source for piece in report.pieces)


def test_cell_numbers_are_those_of_the_whole_notebook(tmp_path: Path) -> None:
    path = write(tmp_path, "%pipeline use a", "%%step x\n1", "%pipeline use b", "%%step y\nz = missing")
    (problem,) = Pipeline.from_notebook(path, "b").graph.errors
    assert (problem.step, problem.cell) == ("y", 4)


def test_problems_of_one_pipeline_s_cells_are_not_another_s(tmp_path: Path) -> None:
    path = write(tmp_path, "%pipeline use a", "%%step x --retrys 2\n1", "%pipeline use b", "%%step y\nz = 1")
    assert [each.code for each in Pipeline.from_notebook(path, "a").graph.errors] == ["JP030"]
    assert not Pipeline.from_notebook(path, "b").graph.errors


def test_a_use_whose_pipeline_the_text_does_not_tell_is_everybody_s_problem(tmp_path: Path) -> None:
    path = write(
        tmp_path, "%%step w\n0", "%pipeline use a", "%%step x\n1", "%pipeline use {name}", "%%step y\n2"
    )
    for name in ("study", "a"):
        (problem,) = Pipeline.from_notebook(path, name).graph.errors
        assert (problem.code, problem.cell, problem.line) == ("JP041", 4, 1)


@pytest.mark.parametrize(
    ("cells", "name", "meant"),
    [
        (("%%step a\n1", "%pipeline use b", "%%step c\n1"), None, "study"),
        (("x = 1", "%pipeline use b", "%%step c\n1"), None, "b"),
        (("%%params\nx = 1", "%pipeline use b", "%%step c\n1"), None, "b"),
        (("x = 1",), None, "study"),
        (("%pipeline use b", "%%step c\n1", "%pipeline use d", "%%step c\n1"), "d", "d"),
    ],
)
def test_without_a_name_the_notebook_s_own_is_meant_else_the_only_one(
    tmp_path: Path, cells: tuple[str, ...], name: str | None, meant: str
) -> None:
    assert Pipeline.from_notebook(write(tmp_path, *cells), name).name == meant


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "has several pipelines, train, report: name one (--pipeline train; for a step, --pipeline "),
        ("tran", "has no pipeline 'tran'; did you mean train?"),
        ("study", "has no pipeline 'study'. It has: train, report"),
    ],
)
def test_a_pipeline_that_is_not_there_or_not_named_is_an_error(
    tmp_path: Path, name: str | None, words: str
) -> None:
    path = write(tmp_path, "%pipeline use train", "%%step a\n1", "%pipeline use report", "%%step a\n1")
    with pytest.raises(UsageError) as refused:
        Pipeline.from_notebook(path, name)
    assert words in str(refused.value)
