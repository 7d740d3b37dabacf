"""What is wrong with a step that is another pipeline is told before anything runs, with its step and cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import InvalidPipeline, ParameterError, UsageError
from jupyter_pipes.pipelines.functions import step
from jupyter_pipes.runs.pipeline import Pipeline

OTHER = (
    "%%params\nrows: int = 5\nname: str = 'x'",
    "%%step load\nxs = list(range(rows))",
    "%%step double\ndf = [2 * x for x in xs]",
)

SEVERAL = (
    "%pipeline use a",
    "%%step load\nxs = [1]",
    "%pipeline use b",
    "%%step load --pipeline several.ipynb:a --out xs",
    "%%step fit\nz = len(xs)",
)

WRONG = [
    ("--pipeline other.ipynb -p rws=1 --out df", "no parameter rws; did you mean rows?"),
    ("--pipeline other.ipynb -p rows=ten --out df", "'ten' does not fit; use a whole number"),
    ("--pipeline other.ipynb -p rows=${params.word} --out df", "'word' does not fit"),
    ("--pipeline other.ipynb -p rows --out df", "use NAME=VALUE"),
    ("--pipeline other.ipynb -p rows=${load.df} --out df", "there is no step load"),
    ("--pipeline other.ipynb -p rows=${count.m} --out df", "step count writes no m; it writes n"),
    ("--pipeline other.ipynb -p rws=${count.n} --out df", "no parameter rws; did you mean rows?"),
    ("--pipeline other.ipynb -p rows=n --out df", "for what step count makes, write rows=${count.n}"),
    ("--pipeline other.ipynb --out dff", "no step of it writes dff (--out); they write: df, xs"),
    ("--pipeline others.ipynb --out df", "others.ipynb; check the path"),
    ("--pipeline ${params.word} --out df", "the graph is made of it before there are values"),
    ("--pipeline deeper/other.ipynb --out df", "another folder"),
    ("--pipeline broken.ipynb --out df", "it cannot run: JP010 step a, cell 1, line 2"),
    ("--pipeline made.ipynb --out df", "made.ipynb → made.ipynb"),
    ("--pipeline made.ipynb:made --out df", "made.ipynb → made.ipynb"),
    ("--pipeline several.ipynb --out xs", "has several pipelines, a, b: name one"),
    ("--pipeline several.ipynb:c --out xs", "has no pipeline 'c'. It has: a, b"),
    ("--pipeline back.ipynb --out df", "made.ipynb → back.ipynb → made.ipynb"),
    ("--pipeline other.ipynb --out df --memory 1G", "--memory: not for a step that is another pipeline"),
    ("--pipeline other.ipynb --out df --map 'x in [1]' --when 1", "--map and --when: not for"),
    ("-p rows=3", "say that as well"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_what_is_wrong_is_told_before_anything_runs(
    line: str, words: str, pipeline_of: Callable[..., Pipeline]
) -> None:
    folder = pipeline_of(*OTHER, name="other").directory
    pipeline_of(*OTHER, name="other", folder=folder / "deeper")
    pipeline_of("%%step a\nx = nowhere", name="broken")
    pipeline_of("%%step a --pipeline made.ipynb --out df", name="back")
    with pytest.raises(UsageError, match="name one"):
        pipeline_of(*SEVERAL, name="several")
    made = pipeline_of("%%params\nword: str = 'word'", "%%step count\nn = 3", f"%%step prep {line}")
    with pytest.raises((InvalidPipeline, ParameterError, UsageError), match=re.escape(words)) as caught:
        made.plan()
    assert caught.value.step == "prep"
    assert not made.workspace.has_history


def test_a_step_may_be_another_pipeline_of_the_same_notebook(
    tmp_path: Path, pipeline_of: Callable[..., Pipeline]
) -> None:
    with pytest.raises(UsageError, match="name one"):
        pipeline_of(*SEVERAL, name="several")
    pipeline = Pipeline.from_notebook(tmp_path / "several.ipynb", "b")
    assert pipeline.plan()
    (child,) = pipeline.children.definitions.values()
    assert (child.pipeline, [each.name for each in child.steps]) == ("a", ["load"])


def test_the_cell_of_another_pipeline_has_no_code_but_may_have_comments(
    pipeline_of: Callable[..., Pipeline],
) -> None:
    pipeline_of(*OTHER, name="other")
    with pytest.raises(InvalidPipeline, match=r"JP038 step prep.*put its code into a step of its own"):
        pipeline_of("%%step prep --pipeline other.ipynb --out df\nx = 1").plan()
    assert pipeline_of("%%step prep --pipeline other.ipynb --out df\n# rows as they come\n").plan()


def test_a_function_that_is_another_pipeline_has_no_code() -> None:
    @step(pipeline="other.ipynb", p={"rows": 3}, out=["df"])
    def prep() -> None:
        """Rows as they come."""

    assert (prep.options.given, prep.resolve().writes) == (("rows=3",), ("df",))

    @step(pipeline="other.ipynb")
    def other(rows: int) -> int:
        return rows

    with pytest.raises(UsageError, match="takes nothing and has no code"):
        other.resolve()
