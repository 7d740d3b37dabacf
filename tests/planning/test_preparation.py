"""What is needed before a run: which values each step reads, and which outputs are taken as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ArtifactMissing, InvalidPipeline, ParameterError, UsageError
from jupyter_pipes.pipelines.declarations.packing import unpack
from jupyter_pipes.runs.run import Run
from tests.acceptance.project import Project

CELLS = [
    "%%params\nn: int = 1\nm: int = 10\nk: int = 2 * n",
    "%%step load\nx = n",
    "%%step clean\ny = x + m",
    "%%step total\nz = y + k",
]


@pytest.fixture
def study(tmp_path: Path) -> Project:
    return Project(tmp_path, *CELLS)


def statuses(run: Run) -> dict[str, str]:
    return {name: str(step.status) for name, step in run.steps.items()}


# Values -------------------------------------------------------------------------------------------------

VALUES = [
    ({}, {"load": {"n": 1}, "clean": {"m": 10}, "total": {"k": 2}}),
    ({"n": "3"}, {"load": {"n": 3}, "clean": {"m": 10}, "total": {"k": 6}}),
    ({"n": 3, "k": 0}, {"load": {"n": 3}, "clean": {"m": 10}, "total": {"k": 0}}),
    ({"clean.m": 5}, {"load": {"n": 1}, "clean": {"m": 5}, "total": {"k": 2}}),
    ({"m": 7, "clean.m": 5}, {"load": {"n": 1}, "clean": {"m": 5}, "total": {"k": 2}}),
]


@pytest.mark.parametrize(("given", "values"), VALUES)
def test_each_step_gets_the_values_of_the_parameters_that_it_reads(
    study: Project, given: dict[str, object], values: dict[str, dict[str, object]]
) -> None:
    of_steps = study.pipeline().values(given).of_steps
    assert {step: unpack(of) for step, of in of_steps.items()} == values


def test_a_run_shows_all_values_and_those_of_one_step_beside_them(study: Project) -> None:
    assert study.pipeline().values({"n": "3", "clean.m": "5"}).shown == {
        "n": 3,
        "m": 10,
        "k": 6,
        "clean.m": 5,
    }


REFUSED = [
    ({"nn": 1}, ParameterError, "nn"),
    ({"n": "many"}, ParameterError, "many"),
    ({"total.n": 1}, ParameterError, r"step total does not read parameter n; it reads: k"),
    ({"none.n": 1}, UsageError, "none"),
]


@pytest.mark.parametrize(("given", "error", "words"), REFUSED)
def test_values_that_do_not_fit_are_refused(
    study: Project, given: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        study.pipeline().plan(params=given)


# Options that refer to values ---------------------------------------------------------------------------

REFERRING = (
    "%%params\nn: int = 1\nname = 'x'",
    "%%step load --version v${params.n} --out-file ${params.name}.txt\nx = 1",
    "%%step use --file ${params.name}.txt\ny = 2",
    "%%step other\nz = n",
)


def test_options_are_settled_by_the_values_of_their_step_and_files_make_edges(tmp_path: Path) -> None:
    pipeline = Project(tmp_path, *REFERRING).pipeline()
    steps = {step.name: step for step in pipeline.request(params={"name": "y"}).definition.steps}
    assert steps["load"].options.version == "v1"
    assert steps["load"].options.out_files == ("y.txt",)
    assert steps["use"].files_from == {"y.txt": "load"}
    with pytest.raises(InvalidPipeline, match="JP025 step use"):
        pipeline.plan(params={"load.name": "y"})


# Outputs that are taken as they are ---------------------------------------------------------------------


@pytest.mark.slow
def test_the_outputs_for_the_present_values_are_taken_though_others_are_newer(study: Project) -> None:
    first = study.run()
    study.run(params={"n": 5})
    only = study.run(only=["clean"], params={"m": 20})
    assert (only["y"], only.steps["load"].source_run) == (21, first.id)
    later = study.run(only=["clean"], params={"m": 20, "n": 5})
    assert later["y"] == 25


@pytest.mark.slow
def test_values_that_the_taken_steps_do_not_read_do_not_count_for_that(study: Project) -> None:
    study.run(params={"k": 0})
    study.run(params={"n": 5, "k": 0})
    assert study.run(from_=["clean"], params={"n": 1, "k": 3, "m": 0})["z"] == 4


@pytest.mark.slow
def test_the_newest_outputs_are_taken_where_none_are_for_the_present_values(study: Project) -> None:
    study.run()
    study.run(params={"n": 5})
    assert study.run(only=["clean"], params={"n": 99})["y"] == 15


@pytest.mark.slow
def test_outputs_are_taken_though_the_code_changed(study: Project) -> None:
    study.run()
    study.write(CELLS[0], "%%step load\nx = n + 100", "%%step clean\ny = x * m", CELLS[3])
    run = study.run(from_=["clean"])
    assert statuses(run) == {"load": "cached", "clean": "completed", "total": "completed"}
    assert run["y"] == 10
    assert run.steps["load"].reason.startswith("taken as it is (--from clean), from run ")
    assert study.run(only=["total"], force=["all"])["z"] == 12
    assert study.run()["x"] == 101


@pytest.mark.slow
def test_what_follows_is_no_hit_for_the_code_as_it_is(study: Project) -> None:
    """The outputs of a step that was taken as it is are inputs by their content, like any others."""
    study.run()
    study.write(CELLS[0], "%%step load\nx = n + 100", *CELLS[2:])
    study.run(from_=["clean"])
    run = study.run()
    assert (statuses(run)["clean"], run["y"]) == ("completed", 111)


@pytest.mark.slow
def test_outputs_that_are_missing_or_damaged_are_an_error_before_anything_runs(study: Project) -> None:
    with pytest.raises(ArtifactMissing, match=r"--only clean .*run load first"):
        study.run(only=["clean"])
    study.run()
    for blob in (study.folder / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if blob.is_file():
            blob.write_bytes(b"damaged")
    for options in ({"only": ["clean"]}, {"from_": ["clean"]}):
        with pytest.raises(ArtifactMissing, match=r"run load first"):
            study.pipeline().plan(**options)  # type: ignore[arg-type]
    assert len(study.pipeline().workspace.history.runs()) == 1


@pytest.mark.slow
def test_a_file_that_a_taken_step_makes_is_put_back(study: Project) -> None:
    study.write(
        "%%step make --out-file made.txt\nopen('made.txt', 'w').write('abc')",
        "%%step count\nsize = len(open('made.txt').read())",
    )
    study.run()
    (study.folder / "made.txt").write_text("changed by hand")
    run = study.run(only=["count"], force=["count"])
    assert (statuses(run), run["size"]) == ({"make": "cached", "count": "completed"}, 3)
    (study.folder / "made.txt").unlink()
    assert study.run(from_=["count"], force=["count"])["size"] == 3


@pytest.mark.slow
def test_the_plan_of_such_a_run_says_the_same(study: Project) -> None:
    study.run()
    study.write(CELLS[0], "%%step load\nx = n + 100", "%%step clean\ny = x * m", CELLS[3])
    plan = study.pipeline().plan(from_=["clean"])
    assert [(step.name, step.decision) for step in plan.steps] == [
        ("load", "cached"),
        ("clean", "run"),
        ("total", "depends"),
    ]
    assert plan.steps[0].reasons[0].startswith("taken as it is (--from clean)")
