"""`%%params`: types, choices, ranges, overrides, and which steps a value reaches."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.model.errors import InvalidPipeline, ParameterError
from tests.acceptance.conftest import NewProject

PARAMS = """%%params
rows: int = 100_000                     # rows to load
model: Literal["ridge", "forest"] = "ridge"
lr: Annotated[float, Range(1e-5, 1)] = 1e-2   # learning rate
flag: bool = False
names: list[str] = ["a", "b"]
path = "data.csv"
limit: int | None = None
share = 0.5
"""
USE = "%%step use\nseen = [rows, model, lr, flag, names, path, limit, share]"
DEFAULTS = [100_000, "ridge", 0.01, False, ["a", "b"], "data.csv", None, 0.5]


def test_defaults_reach_the_steps_that_read_them(project: NewProject) -> None:
    run = project(PARAMS, USE).run()
    assert run["seen"] == DEFAULTS
    assert run.steps["use"].planned.reads["rows"] == "params"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rows", "10", 10),
        ("rows", "1_000", 1000),
        ("model", "forest", "forest"),
        ("lr", "1e-3", 0.001),
        ("lr", "1", 1.0),
        ("flag", "true", True),
        ("flag", "False", False),
        ("names", '["x"]', ["x"]),
        ("names", "x,y", ["x", "y"]),
        ("path", "10", "10"),
        ("path", "with space=and equals", "with space=and equals"),
        ("limit", "3", 3),
        ("limit", "None", None),
        ("share", "0.25", 0.25),
    ],
)
def test_a_text_is_parsed_by_the_declared_type(
    project: NewProject, name: str, text: str, value: object
) -> None:
    pipeline = project(PARAMS, USE).pipeline()
    found = pipeline.values({name: text}).shown[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("rows", "many", "a whole number"),
        ("rows", "1.5", "a whole number"),
        ("rows", 1.5, "a whole number"),
        ("rows", None, "a whole number"),
        ("model", "tree", "ridge"),
        ("lr", "2", "1"),
        ("lr", "nan", "1"),
        ("lr", "-0.1", "1"),
        ("flag", "perhaps", "true or false"),
    ],
)
def test_a_value_that_does_not_fit_names_parameter_value_and_what_is_allowed(
    project: NewProject, name: str, given: object, allowed: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        project(PARAMS, USE).run(params={name: given})
    assert name in str(caught.value)
    assert str(given) in str(caught.value)
    assert allowed in str(caught.value)


def test_an_unknown_parameter_is_an_error_with_the_nearest(project: NewProject) -> None:
    with pytest.raises(ParameterError, match=r"(?s)rosw.*rows"):
        project(PARAMS, USE).run(params={"rosw": 1})


def test_step_dot_name_overrides_for_one_step_only(project: NewProject) -> None:
    study = project("%%params\nn: int = 1", "%%step a\nx = n", "%%step b\ny = n", "%%step c\nz = x, y, n")
    run = study.run(params={"b.n": "5", "n": 2})
    assert run["z"] == (2, 5, 2)
    assert run.params == {"n": 2, "b.n": 5}


@pytest.mark.parametrize("name", ["nowhere.n", "a.other", "other.n"])
def test_an_override_that_reaches_no_step_is_an_error(project: NewProject, name: str) -> None:
    study = project("%%params\nn: int = 1\nm: int = 1", "%%step a\nx = n", "%%step other\ny = m")
    with pytest.raises(Exception, match=name.split(".")[0]) as caught:
        study.run(params={name: 1})
    assert type(caught.value).__name__ in ("ParameterError", "UsageError")


def test_a_parameter_counts_only_for_the_steps_that_read_it(project: NewProject) -> None:
    study = project(
        "%%params\nn: int = 1\nm: int = 1",
        "def scaled(x):\n    return x * m",
        "%%step a\nx = n",
        "%%step b\ny = scaled(2)",
    )
    assert study.ran() == ["a", "b"]
    assert study.ran(params={"n": 2}) == ["a"]
    assert study.ran(params={"m": 2}) == ["b"], "read by a helper"
    assert study.ran(params={"n": 1, "m": 1}) == []


def test_the_type_of_a_value_counts(project: NewProject) -> None:
    study = project("%%params\nn = 1\nf: float = 1", "%%step a\nx = [type(n).__name__, type(f).__name__]")
    assert study.run()["x"] == ["int", "float"]


def test_a_default_may_read_earlier_parameters(project: NewProject) -> None:
    study = project("%%params\nrows: int = 10\nhalf: int = rows // 2", "%%step a\nx = (rows, half)")
    assert study.run()["x"] == (10, 5)


def test_a_parameter_that_a_step_binds_again_is_that_steps_value_from_there_on(project: NewProject) -> None:
    study = project("%%params\nn: int = 1", "%%step a\nn = n + 1", "%%step b\nm = n")
    assert study.run()["m"] == 2


@pytest.mark.parametrize(
    ("cell", "words", "line"),
    [
        ("%%params\nrows: int = 'many'", "rows", 2),
        ("%%params\nok: int = 1\nlr: Annotated[float, Range(0, 1)] = 3.0", "lr", 3),
        ("%%params\nprint(1)", "assign", 2),
        ("%%params\nrows: int", "rows", 2),
        ("%%params\nrows: Literal['a'] = 'b'", "rows", 2),
        ("%%params\nrows: int =", "syntax", 2),
    ],
)
def test_a_declaration_that_does_not_fit_is_found_before_anything_runs(
    project: NewProject, cell: str, words: str, line: int
) -> None:
    with pytest.raises(InvalidPipeline) as caught:
        project(cell, "%%step a\nx = 1").run()
    found: Any = caught.value.diagnostics[0]
    assert words in found.message
    assert (found.line, found.cell) == (line, 1)
