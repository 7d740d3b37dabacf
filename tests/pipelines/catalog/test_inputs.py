"""Rules of inputs: what no cell binds and the catalog has is loaded by a cell that nobody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.runs.pipeline import Pipeline

CATALOG = """\
[catalog]
companies = { format = "csv", path = "data/companies.csv", load = { sep = ";" } }
by_region = { format = "parquet", path = "data/{params.region}.pq" }
notes = { format = "text", path = "notes.txt" }
far = { format = "json", path = "s3://bucket/far.json" }
model = { format = "pickle", path = "models/{run}.pkl" }
"raw_*" = { format = "csv", path = "raw/{name}.csv", library = "polars" }
shop = { format = "sql", path = "postgresql://me:{env.PW}@host/db" }
old = { format = "csv", path = "old.csv", versioned = true }
"""


def pipeline(folder: Path, *sources: str) -> Pipeline:
    (folder / "pipes.toml").write_text(CATALOG)
    cells: list[Cell] = [cell_from_source(f"c{n}", n, source)[0] for n, source in enumerate(sources, 1)]
    return Pipeline.from_cells("nb", cells, folder)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("companies", "import pandas\n\ncompanies = pandas.read_csv('data/companies.csv', sep=';')\n"),
        ("by_region", 'import pandas\n\nby_region = pandas.read_parquet(f"data/{region}.pq")\n'),
        ("notes", "import pathlib\n\nnotes = pathlib.Path('notes.txt').read_bytes().decode()\n"),
        (
            "far",
            "import fsspec\nimport json\n\nfar = json.loads(fsspec.core.url_to_fs('s3://bucket/far.json')[0]"
            ".cat_file('s3://bucket/far.json'))\n",
        ),
        ("raw_a", "import polars\n\nraw_a = polars.read_csv('raw/raw_a.csv')\n"),
        (
            "shop",
            "import os\nimport pandas\n\nshop = pandas.read_sql_table('shop', "
            "f\"postgresql://me:{os.environ['PW']}@host/db\")\n",
        ),
    ],
)
def test_an_input_is_the_code_that_a_user_would_have_written(name: str, code: str, tmp_path: Path) -> None:
    """It needs nothing of ours: exports have it as it is."""
    it = pipeline(tmp_path, "%%params\nregion: str = 'north'", f"%%step a\nx = {name}")
    assert [cell.source for cell in it.plain_cells if not cell.number] == [code]
    (step,) = it.graph.steps
    assert not it.graph.errors
    assert (step.loads, step.origins[name]) == ((name,), "[catalog]")
    assert ("region" in step.parameters) == (name == "by_region")


@pytest.mark.parametrize(
    "source",
    [
        "%%step a\nx = 1",
        "%%step a\ncompanies = 1\nx = companies",
        "%%step a\ncompanies = companies.dropna()",
        "companies = 1",
        "import companies",
        "%%params\ncompanies: int = 1",
        "%%step a\nx = model",
        "# companies",
    ],
)
def test_a_name_that_a_cell_binds_or_that_nobody_reads_is_no_input(source: str, tmp_path: Path) -> None:
    """Nor is one whose place only a run would know."""
    assert all(cell.number for cell in pipeline(tmp_path, source).plain_cells)


def test_an_input_stands_before_all_cells_or_behind_the_parameters_that_its_path_names(
    tmp_path: Path,
) -> None:
    """So a plain run of the cells has it in time."""
    it = pipeline(tmp_path, "import os", "%%params\nregion: str = 'n'", "%%step a\nx = companies, by_region")
    assert [cell.id for cell in it.plain_cells] == [
        "catalog:companies",
        "c1",
        "c2",
        "catalog:by_region",
        "c3",
    ]
    assert len(it.cells) == 3


def test_plain_cells_and_helpers_may_read_an_input(tmp_path: Path) -> None:
    """The step that reaches them loads it."""
    it = pipeline(
        tmp_path, "def rows():\n    return len(companies)", "%%step a\nx = rows()", "%%step b\ny = 1"
    )
    assert [step.loads for step in it.graph.steps] == [("companies",), ()]


def test_who_changes_an_input_in_place_hands_it_on(tmp_path: Path) -> None:
    """Later steps read it from there; it is still an input, and no output."""
    it = pipeline(tmp_path, "%%step a\ncompanies['x'] = 1", "%%step b\ny = companies")
    assert [step.loads for step in it.graph.steps] == [("companies",), ()]
    assert it.graph.steps[1].reads == {"companies": "a"}
    assert [(line.kind, line.read_by) for line in it.catalog.lines if line.name == "companies"] == [
        ("input", ("a", "b"))
    ]


def test_the_newest_version_is_read(tmp_path: Path) -> None:
    """Versions are named by runs, which sort by time."""
    with pytest.raises(ConfigurationError, match=r"there is no version yet \(old.csv/VERSION/old.csv\)"):
        pipeline(tmp_path, "%%step a\nx = old")
    for version in ("20260101", "20260203"):
        (tmp_path / "old.csv" / version).mkdir(parents=True)
        (tmp_path / "old.csv" / version / "old.csv").write_text("a\n1\n")
    it = pipeline(tmp_path, "%%step a\nx = old")
    assert "'old.csv/20260203/old.csv'" in it.plain_cells[0].source


def test_an_input_that_is_not_there_keeps_a_run_from_starting(tmp_path: Path) -> None:
    """The problem names the file of the settings, the entry and what to do."""
    it = pipeline(tmp_path, "%%step a\nx = companies")
    (problem,) = it.problems()
    assert (problem.code, problem.step) == ("JP040", "a")
    assert f"{tmp_path / 'pipes.toml'}: catalog entry companies names no file" in problem.message
    assert it.catalog.lines[0].place == "data/companies.csv"
