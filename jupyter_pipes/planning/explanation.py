"""Why a step would run or not: the parts of its signature that differ from those of the last result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from jupyter_pipes.planning.result_files import unwritten
from jupyter_pipes.planning.signing.signature import Change, changes

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.model.views import StepView
    from jupyter_pipes.planning.decision import Decision


class Explanation(Struct, frozen=True):
    """Why a step runs, or does not.

    Attributes:
        step: its name.
        decision: `run`, `cached`, or `depends` where it hangs on what a rerun of another step gives.
        reasons: why, in words.
        changes: the parts that differ from those of the last result.
        edges: what it waits for because of what runs showed, in words.
    """

    step: str
    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    edges: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join([f"{self.step}: {self.decision}", *(f"  {line}" for line in self._lines())])

    def _lines(self) -> list[str]:
        diffs = {change.words: change.diff for change in self.changes}
        lines: list[str] = []
        for reason in self.reasons:
            lines += [reason, *(f"  {line}" for line in diffs.get(reason, "").splitlines())]
        return [*lines, *self.edges]


def explain(step: str, decision: Decision, history: History) -> Explanation:
    """Return why a step would be decided so."""
    compared = decision.compared
    if decision.result is not None or compared is None:
        return Explanation(step, decision.decision, decision.reasons)
    present = {(part.kind, part.name) for part in decision.parts}
    # An input, or a parameter, that is not known yet is no change.
    old = [
        part
        for part in unwritten(history.parts(compared.parts) or (), compared)
        if part.kind not in decision.open_kinds
        if (part.kind, part.name) in present
        or not (part.kind == "input" or (part.kind == "parameter" and part.name in decision.to_come))
    ]
    return Explanation(step, decision.decision, decision.reasons, changes(old, decision.parts))


def explain_kept(view: StepView, history: History) -> Explanation:
    """Return why a step of a kept run was decided so."""
    decision = "cached" if view.source_run else "run"
    old, new = history.parts(view.compared), history.parts(view.parts)
    differing = changes(old, new) if old is not None and new is not None and decision == "run" else ()
    return Explanation(view.name, decision, view.decision_reasons or (view.reason,), differing)
