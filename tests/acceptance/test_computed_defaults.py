"""Defaults that only running code tells: computed when a run starts, never before, and once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.repeat import repeat
from jupyter_pipes.runs.run import Run
from tests.acceptance.conftest import NewProject
from tests.kernels import run_cells

pytestmark = pytest.mark.slow

COUNTED = """
from pathlib import Path
def counted(value):
    with open("calls", "a") as file:
        file.write("x")
    return value
"""
READER = "%%step a\nr = rows"
OTHER = "%%step b\ns = other"


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text()) if (folder / "calls").exists() else 0


def decisions(pipeline: Pipeline, **options: object) -> dict[str, str]:
    return {step.name: step.decision for step in pipeline.plan(params=options).steps}


def test_a_run_computes_them_once_and_a_plan_never(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows = counted(3)\nother = 1", READER, OTHER, "%%step c\nt = r")
    assert decisions(study.pipeline()) == dict.fromkeys("abc", "run")
    assert calls(study.folder) == 0
    run = study.run()
    assert (run["r"], run.params, calls(study.folder)) == (3, {"rows": 3, "other": 1}, 1)
    assert decisions(study.pipeline()) == {"a": "depends", "b": "cached", "c": "depends"}
    reason = "depends on parameter rows, which is computed when a run starts"
    assert study.pipeline().why("a").reasons == (reason,)
    assert calls(study.folder) == 1
    again = study.run()
    assert {step.status for step in again.steps.values()} == {"cached"}
    assert calls(study.folder) == 2


def test_a_value_that_is_given_for_a_declared_type_needs_no_default(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows: int = counted(3)", READER)
    assert study.run(params={"rows": "7"})["r"] == 7
    assert decisions(study.pipeline(), rows=7) == {"a": "cached"}
    assert calls(study.folder) == 0


def test_without_a_type_the_default_has_it(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows = counted(3)", READER)
    assert study.run(params={"rows": "7"})["r"] == 7
    with pytest.raises(ParameterError, match=r"'many' does not fit; use a whole number"):
        study.run(params={"rows": "many"})


def test_what_is_computed_from_another_value_is_computed_anew(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nn = counted(1)\nrows = counted(n * 10)", READER, "%%step b\ns = rows")
    assert (study.run()["r"], calls(study.folder)) == (10, 2)
    assert study.run(params={"n": 2})["r"] == 20
    run = study.run(params={"b.rows": 5})
    assert (run["r"], run["s"], run.params["b.rows"]) == (10, 5, 5)
    assert study.pipeline().plan(params={"n": 2}).steps[0].decision == "depends"


def test_kept_results_are_hits_whichever_way_the_value_came(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows: int = 3", READER)
    study.run()
    study.write(COUNTED, "%%params\nrows: int = counted(3)", READER)
    assert study.run().steps["a"].status == "cached"


def test_another_change_is_told_before_the_run(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows = counted(3)", READER)
    study.run()
    study.write(COUNTED, "%%params\nrows = counted(3)", "%%step a\nr = rows + 1")
    explanation = study.pipeline().why("a")
    assert (explanation.decision, explanation.reasons) == ("run", ("code changed",))
    assert [change.part for change in explanation.changes] == ["code"]


def test_get_finds_what_the_newest_run_kept(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows = counted(3)", READER)
    study.run()
    answer = study.jupyter_pipes("get", "study.ipynb", "r")
    assert (answer.code, answer.out.strip(), calls(study.folder)) == (0, "3", 1)
    assert "a run now computes rows when it starts" in answer.err


@pytest.mark.parametrize(
    ("default", "words"),
    [
        ("1 / counted(0)", "cell 2, line 3: the default of parameter rows: ZeroDivisionError"),
        ("os._exit(7)", "the defaults of parameters could not be computed: "),
        ("sys.exit(7)", "the default of parameter rows: SystemExit: 7"),
        ("Own()", "cannot be handed to the process of a step"),
    ],
)
def test_one_that_fails_is_an_error_before_anything_runs(
    project: NewProject, default: str, words: str
) -> None:
    imports = f"import os, sys\nclass Own: pass{COUNTED}"
    study = project(imports, f"%%params\nother = 1\nrows = {default}", READER, OTHER)
    with pytest.raises(ParameterError) as caught:
        study.run()
    assert words in caught.value.message
    answer = study.jupyter_pipes("run", "study.ipynb")
    assert (answer.code, "Traceback" in answer.err) == (2, False)


def test_a_step_that_waits_for_one_cannot_be_accepted_without_its_value(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows: int = counted(3)", READER)
    study.run()
    with pytest.raises(UsageError, match=r"depends on rows.*-p rows="):
        study.pipeline().accept("a")
    study.pipeline().accept("a", params={"rows": 3})


def test_a_repeated_run_computes_them_in_its_own_code(project: NewProject) -> None:
    study = project(COUNTED, "%%params\nrows = counted(3)\nother: int = 1", READER, OTHER)
    run = study.run()
    assert repeat(run, {"other": 2}).wait().params == {"rows": 3, "other": 2}
    assert calls(study.folder) == 2


def test_who_is_told_of_a_run_starts_another_one_but_cannot_wait_for_it(project: NewProject) -> None:
    """There it would wait for itself, for ever."""
    study = project(COUNTED, "%%params\nrows: int = counted(3)", READER)
    errors: list[str] = []
    others: list[Run] = []

    def tell(action: Callable[[], object]) -> None:
        try:
            action()
        except UsageError as error:
            errors.append(str(error))

    def look(_: object, record: ev.Record) -> None:
        if isinstance(record.event, ev.RunEnded):
            tell(lambda: study.pipeline().start())
            others.append(study.pipeline().start(params={"rows": 5}, force=["all"]))
            tell(lambda: others[0].wait(60))
            told.set()

    told = threading.Event()
    run = study.pipeline().start()
    run.subscribe(look)
    run.wait(60)
    assert told.wait(60)
    waiting, ending = errors
    assert "what the default of rows comes to cannot be waited for" in waiting
    assert f"the end of run {others[0].id} cannot be waited for" in ending
    assert others[0].wait(60)["r"] == 5


def test_a_kernel_computes_them_with_its_own_variables_and_runs_take_these(project: NewProject) -> None:
    """As they were when the cell ran."""
    study = project()
    ran = run_cells(
        study.folder,
        [
            "%load_ext jupyter_pipes",
            COUNTED,
            "base = 10",
            "%%params\nrows = counted(base + 1)\nother = rows * 2",
            "print(rows, other)",
            READER,
            "run = %pipeline run\nprint(run['r'], run.params)",
            "base = 20",
            "run = %pipeline run --force all\nprint(run['r'], run.params)",
            "run = %pipeline run -p rows=7\nprint(run['r'], run.params)",
        ],
    )
    assert ran.text(4).split() == ["11", "22"]
    assert "11 {'rows': 11, 'other': 22}" in ran.text(6)
    assert "11 {'rows': 11, 'other': 22}" in ran.text(8)
    assert "7 {'rows': 7, 'other': " in ran.text(9)
    assert calls(study.folder) == 1


def test_they_run_where_steps_run(project: NewProject) -> None:
    study = project("import os, helper", "%%params\nrows = [os.getcwd(), helper.NAME, os.getpid()]", READER)
    (study.folder / "helper.py").write_text("NAME = 'beside'\n")
    place, name, process = study.run()["r"]
    assert (place, name, process == os.getpid()) == (str(study.folder), "beside", False)


def test_members_of_enumerations_that_only_running_tells_are_those_of_the_step(project: NewProject) -> None:
    study = project(
        "from enum import Enum",
        "class Color(Enum):\n    RED = 1\n    def __init__(self, x): self.twice = 2 * x",
        "%%params\nrows: Color = Color.RED",
        "%%step a\nr = (rows is Color.RED, rows.twice)",
    )
    assert study.run()["r"] == (True, 2)
    assert study.run(params={"rows": "RED"})["r"] == (True, 2)


def test_a_plain_run_has_the_values_that_the_pipelines_run_had(project: NewProject) -> None:
    study = project("import random", "%%params\nrows = random.Random().random()", READER)
    answer = study.jupyter_pipes("verify", "study.ipynb", timeout=240)
    assert answer.code == 0, answer.out + answer.err


def test_a_notebooks_cells_are_not_looked_into_by_name_only(tmp_path: Path) -> None:
    """A name that the notebook binds is not the constructor of that name."""
    sources = [
        "def date(*parts): return 1",
        "%%params\nday = date(2024, 1, 1)\nn = len('a')",
        "def len(x): 1",
    ]
    cells = [cell_from_source(f"c{number}", number, source)[0] for number, source in enumerate(sources, 1)]
    values = Pipeline.from_cells("study", cells, tmp_path).values({})
    assert values.to_come == ("day",)
    assert values.shown == {"day": "computed when a run starts", "n": 1}


def test_in_a_kernel_each_run_fills_what_only_a_run_tells(tmp_path: Path) -> None:
    cells = ["%%params\nn: int = '${load.xs.rows}'\nwho = 'run ${run.id}'", "%%step load\nxs = [1, 2, 3]"]
    reader = "%%step fit\nys = list(range(n)), who"
    told = "run = %pipeline run\nprint(run['ys'] == ([0, 1, 2], f'run {run.id}'), 'n' in globals())"
    notebook = run_cells(tmp_path, ["%load_ext jupyter_pipes", *cells, reader, told, told])
    assert ["True False" in notebook.text(place) for place in (4, 5)] == [True, True]
