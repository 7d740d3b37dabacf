"""Sweeps of a real pipeline: shared steps run once, the best is found, one that fails or is cancelled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes import Run, RunCancelled, RunFailed, Sweep
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.steps import Status
from tests.acceptance.project import Project

CELLS = (
    "from jupyter_pipes import current",
    "%%params\nlr: float = 0.1\ndepth: int = 2",
    "%%step load\nwith open('told.txt', 'a') as file:\n    file.write('load ')\nxs = [1, 2, 3]",
    "%%step fit\nscore = sum(xs) * lr / depth\ncurrent.metric('auc', score)\ncurrent.metric('loss', -score)",
)


@pytest.fixture
def study(tmp_path: Path) -> Project:
    return Project(tmp_path, *CELLS)


def sweep(study: Project, over: Any, **options: Any) -> Sweep:
    return Sweep(study.pipeline(), over, **options)


@pytest.mark.parametrize(
    ("over", "options", "kind", "told"),
    [
        ({"lr": [1, "x"]}, {}, ParameterError, "parameter lr: 'x' does not fit"),
        ({"lrr": [1]}, {}, ParameterError, "did you mean lr?"),
        ({"fit.lrr": [1]}, {}, ParameterError, "did you mean lr?"),
        ({"lr": []}, {}, UsageError, "the sweep over lr has no values"),
        ({"lr": [1]}, {"params": {"lr": 2}}, UsageError, "lr is swept, and given"),
        ({"lr": [1]}, {"at_most": -1}, UsageError, "at_most must be a whole number from 0"),
        ({"lr": [1]}, {"metric": "auc"}, UsageError, "NAME:max"),
        ({"lr": 3}, {}, UsageError, "the values of lr must be a list, not 3"),
        (3, {}, UsageError, "ask and tell"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_runs(
    study: Project, over: Any, options: dict[str, Any], kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=re.escape(told)):
        sweep(study, over, **options)
    assert not (study.folder / ".jupyter_pipes").exists()


@pytest.mark.slow
def test_each_combination_is_a_run_what_they_share_runs_once_and_the_best_is_marked(study: Project) -> None:
    done = sweep(study, {"lr": [0.1, 0.3], "depth": range(1, 3)}, metric="auc:max").run()
    assert [run["score"] for run in done] == pytest.approx([0.6, 0.3, 1.8, 0.9])
    assert [run.params["lr"] for run in done] == [0.1, 0.1, 0.3, 0.3]
    assert done.best is done[2]
    assert done.best.params == {"lr": 0.3, "depth": 1}
    smallest = sweep(study, {"lr": [0.1, 0.3]}, metric="fit/auc:min").run()
    assert smallest.best is smallest[0]
    assert (study.folder / "told.txt").read_text() == "load "
    listed = study.jupyter_pipes_here("runs", f"tags:{done.id}", "--notebook", "study.ipynb", "--json")
    assert {run["run"] for run in listed.document["runs"]} == {run.id for run in done}


@pytest.mark.slow
def test_the_command_line_compares_them_and_ends_with_the_code_of_the_worst(study: Project) -> None:
    words = ("run", "study.ipynb", "--sweep", "depth=0..2")
    answer = study.jupyter_pipes(*words, "--metric", "auc:max")
    assert answer.code == 1
    rows = [line.split() for line in answer.out.splitlines()]
    assert rows[0] == ["run", "depth", "status", "time", "auc", "loss"]
    assert [row[-2] for row in rows[2:]] == ["0.6", "0.3"]
    assert [row[0] == "★" for row in rows] == [False, False, True, False]
    assert "run 2 of 3 with depth=1: completed, auc=0.6, loss=-0.6 (the best so far)" in answer.err
    assert "3 runs: 1 failed · 2 completed" in answer.err
    limited = study.jupyter_pipes(*words, "--at-most", "1", "--no-check", "--json", "--metric", "aux:min")
    assert limited.code == 0
    assert [run["params"] for run in limited.document["runs"]] == [{"depth": "0"}]
    assert limited.document["best"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--metric", "auc:max"], "say --sweep"),
        (["--at-most", "3"], "say --sweep"),
        (["--sweep", "lr=1,2", "--detach"], "--sweep and --detach exclude each other"),
        (["--sweep", "lr=1,2", "--debug"], "--sweep and --debug exclude each other"),
        (["--sweep", "lr=1,2", "--of", "last"], "--sweep and --of exclude each other"),
        (["--sweep", "lr=1,2", "--output", "o.ipynb"], "--sweep and --output exclude each other"),
    ],
)
def test_what_is_about_one_run_does_not_stand_beside_a_sweep(
    study: Project, words: list[str], told: str
) -> None:
    answer = study.jupyter_pipes_here("run", "study.ipynb", *words)
    assert answer.code == 2
    assert told in answer.err


@pytest.mark.slow
def test_a_run_that_fails_ends_the_sweep_only_with_fail_fast_and_is_raised_at_its_end(study: Project) -> None:
    failing = {"depth": [1, 0, 2]}
    with pytest.raises(RunFailed, match=r"1 of 3 runs did not complete: .*ZeroDivisionError") as raised:
        sweep(study, failing).run()
    assert raised.value.run.params["depth"] == 0
    stopped = sweep(study, failing, fail_fast=True, metric="auc:min").run(check=False)
    assert [run.status for run in stopped] == [Status.COMPLETED, Status.FAILED]
    assert stopped.best is stopped[0]


@pytest.mark.slow
def test_a_cancelled_run_ends_the_sweep(study: Project) -> None:
    study.write(*CELLS[:3], "%%step fit\nimport time\ntime.sleep(600)\nscore = lr")
    begun = sweep(study, {"lr": [1, 2]})

    def cancelled() -> Run:
        run = begun.start_next()
        assert run is not None
        run.cancel()
        return run.wait(60)

    assert cancelled().status is Status.CANCELLED
    assert begun.start_next() is None
    with pytest.raises(RunCancelled, match="1 of 1 runs did not complete"):
        begun.check()
