"""Options that refer to what steps made: the same in each way of running a notebook, and for reruns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.runs.repeat import repeat, resume
from jupyter_pipes.runs.run import Run
from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project
from tests.waiting import until

CELLS = (
    "%%params\nrows: int = 3\nlimit: str = '10m'\ntries: int = '${load.config.tries}'",
    """%%step load
from dataclasses import dataclass
from jupyter_pipes import current
@dataclass
class Size:
    amount: str = "100M"
config = {"limit": limit, "tries": 2, "errors": ["ValueError", "KeyError"], "here": "local", "file": "a.txt"}
xs, size = list(range(rows)), Size()
current.metric("auc", 0.5)""",
    """%%step limits --timeout ${load.config.limit} --retries ${params.tries} \
--retry-delay ${load.metrics.auc}s --retry-on ${load.config.errors} --cpus ${load.xs[1]} \
--memory ${load.size.amount} --queue ${load.config.here} \
--tags of-${load.xs.rows},all --monitor metric:${load.config.here}*
a = len(xs)""",
    """%%step counted --version v${load.xs.rows} --file ${load.config.file} --env-var N=${load.xs.rows} \
--repeat-while "k < 10" --at-most ${params.tries}
import os
k = int(os.environ["N"])""",
    """%%step each --map "x in xs" --timeout ${load.config.limit} --retries ${load.xs.rows}
y = -x""",
    '%%step left --when "len(xs) > 5" --timeout ${load.config.limit}\nb = 1',
    "%%step bad --on-fail ignore --timeout ${load.config.limits}\nc = 1",
    "%%step reads\nd = repr(c)",
)


def detached(study: Project) -> Run:
    return study.pipeline().start(detach=True).wait()


def of_module(study: Project) -> Run:
    assert study.jupyter_pipes_here("export", "study.ipynb", "study.py").code == 0
    return Pipeline.from_module(study.folder / "study.py").run(check=False)


def again(study: Project) -> Run:
    return repeat(study.run(check=False, params={"rows": 2}), {"rows": 3}).wait()


def taken_up(study: Project) -> Run:
    file = study.folder / "a.txt"
    file.rename(study.folder / "b.txt")
    run = study.run(check=False)
    assert "--file a.txt names no file" in run.steps["counted"].reason
    (study.folder / "b.txt").rename(file)
    return resume(run).wait()


WAYS: dict[str, Callable[[Project], Run]] = {
    "a run": lambda study: study.run(check=False),
    "debug": lambda study: study.run(debug=True, check=False),
    "detached": detached,
    "module": of_module,
    "once more": again,
    "resumed": taken_up,
}

MISSING = "--timeout ${load.config.limits}: dict config has no limits; it has 'limit', 'tries', "


def study_of(project: NewProject) -> Project:
    study = project(*CELLS)
    (study.folder / "a.txt").write_text("a")
    return study


@pytest.mark.parametrize("way", WAYS)
def test_what_options_come_to_is_the_same_in_each_way_of_running(project: NewProject, way: str) -> None:
    run = WAYS[way](study_of(project))
    assert {name: str(step.status) for name, step in run.steps.items()} == {
        **dict.fromkeys(("load", "limits", "counted", "each", "reads"), "completed"),
        "left": "skipped",
        "bad": "failed",
    } | ({"reads": "cached"} if way in ("once more", "resumed") else {})
    limits, counted, each = (run.steps[name].planned.options for name in ("limits", "counted", "each"))
    assert (limits.timeout, limits.retries, limits.retry_delay, limits.retry_on) == (
        *(600, 2, 0.5),
        ("ValueError", "KeyError"),
    )
    assert (limits.cpus, limits.memory, limits.queue) == (1, 10**8, "local")
    assert (limits.tags, limits.monitor) == (("of-3", "all"), ("metric:local*",))
    assert (counted.version, counted.files, counted.variables) == ("v3", ("a.txt",), ("N=3",))
    assert (run["k"], run.steps["counted"].notes[0][:24]) == (3, "2 rounds, as many as --a")
    assert (run["y"], each.timeout, each.retries) == ([0, -1, -2], 600, 3)
    assert run.steps["bad"].reason.startswith(MISSING)
    assert run["d"] == "None"


def test_what_they_come_to_counts_as_if_it_had_been_written_so(project: NewProject) -> None:
    study = study_of(project)
    first = study.run(check=False)
    asked = [step.name for step in first.steps.values() if step.told is not None]
    assert asked == ["limits", "counted", "each", "left"]

    ran = study.run(check=False)
    assert [name for name, step in ran.steps.items() if step.status == "cached"] == [
        *("load", "limits", "counted", "each", "reads")
    ]
    assert "counted  cached" in repr(study.pipeline().plan())

    # A limit decides nothing, though what it refers to is another object now.
    plan = repr(study.pipeline().plan(params={"limit": "9m"}))
    words = "--file and --at-most and --version and --env-var are known when load has ended"
    assert f"counted  depends  {words}" in plan
    assert study.ran(params={"limit": "9m"}, check=False) == ["load"]

    changed = study.run(params={"rows": 2}, check=False).steps["counted"].decision_reasons
    assert changed == ("--version v3 → v2", "variable N 3 → 2")
    assert study.pipeline().why("counted", params={"rows": 2}).decision == "cached"


HANGS = """%%step load
class Slow:
    @property
    def limit(self):
        import time
        time.sleep(600)
slow, xs = Slow(), [1]"""


def test_a_run_that_is_cancelled_waits_for_no_option_and_a_gate_says_what_it_came_to(
    project: NewProject,
) -> None:
    gate = '%%step publish --gate "Look at ${load.xs.rows} rows"\ny = 1'
    study = project(HANGS, "%%step fit --timeout ${load.slow.limit}\nx = 1", gate)
    run = study.pipeline().start()
    until(lambda: run.view.gates, "the gate")
    assert run.view.gates["publish"].text == "Look at 1 rows"
    run.refuse("publish", "too few")
    until(lambda: run.steps["fit"].reason == "computes --timeout ${load.slow.limit}", "the option")
    run.cancel()
    run.wait(60)
    assert {name: str(step.status) for name, step in run.steps.items()} == {
        "load": "completed",
        "fit": "cancelled",
        "publish": "cancelled",
    }
