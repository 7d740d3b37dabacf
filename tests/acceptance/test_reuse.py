"""What runs again and what is reused: a step runs exactly when something that it depends on changed."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import NewProject

CELLS = [
    "import math",
    "%%params\nn: int = 3",
    "LIMIT = 2\ndef clip(x):\n    return min(x, LIMIT)\ndef unused():\n    return 1",
    "%%step load\nxs = list(range(n))",
    "%%step clean\nys = [clip(x) for x in xs]",
    "%%step total\ntotal = sum(ys)",
    "%%step parity\neven = len(xs) % 2",
]


def changed(place: int, old: str, new: str) -> list[str]:
    """Return the cells with a change in one of them."""
    assert old in CELLS[place]
    return [cell.replace(old, new) if at == place else cell for at, cell in enumerate(CELLS)]


CHANGES = {
    "nothing": (CELLS, []),
    "a comment": (changed(4, "ys =", "# why\nys  ="), []),
    "a docstring of a helper": (changed(2, "(x):\n", "(x):\n    'Doc.'\n"), []),
    "a helper that nobody reaches": (changed(2, "return 1", "return 2"), []),
    "a constant of a helper, giving other outputs": (
        changed(2, "LIMIT = 2", "LIMIT = 1"),
        ["clean", "total"],
    ),
    "a constant of a helper, giving the same outputs": (changed(2, "LIMIT = 2", "LIMIT = 3"), ["clean"]),
    "a helper": (changed(2, "min(x, LIMIT)", "min(x + 0, LIMIT)"), ["clean"]),
    "the code of a step": (changed(5, "sum(ys)", "sum(ys) + 1"), ["total"]),
    "the code of the first, same outputs": (changed(3, "range(n)", "range(0, n)"), ["load"]),
    "the code of the first, other outputs": (
        changed(3, "range(n)", "range(n + 1)"),
        ["load", "clean", "total", "parity"],
    ),
    "the default of a parameter": (changed(1, "= 3", "= 4"), ["load", "clean", "total", "parity"]),
    "an option that changes no result": (changed(5, "%%step total", "%%step total --retries 2 --tags x"), []),
    "a new cell of text and code in between": ([*CELLS[:3], "# Text", "other = 1", *CELLS[3:]], []),
    "an import that a step does not use": (changed(0, "import math", "import math\nimport json"), []),
}


@pytest.mark.parametrize(("cells", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_reruns_exactly_what_depends_on_it_and_undoing_it_is_a_hit(
    project: NewProject, cells: list[str], expected: list[str]
) -> None:
    study = project(*CELLS)
    assert study.ran() == ["load", "clean", "total", "parity"]
    study.write(*cells)
    assert study.ran() == expected
    study.write(*CELLS)
    assert study.ran() == []


def test_a_cached_step_has_a_reason_no_attempts_and_its_outputs_and_log(project: NewProject) -> None:
    study = project("%%step a\nprint('made')\nx = 1")
    first = study.run()
    second = study.run()
    step = second.steps["a"]
    assert (step.status, step.seconds, step.attempts) == ("cached", 0, [])
    assert first.id in step.reason
    assert second["x"] == 1
    assert second.logs("a") == "made\n"


def test_force_runs_again_what_is_named_and_what_it_changes(project: NewProject) -> None:
    study = project(*CELLS)
    study.run()
    assert study.ran(force=["clean"]) == ["clean"]
    assert study.ran(force=["all"]) == ["load", "clean", "total", "parity"]


def test_a_failed_attempt_is_never_a_hit(project: NewProject) -> None:
    study = project("%%step a\nx = 1\nraise ValueError")
    for _ in range(2):
        assert len(study.run(check=False).steps["a"].attempts) == 1


def test_files_that_a_step_opens_count_by_content(project: NewProject) -> None:
    study = project(
        "from pathlib import Path", "name = 'in' + '.txt'", "%%step a\ntext = Path(name).read_text()"
    )
    (study.folder / "in.txt").write_text("one")
    assert study.run()["text"] == "one"
    assert study.ran() == []
    (study.folder / "in.txt").write_text("two")
    assert study.run()["text"] == "two"


def test_the_same_bytes_of_another_type_are_another_input(project: NewProject) -> None:
    study = project("%%step a\nx = 1", "%%step b\nkind = type(x).__name__")
    assert study.run()["kind"] == "int"
    for value, kind in (
        ("True", "bool"),
        ("1.0", "float"),
        ("'1'", "str"),
        ("(1,)", "tuple"),
        ("[1]", "list"),
    ):
        study.write(f"%%step a\nx = {value}", "%%step b\nkind = type(x).__name__")
        assert study.run()["kind"] == kind


def test_an_artifact_that_was_deleted_is_made_again(project: NewProject) -> None:
    study = project("%%step a\nx = list(range(1000))", "%%step b\ny = len(x)")
    run = study.run()
    for file in (study.folder / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if file.is_file() and run.artifact("x").digest.endswith(file.name):
            file.unlink()
    assert study.ran() == ["a"]


def test_the_plan_says_what_the_run_does(project: NewProject) -> None:
    study = project(*CELLS)
    study.run()
    study.write(*changed(3, "range(n)", "range(0, n)"))
    plan = {step.name: step.decision for step in study.pipeline().plan().steps}
    assert plan == {"load": "run", "clean": "depends", "total": "depends", "parity": "depends"}
    assert study.ran() == ["load"]
