"""A catalog as a user has it: inputs out of files, outputs into them, and types that they do not cost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jupyter_pipes import Pipeline, RunFailed
from jupyter_pipes.model.errors import ConfigurationError
from tests.acceptance.project import Project

SETTINGS = """\
[catalog]
companies = { format = "csv", path = "data/companies.csv" }
df_clean = { format = "csv", path = "out/{params.region}.csv" }
shares = { format = "json", path = "out/shares.json" }
kept = { format = "pickle", path = "runs/{run}/kept.pkl", versioned = false }
"""
CELLS = (
    '%%params\nregion: str = "north"',
    "%%step clean\ndf_clean = companies[companies.region == region].reset_index(drop=True)\n"
    "df_clean['region'] = df_clean.region.astype('category')",
    '%%step share --map "staff in df_clean.staff.tolist()"\nshares = staff / 10',
    "%%step total\ntotal = int(df_clean.staff.sum())\nkept = str(df_clean.region.dtype)\n"
    "assert len(shares) == 2",
)
NORTH = "name,region,staff\nA,north,10\nC,north,30\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "companies.csv").write_text(
        "name,region,staff\nA,north,10\nB,south,20\nC,north,30\nD,south,1\n"
    )
    (tmp_path / "pipes.toml").write_text(SETTINGS)
    return Project(tmp_path, *CELLS)


def test_outputs_stand_where_the_catalog_says_and_readers_get_what_is_kept(project: Project) -> None:
    """What is changed or gone is put back though nothing runs; two parameters do not collide."""
    out = project.folder / "out"
    run = project.run()
    assert (out / "north.csv").read_text() == NORTH
    assert (out / "shares.json").read_text() == "[1.0, 3.0]"
    assert run["kept"] == "category"
    assert (project.folder / "runs" / run.id / "kept.pkl").exists()
    loss = "out/north.csv: csv loses the category dtype of region (it comes back as str)"
    assert loss in run.steps["clean"].notes
    before = (out / "north.csv").stat().st_mtime_ns
    (out / "shares.json").write_text("by hand")
    again = project.run()
    assert {step.status for step in again.steps.values()} == {"cached"}
    assert (out / "shares.json").read_text() == "[1.0, 3.0]"
    assert "wrote out/shares.json from what is kept" in again.steps["share"].reason
    assert (out / "north.csv").stat().st_mtime_ns == before
    assert (project.folder / "runs" / again.id / "kept.pkl").exists()
    project.run(params={"region": "south"}, debug=True)
    assert (out / "south.csv").read_text() == "name,region,staff\nB,south,20\nD,south,1\n"
    assert (out / "north.csv").read_text() == NORTH
    project.folder.joinpath("pipes.toml").write_text(SETTINGS.replace("out/{", "elsewhere/{"))
    (out / "north.csv").unlink()
    assert project.ran() == []
    assert (project.folder / "elsewhere" / "north.csv").read_text() == NORTH
    module = project.folder / "study.py"
    assert project.jupyter_pipes("export", "study.ipynb", "study.py").code == 0
    assert 'pandas.read_csv("data/companies.csv")' in module.read_text()
    (project.folder / "elsewhere" / "north.csv").unlink()
    gone = project.jupyter_pipes("gc", "--json").document["notes"]
    assert gone["count"] == 2
    assert Pipeline.from_module(module).run()["total"] == 40
    assert (project.folder / "elsewhere" / "north.csv").read_text() == NORTH


def _plan_tells_of_tables(project: Project) -> None:
    """As of files: nothing is written for it, and a strict entry is an error before anything is."""
    inputs = "".join(SETTINGS.splitlines(keepends=True)[:2])
    table = f'{inputs}df_clean = {{ format = "sql", path = "sqlite:///out/{{params.region}}.db"'
    (project.folder / "pipes.toml").write_text(f"{table} }}\n")
    (planned,) = project.pipeline().plan("clean").steps
    loses = "sql loses the category dtype of region (it comes back as str)"
    assert planned.reasons[-1] == f"sqlite:///out/{{params.region}}.db, table df_clean: {loses}"
    (project.folder / "pipes.toml").write_text(f"{table}, strict = true }}\n")
    with pytest.raises(ConfigurationError, match="sql loses the category dtype of region"):
        project.pipeline().plan("clean")
    with pytest.raises(RunFailed, match="sql loses the category dtype of region"):
        project.run("clean")
    assert not list((project.folder / "out").glob("*.db"))


def test_an_input_counts_by_its_content_and_is_the_notebooks_in_a_plain_run_too(project: Project) -> None:
    """What cannot be written fails its step, which says why; a new entry makes nothing run."""
    run = project.run("clean")
    file = project.folder / "data" / "companies.csv"
    file.write_text(file.read_text() + "E,north,5\n")
    planned = {step.name: step for step in project.pipeline().plan("clean").steps}
    loses = "csv loses the category dtype of region (it comes back as str)"
    assert planned["clean"].reasons == (
        "file data/companies.csv: other content",
        f"out/{{params.region}}.csv: {loses} (as of run {run.id})",
    )
    assert project.run("clean")["df_clean"].staff.tolist() == [10, 30, 5]
    assert project.pipeline().catalog.load("companies").equals(pd.read_csv(file))
    strict = SETTINGS.replace('region}.csv"', 'region}.csv", strict = true')
    (project.folder / "pipes.toml").write_text(strict)
    with pytest.raises(ConfigurationError, match="csv loses the category dtype of region"):
        project.pipeline().plan("clean")
    with pytest.raises(RunFailed, match="csv loses the category dtype of region") as failed:
        project.run("clean")
    assert failed.value.run.steps["clean"].status == "failed"
    _plan_tells_of_tables(project)
    (project.folder / "pipes.toml").write_text(SETTINGS)
    assert project.ran("clean") == []
    plain = Project(project.folder, *CELLS[:2], "%%step total\ntotal = int(df_clean.staff.sum())")
    answer = plain.jupyter_pipes("verify", "study.ipynb")
    assert answer.code == 0, answer.err
    got = plain.jupyter_pipes("get", "study.ipynb", "companies", "--json").document["values"]["companies"]
    assert (got["type"], got["uri"]) == ("pandas.DataFrame", file.as_uri())
    lines = plain.jupyter_pipes("catalog", "study.ipynb", "--json").document["catalog"]
    assert [(line["name"], line["kind"], line["read_by"]) for line in lines] == [
        ("companies", "input", ["clean"]),
        ("df_clean", "output", ["total"]),
        ("shares", "unused", []),
        ("kept", "unused", []),
    ]
