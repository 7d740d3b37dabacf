"""Kept runs as plain data: lines, an opened run, its steps, and two runs as one graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.display.kept.compared import compared
from jupyter_pipes.display.kept.lines import line_of, page
from jupyter_pipes.display.kept.opened import look, opened
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.runs.run import Run

pytestmark = pytest.mark.slow

FIRST = (
    "%%params\nrate: float = 0.5  # how fast\nkind: str = 'a'",
    "%%step load\nraw = [1, 2, 3]",
    "%%step old\nolder = raw[0]",
    "%%step fit\nfrom jupyter_pipes import current\nfor place in range(3):\n"
    "    current.metric('loss', rate * place, at=10 * place)\n"
    "print('fitted', kind)\nfitted = sum(raw)\nfitted",
    "%%step score\nfrom jupyter_pipes import current\ncurrent.metric('auc', float(fitted))",
)
SECOND = (*FIRST[:1], FIRST[1].replace("3]", "4]"), *FIRST[3:], "%%step late\nlater = raw[-1]")


def run_of(folder: Path, sources: tuple[str, ...], **params: object) -> Run:
    cells = [cell_from_source(str(place), place, text)[0] for place, text in enumerate(sources, 1)]
    return Pipeline.from_cells("study", cells, folder).run(params=params, check=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run, Run]:
    """Three runs: of one state, cached from it, and of another with other parameters."""
    folder = tmp_path_factory.mktemp("study")
    first, again = run_of(folder, FIRST), run_of(folder, FIRST)
    return first, again, run_of(folder, SECOND, rate=0.25)


def test_the_list_has_a_line_for_each_run_with_how_its_steps_ended(runs: tuple[Run, Run, Run]) -> None:
    first, again, other = runs
    listed = page(first.workspace, "", "study", 10)
    assert [line.id for line in listed.runs] == [other.id, again.id, first.id]
    assert [line.endings for line in listed.runs] == [{"completed": 4}, {"cached": 4}, {"completed": 4}]
    assert listed.runs[0].parameters == {"rate": "0.25", "kind": "a"}
    assert not listed.has_more


def test_a_page_says_whether_there_are_more_and_a_query_chooses(runs: tuple[Run, Run, Run]) -> None:
    first = runs[0]
    assert page(first.workspace, "", "study", 2).has_more
    assert [line.id for line in page(first.workspace, "params.rate:0.25", "study", 2).runs] == [runs[2].id]
    assert page(first.workspace, "", "another", 2).runs == ()
    with pytest.raises(UsageError):
        page(first.workspace, "status:(", "study", 2)


def test_a_line_made_of_a_run_is_the_line_of_the_list(runs: tuple[Run, Run, Run]) -> None:
    for line, run in zip(page(runs[0].workspace, "", "study", 9).runs, reversed(runs), strict=True):
        kept = Run(run.workspace, run.id)
        assert line_of(kept.view) == line


def test_an_opened_run_has_its_graph_and_a_form_of_its_own_parameters(runs: tuple[Run, Run, Run]) -> None:
    run = opened(runs[2], 600, 400)
    assert [step.name for step in run.board.steps] == ["load", "fit", "score", "late"]
    assert run.layout.nodes.keys() == {"load", "fit", "score", "late"}
    rate, kind = run.fields
    assert (rate.name, rate.annotation, rate.value, rate.help) == ("rate", "float", "0.25", "how fast")
    assert kind.value == "a"
    assert (run.obstacle, run.can_resume) == ("", False)


@pytest.mark.parametrize("place", [0, 1])
def test_a_step_shows_what_it_did_when_it_ran_also_when_it_was_cached(
    runs: tuple[Run, Run, Run], place: int
) -> None:
    fit = look(runs[place], "fit")
    assert fit.source_run == runs[0].id
    assert fit.log == "fitted a\n"
    assert [(point.at, point.value) for point in fit.curves["loss"]] == [(0, 0), (10, 0.5), (20, 1)]
    assert fit.outputs == ({"text/plain": "6"},)
    assert {artifact.name for artifact in fit.artifacts} >= {"fitted"}
    assert len(fit.attempts) == (1, 0)[place]


def test_two_runs_are_one_graph_with_what_changed_marked(runs: tuple[Run, Run, Run]) -> None:
    both = compared(runs[0], runs[2], 600, 400)
    assert both.marks == {
        "load": "changed",
        "old": "only in a",
        "fit": "changed",
        "score": "changed",
        "late": "only in b",
    }
    assert both.layout.nodes.keys() == both.marks.keys()
    assert [step.name for step in both.board.steps] == ["load", "old", "fit", "score", "late"]
    (auc,) = (pair for pair in both.metrics if pair.name == "auc")
    assert (auc.a, auc.b) == (6, 7)
    (loss,) = both.curves
    assert (loss.step, loss.name) == ("fit", "loss")
    assert [[point.value for point in side] for side in (loss.a, loss.b)] == [[0, 0.5, 1], [0, 0.25, 0.5]]


def test_each_changed_step_says_why(runs: tuple[Run, Run, Run]) -> None:
    both = compared(runs[0], runs[2], 600, 400)
    code = next(line for line in both.differences if (line.step, line.what) == ("load", "code"))
    assert "+raw = [1, 2, 4]" in code.diff
    rate = next(line for line in both.differences if (line.step, line.what) == ("fit", "parameter"))
    assert (rate.name, rate.a, rate.b) == ("rate", "0.5", "0.25")


def test_a_run_and_its_cached_repetition_differ_in_no_step(runs: tuple[Run, Run, Run]) -> None:
    both = compared(runs[0], runs[1], 600, 400)
    assert set(both.marks.values()) == {"same"}
    (loss,) = both.curves
    assert loss.a == loss.b
