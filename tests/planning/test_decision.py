"""Whether a step runs and why: what counts, what does not, and what a plan can foresee."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_pipes.history.history import Result
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.results import FIGURE, ArtifactRef, FileSeen
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.model.views import RunView
from jupyter_pipes.planning.decision import Decider, Decision

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
    workspace: Workspace,
    decision: Decision,
    files: tuple[FileSeen, ...] = (),
    value: object = 6,
    *others: ArtifactRef,
) -> Result:
    """Keep a result for the decision, as a run that followed it would have."""
    history = workspace.history
    parts, content = decision.packed_parts()
    history.keep_attachments({parts: content})
    run = f"run-{len(history.runs()) + 1}"
    log, view = history.journal(run), RunView(run)
    for fact in (
        ev.RunStarted("p", "1.0.0", (ev.PlannedStep(STEP.name),)),
        ev.StepDecided(STEP.name, "run", signature=decision.signature, parts=parts),
        ev.ArtifactStored(STEP.name, 1, workspace.store.put("y", value)),
        *(ev.ArtifactStored(STEP.name, 1, other) for other in others),
        ev.AttemptEnded(STEP.name, 1, "completed", files=files),
    ):
        log.append(fact, view)
    return history.results(decision.signature)[0]


def test_a_first_time_runs_and_the_second_is_cached(workspace: Workspace, decider: Decider) -> None:
    first = decide(decider)
    assert (first.decision, first.reasons) == ("run", ("first run",))
    result = keep(workspace, first)
    second = decide(decider)
    assert (second.decision, second.result) == ("cached", result)
    assert second.reasons == ("nothing changed since run run-1",)


MADE = CodePiece("parameter n", 1, "n = __import__('…').value('n', '${load.x}', 'int', x=x)", ("n",))
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
        {"step": replace(STEP, reads={"x": "load"}, prelude=(MADE,))},
        "parameter n 3 → ${load.x}",
        id="a parameter is made by a step",
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


def test_renaming_a_step_is_a_hit(workspace: Workspace, decider: Decider) -> None:
    result = keep(workspace, decide(decider))
    renamed = decide(decider, replace(STEP, name="tidy"))
    assert (renamed.decision, renamed.result) == ("cached", result)


def test_a_result_without_its_outputs_is_no_hit(
    workspace: Workspace, decider: Decider, tmp_path: Path
) -> None:
    keep(workspace, decide(decider))
    for blob in (tmp_path / ".jupyter_pipes" / "artifacts" / "objects").rglob("*"):
        if blob.is_file():
            blob.unlink()
    decision = decide(decider)
    assert (decision.decision, decision.reasons) == ("run", ("output y is missing",))


def test_a_figure_that_is_gone_is_shown_again_though_no_step_reads_it(
    workspace: Workspace, decider: Decider
) -> None:
    keep(workspace, decide(decider), (), 6, ArtifactRef("figure 1", "0" * 64, "image/png", 9, FIGURE))
    assert decide(decider).reasons == ("figure 1 is missing",)


def test_a_damaged_output_is_no_hit_and_out_of_the_way_of_who_makes_it_again(
    workspace: Workspace, decider: Decider
) -> None:
    (ref,) = keep(workspace, decide(decider)).artifacts
    blob = Path(workspace.store.uri(ref.digest).removeprefix("file://"))
    whole = blob.read_bytes()
    blob.write_bytes(bytes(255 - byte for byte in whole))
    assert decide(decider).reasons == ("output y is missing",)
    assert workspace.store.put("y", 6) == ref
    assert blob.read_bytes() == whole
    assert decide(decider).decision == "cached"


def test_an_older_whole_result_is_taken_when_the_newest_is_damaged(
    workspace: Workspace, decider: Decider
) -> None:
    first = keep(workspace, decide(decider), value=6)
    (ref,) = keep(workspace, decide(decider), value=7).artifacts
    Path(workspace.store.uri(ref.digest).removeprefix("file://")).unlink()
    assert decide(decider).result == first


def test_an_output_that_became_wanted_later_is_missing(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider))
    decision = decide(decider, replace(STEP, demanded=("y", "z")))
    assert (decision.decision, decision.reasons) == ("run", ("output z is missing",))


def test_a_file_that_the_step_was_seen_reading_counts(
    workspace: Workspace, decider: Decider, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1")
    keep(workspace, decide(decider), (FileSeen(path.name, digest("1")),))
    assert decide(decider).decision == "cached"
    path.write_text("2")
    assert decide(decider).reasons == ("file rows.csv: other content",)


def foresee(decider: Decider, step: Step = STEP, n: Any = 3) -> Decision:
    return decider.foresee(step, {"n": n}, {}, {"x": "load"}, forced=False)


def test_a_plan_says_what_hangs_on_an_upstream_rerun(workspace: Workspace, decider: Decider) -> None:
    assert (foresee(decider).decision, foresee(decider).reasons) == ("run", ("first run",))
    keep(workspace, decide(decider, x=X))
    assert foresee(decider).decision == "depends"
    assert "load" in foresee(decider).reasons[0]
    changed = foresee(decider, n=5)
    assert (changed.decision, changed.reasons) == ("run", ("parameter n 3 → 5",))


def test_a_plan_knows_of_an_upstream_rerun_that_the_outputs_are_gone(
    workspace: Workspace, decider: Decider
) -> None:
    (ref,) = keep(workspace, decide(decider, x=X)).artifacts
    Path(workspace.store.uri(ref.digest).removeprefix("file://")).unlink()
    assert (foresee(decider).decision, foresee(decider).reasons) == ("run", ("output y is missing",))


OPTIONS = [
    (StepOptions(always=True), ("--always",), True),
    (StepOptions(never_cache=True), ("--never-cache",), False),
]


@pytest.mark.parametrize(("options", "reasons", "signed"), OPTIONS)
def test_always_and_never_cache_run_whatever_is_kept(
    workspace: Workspace, decider: Decider, options: StepOptions, reasons: tuple[str, ...], signed: bool
) -> None:
    keep(workspace, decide(decider))
    decision = decide(decider, replace(STEP, options=options))
    assert (decision.decision, decision.reasons, bool(decision.signature)) == ("run", reasons, signed)
    assert not decision.shared


def test_a_version_counts_and_an_ignored_parameter_does_not(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider, replace(STEP, options=StepOptions(version="1"))))
    assert decide(decider, replace(STEP, options=StepOptions(version="2"))).reasons == ("--version 1 → 2",)
    ignoring = replace(STEP, options=StepOptions(ignored_parameters=("n",)))
    keep(workspace, decide(decider, ignoring, n=3))
    assert decide(decider, ignoring, n=4).decision == "cached"


def test_an_input_without_a_stable_digest_means_always_run(workspace: Workspace, decider: Decider) -> None:
    shaky = replace(X, stable=False)
    keep(workspace, decide(decider, x=shaky))
    decision = decide(decider, x=shaky)
    told = ("input x of load (int) has no stable digest: always runs",)
    assert (decision.decision, decision.reasons, decision.shared) == ("run", told, False)


def test_nothing_in_place_of_an_input_is_not_the_value_none(workspace: Workspace, decider: Decider) -> None:
    keep(workspace, decide(decider, x=None))
    assert decide(decider, x=workspace.store.put("x", None)).decision == "run"
    assert decide(decider, x=None).decision == "cached"


def test_the_present_outputs_are_taken_as_they_are_those_of_the_wanted_runs_first(
    workspace: Workspace, decider: Decider
) -> None:
    with pytest.raises(ArtifactMissing, match=r"--only total .*run clean first") as caught:
        decider.take(STEP, (), "--only total")
    assert caught.value.step == "clean"
    first, second = (keep(workspace, decide(decider, n=n), value=n) for n in (3, 4))
    assert decider.take(STEP, (), "--only total").result == second
    taken = decider.take(STEP, [first.run], "--only total")
    assert (taken.decision, taken.result) == ("cached", first)
    assert taken.reasons == (f"taken as it is (--only total), from run {first.run}",)
    Path(workspace.store.uri(first.artifacts[0].digest).removeprefix("file://")).unlink()
    assert decider.take(STEP, [first.run], "--only total").result == second
