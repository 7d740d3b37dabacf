"""Which kept results no longer fit: told by what a run now would do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jupyter_pipes.signature import NO_RESULT

if TYPE_CHECKING:
    from jupyter_pipes.decision import Decision
    from jupyter_pipes.planning import PlannedDecision


def stale(foreseen: Iterable[tuple[PlannedDecision, Decision]]) -> dict[str, Decision]:
    """Return the steps with a kept result that a run now would not just reuse, with what decides it.

    A step that never had a result is not stale, nor is one that runs whatever is kept (`--always`); and what
    only hangs on the outputs of such a one is not either: no run would ever take its mark away.

    Args:
        foreseen: as `Pipeline.foreseen` gives it, each step behind those that it reads from.
    """
    found: dict[str, Decision] = {}
    changing: set[str] = set()
    for step, decision in foreseen:
        owners = {*step.reads.values(), *step.files_from.values()}
        if decision.decision == "depends" and not owners & changing:
            continue
        if decision.decision != "cached" and decision.compared is not None:
            found[step.name] = decision
            changing.add(step.name)
        elif decision.reasons == (NO_RESULT,):
            changing.add(step.name)
    return found
