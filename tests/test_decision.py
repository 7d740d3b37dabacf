"""Whether a step runs and why: what counts, what does not, and what a plan can foresee."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_pipes.decision import Decider, Decision
from jupyter_pipes.history import Result
from jupyter_pipes.model import ArtifactRef, CodePiece, FileSeen, Step
from jupyter_pipes.signature import digest
from jupyter_pipes.workspace import Workspace

STEP = Step(
    "clean", 1, "y = x * n", "cell 2", reads={"x": "load", "n": "params"}, writes=("y",), demanded=("y",)
)
Decide = Callable[..., Decision]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def decider(workspace: Workspace, tmp_path: Path) -> Decider:
    return Decider(workspace, "p", (tmp_path,))


def decide(
    decider: Decider, step: Step = STEP, n: Any = 3, x: ArtifactRef | None = None, **how: Any
) -> Decision:
    parameters = {"n": n} if "n" in step.reads else {}
    inputs = {"x": x} if "x" in step.reads else {}
    return decider.decide(step, parameters, inputs, **how)


def keep(
    workspace: Workspace, decision: Decision, files: tuple[FileSeen, ...] = (), value: object = 6
) -> Result:
    """Keep a result for the decision, as a run that followed it would have."""
    kept = (workspace.store.put("y", value),)
    result = Result(decision.signature, "p", STEP.name, "run-1", decision.parts, files, kept)
    workspace.history.keep(result)
    return result


def test_a_first_time_runs_and_the_second_is_cached(workspace: Workspace, decider: Decider) -> None:
    first = decide(decider)
    assert (first.decision, first.reasons) == ("run", ("no earlier result",))
    result = keep(workspace, first)
    second = decide(decider)
    assert (second.decision, second.result) == ("cached", result)
    assert second.reasons == ("nothing changed since run run-1",)


X = ArtifactRef("x", digest("1"), "int", 1, "json")
CHANGES = [
    pytest.param({"step": replace(STEP, body="y = x + n")}, "code changed", id="code"),
    pytest.param({"n": 4}, "parameter n 3 → 4", id="parameter"),
    pytest.param({"n": 3.0}, "parameter n 3 → 3.0", id="type of a parameter"),
    pytest.param({"n": True}, "parameter n 3 → True", id="truth for a number"),
    pytest.param({"x": replace(X, digest=digest("2"))}, "input x of load: other content", id="input"),
    pytest.param(
        {"step": replace(STEP, prelude=(CodePiece("cell 1", 1, "import math", ("math",)),))},
        "helper math is new",
        id="helper",
    ),
    pytest.param(
        {"step": replace(STEP, setup=(CodePiece("cell 1", 1, "seed()"),))}, "setup #1 is new", id="setup"
    ),
]


@pytest.mark.parametrize(("change", "reason"), CHANGES)
def test_what_changed_is_the_reason(
    workspace: Workspace, decider: Decider, change: dict[str, Any], reason: str
) -> None:
    keep(workspace, decide(decider, x=X))
    decision = decide(decider, **{"x": X, **change})
    assert (decision.decision, decision.reasons) == ("run", (reason,))


def test_undoing_a_change_is_a_hit_again(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider, n=3))
    keep(workspace, decide(decider, n=4), value=8)
    assert decide(decider, n=3).decision == "cached"


SETUP = (CodePiece("cell 1", 1, "import math"), CodePiece("cell 2", 1, "log = []"))
UNCHANGED = [
    pytest.param(
        {"setup": SETUP}, {"setup": (replace(SETUP[0], label="cell 9"), SETUP[1])}, id="a setup cell moved"
    ),
    pytest.param({}, {"label": "cell 7", "position": 5}, id="the cell moved"),
    pytest.param({}, {"doc": "what it does"}, id="the Markdown above it"),
    pytest.param({}, {"body": "# note\ny = x * n"}, id="a comment"),
]


@pytest.mark.parametrize(("before", "after"), UNCHANGED)
def test_what_does_not_count(
    workspace: Workspace, decider: Decider, before: dict[str, Any], after: dict[str, Any]
) -> None:
    keep(workspace, decide(decider, replace(STEP, **before)))
    assert decide(decider, replace(STEP, **{**before, **after})).decision == "cached"


def test_two_pieces_that_bind_the_same_name_both_count(workspace: Workspace, decider: Decider) -> None:
    first, second = CodePiece("cell 1", 1, "k = 1", ("k",)), CodePiece("cell 2", 1, "k = k + 1", ("k",))
    keep(workspace, decide(decider, replace(STEP, prelude=(first, second))))
    changed = decide(decider, replace(STEP, prelude=(first, replace(second, source="k = k + 2"))))
    assert (changed.decision, changed.reasons) == ("run", ("helper k #2 changed",))
    swapped = decide(decider, replace(STEP, prelude=(second, first)))
    assert swapped.decision == "run"


def test_order_counts_in_dicts_and_not_in_sets(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider, n={"a": 1, "b": {"x", "y", "z"}}))
    assert decide(decider, n={"a": 1, "b": {"z", "x", "y"}}).decision == "cached"
    assert decide(decider, n={"b": {"x", "y", "z"}, "a": 1}).decision == "run"


def test_force_runs_whatever_is_kept(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider))
    assert decide(decider, forced=True).reasons == ("forced",)


def test_a_result_of_another_step_is_not_reused(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider))
    assert decide(decider, replace(STEP, name="twin")).decision == "run"


def test_a_result_without_its_outputs_is_no_hit(
    workspace: Workspace, decider: Decider, tmp_path: Path
) -> None:
    keep(workspace, decide(decider))
    for blob in (tmp_path / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if blob.is_file():
            blob.unlink()
    decision = decide(decider)
    assert (decision.decision, decision.reasons) == ("run", ("output y is missing",))


def test_an_output_that_became_wanted_later_is_missing(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider))
    decision = decide(decider, replace(STEP, demanded=("y", "z")))
    assert (decision.decision, decision.reasons) == ("run", ("output z is missing",))


def test_a_file_that_the_step_was_seen_reading_counts(
    workspace: Workspace, decider: Decider, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1")
    keep(workspace, decide(decider), (FileSeen(str(path), digest("1")),))
    assert decide(decider).decision == "cached"
    path.write_text("2")
    assert decide(decider).reasons == ("file rows.csv: other content",)


def foresee(decider: Decider, step: Step = STEP, n: Any = 3) -> Decision:
    return decider.foresee(step, {"n": n}, {}, frozenset({"x"}), forced=False)


def test_a_plan_says_what_hangs_on_an_upstream_rerun(workspace: Workspace, decider: Decider) -> None:
    assert (foresee(decider).decision, foresee(decider).reasons) == ("run", ("no earlier result",))
    keep(workspace, decide(decider, x=X))
    assert foresee(decider).decision == "depends"
    assert "load" in foresee(decider).reasons[0]
    changed = foresee(decider, n=5)
    assert (changed.decision, changed.reasons) == ("run", ("parameter n 3 → 5",))
