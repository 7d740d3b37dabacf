"""Tasks of Luigi, run as steps: Luigi's order, events and targets, and our signatures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_pipes.runs.pipeline import Pipeline

FLOW = """
import json
import luigi
from pathlib import Path
from jupyter_pipes import Pipeline


class Load(luigi.Task):
    rows = luigi.IntParameter()

    def output(self):
        return luigi.LocalTarget(f"out/load-{self.rows}.json")

    def run(self):
        with self.output().open("w") as file:
            json.dump(list(range(self.rows)), file)


class Fit(luigi.Task):
    rows = luigi.IntParameter()
    alpha = luigi.FloatParameter()

    def requires(self):
        return Load(rows=self.rows)

    def output(self):
        return luigi.LocalTarget("out/fit.json")

    def run(self):
        with self.input().open() as file, self.output().temporary_path() as path:
            Path(path).write_text(json.dumps(sum(json.load(file)) * self.alpha))
        if self.alpha > 9:
            raise ValueError("alpha is too large")


@Fit.event_handler(luigi.Event.SUCCESS)
def told(task):
    print("told of", task)


pipeline = Pipeline.from_luigi(Fit(rows=4, alpha=2.0))
"""


@pytest.mark.slow
def test_tasks_run_as_luigi_runs_them_and_again_when_something_changed(tmp_path: Path) -> None:
    """A failed task leaves the file that was there; a file that is gone is put back."""
    flow, made = tmp_path / "taken_flow.py", tmp_path / "out" / "fit.json"

    def statuses(text: str, *, check: bool = True) -> dict[str, str]:
        flow.write_text(text)
        run = Pipeline.from_module(flow).run(check=check)
        assert all(not step.notes for step in run.steps.values())
        told.append(run.logs("Fit") + run.steps["Fit"].reason)
        return {name: str(step.status) for name, step in run.steps.items()}

    told: list[str] = []
    assert statuses(FLOW) == {"Load": "completed", "Fit": "completed"}
    assert json.loads(made.read_text()) == 12.0
    assert "told of Fit(rows=4, alpha=2.0)" in told[0]
    made.unlink()
    assert statuses(FLOW) == {"Load": "cached", "Fit": "cached"}
    assert json.loads(made.read_text()) == 12.0
    assert statuses(FLOW.replace("alpha=2.0", "alpha=3.0")) == {"Load": "cached", "Fit": "completed"}
    assert json.loads(made.read_text()) == 18.0
    failing = FLOW.replace("alpha=2.0", "alpha=10.0")
    assert statuses(failing, check=False) == {"Load": "cached", "Fit": "failed"}
    assert "ValueError: alpha is too large" in told[-1]
    assert json.loads(made.read_text()) == 18.0
    edited = FLOW.replace("range(self.rows)", "range(1, self.rows)")
    assert statuses(edited) == {"Load": "completed", "Fit": "completed"}
    assert not [path for path in made.parent.iterdir() if path.name.startswith(".")]
