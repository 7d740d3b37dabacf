"""A step that is another pipeline: a run of its own, whose artifacts are the step's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.display.looks import status_line
from jupyter_pipes.display.steps.elements import elements_html, elements_of, elements_title
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.listing import list_runs
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.repeat import repeat, resume
from jupyter_pipes.runs.run import Run
from tests.waiting import until

MakePipeline = Callable[..., Pipeline]

LOAD = "%%step load\nxs = list(range(rows))\nprint('loaded', rows)"
OTHER = ("%%params\nrows: int = 5", LOAD, "%%step double\ndf = [2 * x for x in xs]\nsame = df")
PREP = "%%step prep --pipeline other.ipynb -p rows=${params.n} --out df same"
MADE = ("%%params\nn: int = 3", PREP, "%%step fit\nz = (sum(df), df is same)")


def standing(run: Run) -> dict[str, str]:
    return {step.name: step.status.value for step in run.view.steps_and_elements}


def test_its_artifacts_are_the_step_s_and_its_run_is_linked(pipeline_of: MakePipeline) -> None:
    pipeline_of(*OTHER, name="other")
    run = pipeline_of(*MADE).run(debug=True)
    assert run["z"] == (6, True)
    assert standing(run) == dict.fromkeys(("prep[load]", "prep[double]", "prep", "fit"), "completed")
    of_prep = run.steps["prep"].children.values()
    assert all(0 < step.seconds < run.steps["prep"].seconds and step.began is None for step in of_prep)
    assert (run.steps["prep"].count, run.logs("prep[load]")) == ("2/2", "loaded 3\n")
    assert run.logs("prep") == "prep[load]:\nloaded 3\n"
    part = find_run(run.workspace, run.steps["prep[load]"].source_run)
    assert (part.view.pipeline, part.view.part_of, part["df"]) == ("other", f"{run.id}/prep", [0, 2, 4])
    assert part.artifact("df") == run.artifact("df"), "nothing is kept twice"
    assert find_run(run.workspace, "last").id == run.id, "the one that somebody began"
    history = run.workspace.history
    assert [each.run for each in list_runs(history, f"part_of:{run.id}/prep")] == [part.id]


def test_it_is_cached_when_nothing_of_it_would_run_and_why_says_what_changed(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    def decided(**params: object) -> tuple[str, str]:
        step = pipeline_of(*MADE).plan(params=params).steps[0]
        return step.decision, step.reasons[0]

    (tmp_path / "factor.txt").write_text("2")
    reading = "%%step double\ndf = [int(open('factor.txt').read()) * x for x in xs]\nsame = df"
    pipeline_of(OTHER[0], LOAD, reading, name="other")
    assert decided() == ("run", "load: first run")
    first = pipeline_of(*MADE).run(debug=True)
    assert decided() == ("cached", f"nothing changed since run {first.id}")
    again = pipeline_of(*MADE).run(debug=True)
    assert standing(again) == {"prep": "cached", "fit": "cached"}
    assert again.logs("prep") == first.logs("prep")
    assert decided(n=4) == ("run", "parameter rows of load 3 → 4")
    (tmp_path / "factor.txt").write_text("3")
    assert decided() == ("run", "file factor.txt of double: other content")
    part = pipeline_of(*MADE).run(debug=True)
    assert part["df"] == [0, 3, 6]
    assert standing(part)["prep[load]"] == "cached"
    assert part.logs("prep") == first.logs("prep"), (
        "of a step that the other pipeline had from an earlier run"
    )
    (tmp_path / "factor.txt").write_text("2")
    assert decided() == ("cached", f"nothing changed since run {first.id}"), "undone: the earlier result fits"
    pipeline_of(OTHER[0], LOAD, reading.replace("* x", "* -x"), name="other")
    assert decided() == ("run", "code of double changed")
    assert "-df = [int(open('factor.txt').read()) * x" in repr(pipeline_of(*MADE).why("prep"))


GIVEN = (
    "%%params\nn: int = 3",
    "%%step count\nfound = {'rows': n, 'name': 'x' * n, 'both': {'rows': n}}\nframe = print",
    "%%step prep --pipeline other.ipynb -p rows={} --out df same",
    "%%step fit\nz = sum(df)",
)


def given(rows: str) -> tuple[str, ...]:
    return (*GIVEN[:2], GIVEN[2].replace("rows={}", rows), GIVEN[3])


@pytest.mark.slow
def test_what_other_steps_make_decides_as_if_it_had_been_written(pipeline_of: MakePipeline) -> None:
    """Where an earlier run kept what it comes to, a plan knows it; `why` and `resume` go by it as well."""
    pipeline_of(*OTHER, name="other")
    pipeline = pipeline_of(*given("rows=${count.found.rows}"))
    assert pipeline.graph.step("prep").upstream == ("count",)
    assert pipeline.plan().steps[1].reasons[-1] == "-p is known when count has ended"
    first = pipeline.run(debug=True)
    assert (first["z"], first.logs("prep[load]")) == (6, "loaded 3\n")
    assert [step.decision for step in pipeline.plan().steps] == ["cached", "cached", "cached"]
    planned = pipeline.plan(params={"n": 4}).steps[1]
    assert (planned.decision, planned.reasons) == ("depends", ("-p is known when count has ended",))
    other = pipeline.run(params={"n": 4}, debug=True)
    assert (other["z"], other.steps["prep"].decision_reasons) == (12, ("parameter rows of load 3 → 4",))
    repeated = repeat(other, {"n": 5}).wait()
    assert (repeated["z"], repeated.steps["prep"].usage.cpu_seconds > 0) == (20, True)
    same = pipeline_of(*given("rows=3")).run(debug=True)
    assert standing(same)["prep"] == "cached", "it counts as if it had been written so"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "ended"),
    [
        ("${count.found.both}", 6),
        ("load.rows=${count.found.rows}", 6),
        ("rows=${count.found.name}", "parameter rows: 'xxx' does not fit; use a whole number"),
        ("rows=${count.frame}", "${count.frame} is a builtin_function_or_method, and a parameter takes"),
        ("rows=${count.found.nothing}", "dict found has no nothing"),
    ],
)
def test_what_other_steps_make_fits_its_parameter_or_fails_the_step(
    pipeline_of: MakePipeline, said: str, ended: object
) -> None:
    pipeline_of(*OTHER, name="other")
    run = pipeline_of(*given(said)).run(debug=True, check=False)
    if isinstance(ended, str):
        assert standing(run) == {"count": "completed", "prep": "failed", "fit": "skipped"}
        assert ended in run.steps["prep"].reason
    else:
        assert run["z"] == ended


def test_what_the_other_pipeline_has_kept_by_itself_is_not_computed_again(pipeline_of: MakePipeline) -> None:
    pipeline_of(*OTHER, name="other").run(params={"rows": 3}, debug=True)
    assert pipeline_of(*MADE).plan().steps[0].reasons == ("all of its steps are kept",)
    run = pipeline_of(*MADE).run(debug=True)
    assert standing(run) | {"fit": ""} == {
        "prep[load]": "cached",
        "prep[double]": "cached",
        "prep": "completed",
        "fit": "",
    }
    forced = pipeline_of(*MADE).run(debug=True, force=["prep"])
    assert standing(forced)["prep[load]"] == "completed"


def test_a_step_of_it_that_fails_is_named_with_its_line(pipeline_of: MakePipeline) -> None:
    pipeline_of("%%step a\nx = 1", "%%step b\n\ny = x / 0", name="other")
    run = pipeline_of("%%step prep --pipeline other.ipynb --out y", "%%step fit\nz = y").run(
        debug=True, check=False
    )
    assert standing(run) == {
        "prep[a]": "completed",
        "prep[b]": "failed",
        "prep": "failed",
        "fit": "skipped",
    }
    prep = run.steps["prep"]
    assert [each.name for each in elements_of(prep)] == ["prep[a]", "prep[b]"], "in their own order"
    assert elements_title(prep) == f"Steps of other.ipynb · run {prep.children['prep[a]'].source_run}"
    assert status_line(prep) == "failed · 1/2", "a node has no room for more"
    assert "ZeroDivisionError" in elements_html(prep, 0.0)
    reason = "other.ipynb, step b, line 3: ZeroDivisionError: division by zero"
    assert run.steps["prep"].reason == reason


@pytest.mark.slow
def test_a_gate_in_it_is_answered_in_its_own_run_while_the_run_around_it_goes_on(
    pipeline_of: MakePipeline,
) -> None:
    pipeline_of("%%params\nn: int = 1", "%%step a --gate 'Ready for ${params.n}?'\nx = n", name="asks")
    steps = (f"%%step {name} --pipeline asks.ipynb -p n={n} --out x" for n, name in enumerate(("yes", "no")))
    run = pipeline_of(*steps, "%%step got\ny = x").start()

    def part(step: str) -> Run:
        note = until(lambda: next(iter(run.steps[step].notes), ""), "the gate")
        asked = run.steps[step].children[f"{step}[a]"]
        words = f"a waits for approval: Ready for {('yes', 'no').index(step)}?"
        assert note == f"{words} (approve {asked.source_run} a)"
        return find_run(run.workspace, asked.source_run)

    part("no").refuse(reason="too early")
    part("yes").approve()
    run.wait(60)
    assert standing(run) == {
        "yes[a]": "completed",
        "yes": "completed",
        "no[a]": "cancelled",
        "no": "cancelled",
        "got": "skipped",
    }
    assert run.steps["no"].reason.endswith("of asks was cancelled: a refused")


@pytest.mark.slow
def test_several_at_once_and_within_each_other_are_cancelled_timed_out_and_repeated(
    pipeline_of: MakePipeline,
) -> None:
    pipeline_of(*OTHER, name="other")
    inner = "%%step inner --pipeline other.ipynb -p rows=${params.k} --out df same"
    pipeline_of("%%params\nk: int = 2", inner, "%%step more\ntotal = sum(df)", name="middle")
    made = pipeline_of(
        "%%params\nn: int = 3",
        "%%step one --pipeline middle.ipynb -p k=${params.n} --out total",
        "%%step two --pipeline other.ipynb --out df",
        "%%step fit\nz = (total, sum(df))",
    )
    run = made.run()
    assert run["z"] == (6, 20)
    assert repeat(run, {"n": 4}).wait()["z"] == (12, 20)
    pipeline_of("%%step s\nx = open('there').read()", name="late")
    failed = pipeline_of("%%step one --pipeline late.ipynb --out x").run(check=False)
    pipeline_of("%%step s\nx = 'of another cell'", name="late")
    (made.directory / "there").write_text("it is")
    assert resume(failed).wait()["x"] == "it is", "it goes on with the cells that it began with"
    pipeline_of("%%step s\nimport time\ntime.sleep(60)\nx = 1", name="slow")
    late = pipeline_of("%%step one --pipeline slow.ipynb --timeout 1s --out x").run(check=False)
    assert standing(late) == {"one[s]": "cancelled", "one": "failed"}
    assert late.steps["one"].reason == "timed out after 1 s"
    for step, ended in ((None, "cancelled"), ("one", "cancelled"), ("one[s]", "cancelled")):
        started = pipeline_of("%%step one --pipeline slow.ipynb --out x").start()
        until(lambda: standing(started).get("one[s]") == "running", "its step runs")  # noqa: B023 - called here
        started.cancel(step)
        assert standing(started.wait(30)) == {"one[s]": ended, "one": ended}
    assert all(run.status is not Status.RUNNING for run in list_runs(started.workspace.history))
