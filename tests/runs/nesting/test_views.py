"""How the pipelines stand that steps are: as the run that a step had left them; else as written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.nesting.views import NestedViews
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run

MakePipeline = Callable[..., Pipeline]

INNER = ("%%step one\nprint('in one')\nx = 1", "%%step two\ny = x + 1")
OTHER = ("%%step load\nprint('loads')\nxs = [1]", "%%step deep --pipeline inner.ipynb --out y\n")
MADE = ("%%step prep --pipeline other.ipynb --out y xs\n", "%%step fit\nz = y")


def told() -> None:
    """Nobody listens."""


def statuses(view: RunView | None) -> dict[str, str] | None:
    return view and {name: str(step.status) for name, step in view.steps.items()}


def test_a_pipeline_stands_as_its_run_left_it_also_where_its_step_is_cached(
    pipeline_of: MakePipeline,
) -> None:
    pipeline_of(*INNER, name="inner"), pipeline_of(*OTHER, name="other")
    pipeline = pipeline_of(*MADE)
    views = NestedViews(lambda: pipeline, Pipeline.load, told)
    for run in (pipeline.run(debug=True), pipeline.run(debug=True)):
        nested = views.of(run.steps["prep"])
        assert nested is not None
        assert statuses(nested) == {"load": "completed", "deep": "completed"}
        assert statuses(views.of(nested.steps["deep"])) == {"one": "completed", "two": "completed"}
        assert views.of(run.steps["fit"]) is None
        for name, log in (("prep[load]", "loads\n"), ("prep[deep[one]]", "in one\n")):
            place = views.place_of(run, name)
            assert place is not None
            assert place[0].logs(place[1]) == log
        assert views.place_of(run, "fit") == (run, "fit")


def test_before_its_run_it_is_pending_as_its_file_has_it_now(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    """One that cannot be read is not shown; whoever plans it is told why."""
    pipeline_of(*INNER, name="inner"), pipeline_of(*OTHER, name="other")
    pipeline = pipeline_of(*MADE)
    views = NestedViews(lambda: pipeline, Pipeline.load, told)
    failing = pipeline_of(
        "%%step prep --pipeline other.ipynb --out y --after no\n", "%%step no\n1 / 0", name="x"
    )
    run = failing.run(debug=True, check=False)
    prep = run.steps["prep"]
    assert statuses(views.of(prep)) == {"load": "pending", "deep": "pending"}
    assert views.place_of(run, "prep[load]") is None
    (tmp_path / "other.ipynb").unlink()
    assert views.of(prep) is None
    pipeline_of(*INNER, name="other")
    assert statuses(views.of(prep)) == {"one": "pending", "two": "pending"}


def test_what_gc_took_is_not_shown(pipeline_of: MakePipeline) -> None:
    pipeline_of(*INNER, name="inner"), pipeline_of(*OTHER, name="other")
    pipeline = pipeline_of(*MADE)
    run = pipeline.run(debug=True)
    run.steps["prep"].children["prep[load]"].source_run = "gone"
    views = NestedViews(lambda: pipeline, Pipeline.load, told)
    assert views.place_of(Run(run.workspace, run.id), "prep[load]") is not None
    assert views.place_of(run, "prep[load]") is None
