"""Rules of papermill's cell: it sets declared parameters, and is no code of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.declarations.cells import injected
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.runs.pipeline import Pipeline

PARAMS = "%%params\nrows: int = 10  # rows to load\nname = 'a'\nhalf: int = rows // 2"
STEP = "%%step load\nsizes = [rows, half, name]"


def pipeline_of(folder: Path, *sources: str) -> Pipeline:
    cells = [cell_from_source(f"c{number}", number, source)[0] for number, source in enumerate(sources, 1)]
    return Pipeline.from_cells("study", cells, folder)


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("# Parameters\nrows = 20\nname = 'b'", {"rows": 20, "name": "b"}),
        ("# Parameters\nrows = -1.5", {"rows": -1.5}),
        ("rows = 20", {}),
        ("# Parameters\nrows = 20\nother = 1", {}),
        ("# Parameters\nrows = count()", {}),
        ("# Parameters\nrows = 20\nprint(rows)", {}),
        ("# Parameters\nrows = ", {}),
        ("# Parameters", {}),
    ],
)
def test_only_plain_values_of_declared_parameters_count(source: str, values: dict[str, object]) -> None:
    assert injected(Cell("a", 1, "code", source), ["rows", "name"]) == values


@pytest.mark.parametrize(
    "sources", [(PARAMS, "# Parameters\nrows = 20", STEP), ("# Parameters\nrows = 20", PARAMS, STEP)]
)
def test_the_values_stand_for_the_defaults_wherever_the_cell_stands(
    tmp_path: Path, sources: tuple[str, ...]
) -> None:
    pipeline = pipeline_of(tmp_path, *sources)
    assert pipeline.problems() == ()
    assert {parameter.name: parameter.value({"rows": 20}) for parameter in pipeline.parameters} == {
        "rows": 20,
        "name": "a",
        "half": 10,
    }
    assert pipeline.parameters[0].help == "rows to load"


def test_a_value_that_does_not_fit_is_a_problem_of_that_cell(tmp_path: Path) -> None:
    pipeline = pipeline_of(tmp_path, PARAMS, "# Parameters\nrows = 'many'", STEP)
    with pytest.raises(InvalidPipeline, match=r"cell 2.*rows.*'many'"):
        pipeline.plan()
