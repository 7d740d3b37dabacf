"""Why a step would run, or did: the parts of its signature that differ, in words and as a diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.parts import Part
from jupyter_pipes.planning.explanation import Explanation, explain_kept
from jupyter_pipes.planning.signing.signature import Change, code_part
from tests.acceptance.project import Project

pytestmark = pytest.mark.slow

CELLS = [
    "%%params\nn: int = 1",
    "def scale(x):\n    return 2 * x",
    "%%step load\nx = n",
    "%%step clean\ny = scale(x)",
]


@pytest.fixture
def study(tmp_path: Path) -> Project:
    made = Project(tmp_path, *CELLS)
    made.run()
    return made


def edited(old: str, new: str) -> list[str]:
    assert any(old in cell for cell in CELLS)
    return [cell.replace(old, new) for cell in CELLS]


def why(study: Project, step: str, **options: object) -> Explanation:
    return study.pipeline().why(step, **options)  # type: ignore[arg-type]


def told(found: Explanation) -> list[tuple[str, str]]:
    return [(change.part, change.name) for change in found.changes]


def test_nothing_changed(study: Project) -> None:
    found = why(study, "clean")
    assert (found.decision, found.changes) == ("cached", ())
    assert found.reasons[0].startswith("nothing changed since run ")


def test_a_helper_is_told_with_the_lines_that_changed(study: Project) -> None:
    study.write(*edited("2 * x", "3 * x"))
    found = why(study, "clean")
    assert (found.decision, found.reasons, told(found)) == (
        "run",
        ("helper scale changed",),
        [("helper", "scale")],
    )
    assert found.changes[0].diff.splitlines()[-2:] == ["-    return 2 * x", "+    return 3 * x"]
    assert repr(found).splitlines()[:2] == ["clean: run", "  helper scale changed"]
    assert repr(found).splitlines()[-1] == "    +    return 3 * x"


def test_a_parameter_is_told_with_both_values_and_has_no_diff(study: Project) -> None:
    found = why(study, "load", params={"n": 2})
    assert (found.reasons, told(found)) == (("parameter n 1 → 2",), [("parameter", "n")])
    assert found.changes[0].diff == ""


def test_an_input_that_is_not_known_yet_is_no_change(study: Project) -> None:
    study.write(*edited("x = n", "x = n + 1"))
    hanging = why(study, "clean")
    assert (hanging.decision, hanging.reasons) == ("depends", ("runs if load gives other outputs",))
    assert hanging.changes == ()
    study.write(*[cell.replace("x = n", "x = n + 1").replace("2 * x", "3 * x") for cell in CELLS])
    assert told(why(study, "clean")) == [("helper", "scale")]


def test_what_hangs_on_no_part_has_only_its_reason(study: Project) -> None:
    assert why(study, "load", force=["load"]).reasons == ("forced",)
    assert why(study, "load", force=["load"]).changes == ()
    study.write(*edited("%%step load", "%%step load --always"))
    assert (why(study, "load").reasons, why(study, "load").changes) == (("--always",), ())


def test_a_step_that_never_ran_says_that_it_is_its_first_run(study: Project) -> None:
    study.write(*CELLS, "%%step total\nz = y")
    found = why(study, "total")
    assert (found.decision, found.reasons, found.changes) == ("run", ("first run",), ())


def test_a_kept_run_tells_why_its_steps_ran(study: Project) -> None:
    study.write(*edited("2 * x", "3 * x"))
    run = study.run()
    history = run.workspace.history
    found = explain_kept(history.view(run.id).steps["clean"], history)
    assert (found.decision, found.reasons, told(found)) == (
        "run",
        ("helper scale changed",),
        [("helper", "scale")],
    )
    cached = explain_kept(history.view(run.id).steps["load"], history)
    assert (cached.decision, cached.changes) == ("cached", ())
    assert cached.reasons[0].startswith("nothing changed since run ")
    (first,) = (each.run for each in history.runs() if each.run != run.id)
    assert explain_kept(history.view(first).steps["clean"], history).reasons == ("first run",)


def test_what_plan_says_why_says_and_the_run_gives_as_its_reason(study: Project) -> None:
    study.write(*edited("2 * x", "4 * x"))
    planned = study.pipeline().plan().steps[1].reasons
    explained = why(study, "clean").reasons
    run = study.run()
    assert planned == explained == run.steps["clean"].decision_reasons


def test_lines_of_a_diff_stand_below_their_reason() -> None:
    old, new = code_part("code", "", "x = 1"), code_part("code", "", "x = 2")
    number = Part("parameter", "n", "a", "1"), Part("parameter", "n", "b", "2")
    changes = (Change("code", "", old, new), Change("parameter", "n", *number))
    shown = repr(Explanation("a", "run", ("parameter n 1 → 2", "code changed"), changes)).splitlines()
    assert shown[:3] == ["a: run", "  parameter n 1 → 2", "  code changed"]
    assert shown[-2:] == ["    -x = 1", "    +x = 2"]
