"""Wrong arguments of the functions of Python: one clear error of ours, and nothing is started or kept."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes import Parameter, Pipeline, step
from jupyter_pipes.model.errors import ParameterError, PipesError, UsageError


class Silent:
    """A value that says nothing of itself, and cannot be kept."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __reduce__(self) -> Any:
        raise TypeError("not this one")


def _closed(folder: Path) -> Any:
    file = (folder / "closed.txt").open("w")
    file.close()
    return file


def _write(path: Path, *cells: str) -> Path:
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells))), path)
    return path


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline.from_notebook(
        _write(tmp_path / "n.ipynb", "%%params\nrows: int = 1", "%%step load\nx = rows", "%%step sum\ny = x")
    )


WRONG: Mapping[str, Callable[[Path], object]] = {
    "None": lambda _: None,
    "a number": lambda _: 3,
    "not a number": lambda _: math.nan,
    "a switch": lambda _: True,
    "bytes": lambda _: b"load",
    "a closed file": _closed,
    "a generator that fails": lambda _: (1 // (number - number) for number in range(2)),
    "a mapping": lambda _: {"load": 1},
    "a class": lambda _: int,
    "a list of numbers": lambda _: [3],
    "a text with NUL": lambda _: "lo\0ad",
    "half a character": lambda _: "load\udcff",
    "an unknown text": lambda _: "nothing like it",
    "an empty text": lambda _: "",
    "a silent value": lambda _: Silent(),
}
USES: Mapping[str, Callable[[Pipeline, Any], object]] = {
    "step of plan": lambda pipeline, value: pipeline.plan(value),
    "step of run": lambda pipeline, value: pipeline.run(value),
    "step of why": lambda pipeline, value: pipeline.why(value),
    "step of accept": lambda pipeline, value: pipeline.accept(value),
    "force": lambda pipeline, value: pipeline.plan(force=value),
    "skip": lambda pipeline, value: pipeline.plan(skip=value),
    "from": lambda pipeline, value: pipeline.run(from_=value),
    "only": lambda pipeline, value: pipeline.run(only=value),
    "a parameter": lambda pipeline, value: pipeline.run(params={"rows": [value]}),
    "a parameter's name": lambda pipeline, value: pipeline.plan(params={value: 1}),
    "steps of a pipeline": lambda _, value: Pipeline("p", [value]),
    "a step's name": lambda _, value: step(name=_not_none(value))(lambda rows: rows).resolve(),
    "retries": lambda _, value: step(retries=_not_none(value))(_rows),
    "timeout": lambda _, value: step(timeout=_of_time(value))(_rows),
    "cpus": lambda _, value: step(cpus=_not_none(value))(_rows),
    "on_fail": lambda _, value: step(on_fail=_not_none(value))(_rows),
}


def _not_none(value: object) -> object:
    # Where None means "not given", and a name may be any word.
    return [] if value is None or value == "nothing like it" else value


def _of_time(value: object) -> object:
    return -1 if value == 3 else _not_none(value)


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("use", USES)
def test_a_value_of_a_wrong_kind_is_refused_in_words(
    pipeline: Pipeline, tmp_path: Path, use: str, kind: str
) -> None:
    if (use, kind) in {("retries", "a number"), ("cpus", "a number"), ("a parameter's name", "a mapping")}:
        pytest.skip("it fits, or is no key of a dict")
    if (use, kind) == ("a parameter's name", "a list of numbers"):
        pytest.skip("it is no key of a dict")
    with pytest.raises(PipesError) as caught:
        USES[use](pipeline, WRONG[kind](tmp_path))
    assert str(caught.value).isprintable()
    assert not pipeline.workspace.has_history


@pytest.mark.parametrize(
    "wrong",
    [
        lambda value: Pipeline.from_notebook(value),
        lambda value: Pipeline.from_module(value),
        lambda value: Pipeline.load(value),
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind != "a list of numbers"])
def test_what_is_no_path_is_no_notebook(tmp_path: Path, wrong: Callable[[Any], object], kind: str) -> None:
    with pytest.raises(PipesError) as caught:
        wrong(WRONG[kind](tmp_path))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["pipe", "pipe.ipynb", "pipe.py", "folder", "folder.ipynb", "n" * 5_000])
