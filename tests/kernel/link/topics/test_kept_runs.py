"""What is asked about kept runs is answered, also while a run goes on; and runs are repeated."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.runs.run import Run
from tests.kernel.link.conftest import WAIT, AskedKernel

pytestmark = pytest.mark.slow

ROOM = {"width": 500, "height": 300}
CELLS = {
    "params": "%%params\nn: int = 1  # how many",
    "a": "%%step a\nx = n\nprint('made', x)\nx",
    "b": "%%step b\ny = 1 / x",
}


@pytest.fixture
def study(kernel: AskedKernel) -> AskedKernel:
    """A kernel that shows a pipeline of a parameter and two steps."""
    kernel.show(**CELLS)
    return kernel


def started(study: AskedKernel, ask: str = "run", **more: Any) -> Run:
    run = study.answer(ask, **more)["run"]
    assert study.session.run is not None
    assert study.session.run.id == run
    return study.session.run.wait(WAIT)


def ids(study: AskedKernel, query: str = "") -> list[str]:
    return [run["id"] for run in study.answer("runs", query=query)["runs"]]


def test_there_is_no_run_at_first_and_each_new_one_is_the_first_of_the_list(study: AskedKernel) -> None:
    assert ids(study) == []
    assert not (study.session.directory / ".jupyter_pipes").exists()
    first = started(study)
    assert ids(study) == [first.id]
    second = started(study, params={"n": 2})
    assert ids(study) == [second.id, first.id]
    assert study.answer("runs", limit=1)["has_more"]
    assert ids(study, "params.n:1") == [first.id]


def test_a_query_that_cannot_be_read_is_refused_with_the_place(study: AskedKernel) -> None:
    started(study)
    assert "^" in study.refusal("runs", query="status:(")


def test_a_kept_run_is_opened_by_every_name_it_has(study: AskedKernel) -> None:
    first = started(study)
    started(study, params={"n": 2})
    for name in (first.id, first.id[:-1], "previous"):
        opened = study.answer("open run", run=name, **ROOM)
        assert opened["line"]["id"] == first.id
        assert [step["status"] for step in opened["board"]["steps"]] == ["completed", "completed"]
    assert study.answer("look at step", run="previous", step="a")["log"] == "made 1\n"
    assert "no run 'nothing'" in study.refusal("open run", run="nothing", **ROOM)
    assert "no step" in study.refusal("look at step", run="last", step="c")


def test_a_failed_step_shows_its_traceback(study: AskedKernel) -> None:
    started(study, params={"n": 0})
    assert "ZeroDivisionError" in study.answer("look at step", run="last", step="b")["traceback"]
    assert study.answer("open run", run="last", **ROOM)["can_resume"]


def test_labels_titles_and_what_is_put_away_are_there_for_every_list(study: AskedKernel) -> None:
    first, second = started(study), started(study)
    study.answer("tag run", run=first.id, tags=["good", "good", "kept"])
    study.answer("rename run", run=first.id, title="the first")
    line = study.answer("runs", query="tags:good")["runs"][0]
    assert (line["id"], line["tags"], line["title"]) == (first.id, ("good", "kept"), "the first")
    study.answer("tag run", run=first.id, tags=[])
    assert ids(study, "tags:good") == []
    study.answer("archive run", run=first.id)
    assert ids(study) == [second.id]
    assert study.answer("runs", query="archived:true")["runs"][0]["archived"]
    study.answer("archive run", run=first.id, archived=False)
    assert ids(study) == [second.id, first.id]


def test_a_run_is_repeated_with_its_own_code_and_other_values(study: AskedKernel) -> None:
    first = started(study)
    study.show(a="%%step a\nx = 100 * n")
    (field,) = study.answer("open run", run=first.id, **ROOM)["fields"]
    assert (field["name"], field["annotation"], field["value"]) == ("n", "int", "1")
    again = started(study, "repeat run", run=first.id, params={"n": "4"})
    assert (again["x"], again.params) == (4, {"n": 4})
    assert study.answer("open run", run=again.id, **ROOM)["repeats"] == first.id


def test_a_value_that_does_not_fit_starts_nothing(study: AskedKernel) -> None:
    first = started(study)
    assert "n" in study.refusal("repeat run", run=first.id, params={"n": "many"})
    assert ids(study) == [first.id]


def test_a_run_that_completed_is_not_resumed(study: AskedKernel) -> None:
    first = started(study)
    assert "completed" in study.refusal("resume run", run=first.id)


def test_two_runs_are_compared(study: AskedKernel) -> None:
    first, second = started(study), started(study, params={"n": 2})
    both = study.answer("compare runs", a=first.id, b=second.id, **ROOM)
    assert both["marks"] == {"a": "changed", "b": "changed"}
    parameter = next(each for each in both["differences"] if each["what"] == "parameter")
    assert (parameter["a"], parameter["b"]) == ("1", "2")


def test_kept_runs_are_shown_while_one_goes_on(study: AskedKernel) -> None:
    first = started(study)
    study.show(b="%%step b\nimport time\ntime.sleep(600)")
    run = study.answer("run")["run"]
    assert ids(study) == [run, first.id]
    assert study.answer("open run", run="last", **ROOM)["line"]["status"] == "running"
    assert "still going on" in study.refusal("repeat run", run=first.id)
    study.answer("stop")
    assert study.session.run is not None
    study.session.run.wait(WAIT)
