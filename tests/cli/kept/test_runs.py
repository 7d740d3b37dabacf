"""`runs` of a notebook with several pipelines lists those of one, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.cli.main import main
from jupyter_pipes.runs.pipeline import Pipeline
from tests.conftest import MakePipeline


@pytest.mark.parametrize(
    ("where", "listed", "told"),
    [
        ("", {"two", "daily"}, ""),
        ("--notebook two.ipynb", {"two"}, "about pipeline two; --pipeline names another: daily"),
        ("--notebook two.ipynb --pipeline daily", {"daily"}, ""),
    ],
)
def test_the_other_pipelines_of_a_notebook_are_told_where_none_was_named(
    pipeline_of: MakePipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    where: str,
    listed: set[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    own = pipeline_of("%%step a\nx = 1", "%pipeline use daily", "%%step b\ny = 1", name="two")
    for pipeline in (own, Pipeline.from_notebook(tmp_path / "two.ipynb", "daily")):
        pipeline.run(debug=True)
    capfd.readouterr()
    assert main(["runs", *where.split()]) == 0
    shown = capfd.readouterr()
    assert {name for name in ("two", "daily") if f"  {name}" in shown.out} == listed
    assert (told in shown.err, bool(shown.err)) == (True, bool(told))