def test_no_file_is_waited_for(tmp_path: Path, name: str) -> None:
    if name.startswith("pipe"):
        os.mkfifo(tmp_path / name)
    elif name.startswith("folder"):
        (tmp_path / name).mkdir()
    for read in (Pipeline.from_notebook, Pipeline.from_module, Pipeline.load):
        with pytest.raises(PipesError):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "options",
    [{"parallel": 0}, {"forse": ["load"]}, {"fail_fast": "yes"}, {"params": 3}, {"timeout": "soon"}],
)
def test_an_option_that_nobody_would_heed_is_no_option(
    pipeline: Pipeline, options: Mapping[str, Any]
) -> None:
    for use in (pipeline.plan, pipeline.start, pipeline.run):
        with pytest.raises(UsageError):
            use(**options)
    assert not pipeline.workspace.has_history


def test_the_option_that_was_meant_is_named(pipeline: Pipeline) -> None:
    options: Any = {"forse": ["load"]}
    with pytest.raises(UsageError, match="did you mean force"):
        pipeline.plan(**options)


@pytest.mark.parametrize("value", ["load", ["load"], ("load",), {"load"}, iter(["load"])])
def test_one_name_alone_is_a_list_of_one(pipeline: Pipeline, value: Iterable[str]) -> None:
    (planned,) = pipeline.plan("load", force=value).steps
    assert planned.reasons == ("forced",)


@pytest.mark.parametrize(
    ("name", "version", "params"),
    [
        (None, "1.0.0", {}),
        ("", "1.0.0", {}),
        ("a\0b", "1.0.0", {}),
        ("a\udcff", "1.0.0", {}),
        (3, "1.0.0", {}),
        ("p", "new", {}),
        ("p", None, {}),
        ("p", "1..0", {}),
        ("p", "1.0.0", {3: 1}),
        ("p", "1.0.0", {"not a name": 1}),
        ("p", "1.0.0", "rows"),
        ("p", "1.0.0", {"rows": Parameter(int, 3, computed=lambda: 1 // 0)}),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused(name: Any, version: Any, params: Any) -> None:
    with pytest.raises(PipesError):
        Pipeline(name, params=params, version=version)


def test_a_default_that_no_step_can_get_is_told_by_name(tmp_path: Path) -> None:
    for value in (_closed(tmp_path), (number for number in range(3)), Silent()):
        with pytest.raises(ParameterError, match="parameter rows"):
            Pipeline("p", [step(_rows)], {"rows": value}).plan()


def _rows(rows: object) -> object:
    return rows


@pytest.mark.slow
def test_what_a_run_does_not_have_is_told_with_the_nearest(pipeline: Pipeline) -> None:
    run = pipeline.run(params={"rows": 10**5000})
    assert run["x"] == 10**5000
    for name in (None, 3, b"x", ["x"], slice(1), "x\0", "", "\udcff", "load.", "xx"):
        wrong: Any = name
        with pytest.raises(KeyError) as missing:
            run[wrong]
        assert isinstance(missing.value, PipesError)
        for use in (run.step, run.logs, run.cancel if name is not None else run.step, run.steps.__getitem__):
            with pytest.raises(UsageError):
                use(wrong)
        assert wrong not in run
        assert wrong not in run.steps
    with pytest.raises(UsageError, match="did you mean load"):
        run.logs("loda")
    with pytest.raises(KeyError, match="did you mean sum"):
        run.steps["sums"]
    for number in (0, -1, 7, "x", math.nan):
        wrong = number
        with pytest.raises(UsageError, match="attempts: 1"):
            run.logs("load", wrong)
    for number in (-1, "x", math.nan):
        wrong = number
        with pytest.raises(UsageError):
            run.logs("load", tail=wrong)
    for number in ("x", math.nan, [1]):
        wrong = number
        with pytest.raises(UsageError):
            run.wait(wrong)
    assert run.wait(1e30) is run
    assert run.steps.get("nothing") is None
