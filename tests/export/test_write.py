"""A pipeline is written in the form that is wanted, or that the path says, as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.export.write import write
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError, UsageError
from tests.conftest import MakePipeline


def test_a_module_is_written_whole_or_not_at_all(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    pipeline, target = pipeline_of("%%step a\nx = 1"), tmp_path / "new" / "study.py"
    with pytest.raises(NotebookError, match="cannot write"):
        write(pipeline, target, None, None)
    target.parent.mkdir()
    write(pipeline, target, None, None)
    assert [path.name for path in target.parent.iterdir()] == ["study.py"]
    before = target.read_bytes()
    with pytest.raises(InvalidPipeline):
        write(pipeline_of("%%step a\nx = nowhere"), target, None, None)
    assert target.read_bytes() == before


@pytest.mark.parametrize(("path", "form"), [("study.ipynb", None), ("study.txt", "notebook")])
def test_the_executed_notebook_needs_a_run(
    path: str, form: str | None, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="run the pipeline first"):
        write(pipeline_of("%%step a\nx = 1"), tmp_path / path, form, None)


@pytest.mark.parametrize("name", ["types.py", "statistics.py", "_ast.py", "v1.2.py"])
def test_a_module_is_not_given_a_name_under_which_it_could_not_run(
    name: str, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"give it a(nother)? name"):
        write(pipeline_of("%%step a\nx = 1"), tmp_path / name, None, None)
    assert not (tmp_path / name).exists()


def test_a_form_that_there_is_not_is_refused_with_those_that_there_are(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"no form word: name one of python, notebook, luigi"):
        write(pipeline_of("%%step a\nx = 1"), tmp_path / "a.py", "word", None)


@pytest.mark.parametrize(
    ("name", "engine"), [("luigi.py", "luigi"), ("clearml.py", "clearml"), ("Kedro", "kedro")]
)
def test_an_export_does_not_stand_before_its_engine(
    name: str, engine: str, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline = pipeline_of("%%step a\nx = 1")
    with pytest.raises(UsageError, match=f"{name} would stand before {engine} itself"):
        write(pipeline, tmp_path / name, engine, None)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("name", "form"),
    [("pandas.py", None), ("pandas.py", "luigi"), ("pandas.py", "clearml"), ("Pandas", "kedro")],
)
def test_an_export_does_not_stand_before_a_module_that_it_imports(
    name: str, form: str | None, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline = pipeline_of("%%step a\nimport pandas\n\nx = pandas.Series([1])")
    with pytest.raises(UsageError, match="own module pandas would stand before the pandas that the notebook"):
        write(pipeline, tmp_path / name, form, None)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("form", ["python", "clearml"])
def test_an_export_imports_what_does_something_and_not_what_only_others_name(
    form: str, pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    (tmp_path / "plugins.py").write_text("print('here')\n")
    (tmp_path / "inert.py").write_text("def one():\n    return 1\n")
    write(pipeline_of("import plugins, inert", "%%step a\nx = 1"), tmp_path / "flow.py", form, None)
    text = (tmp_path / "flow.py").read_text()
    assert "\n\nimport plugins  # noqa: F401 - for what importing it does\n" in text, "sorted as ruff has it"
    assert "inert" not in text
