"""Decides the steps of one run, off its loop: cached ones ahead, the others when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning import plan as planning
from jupyter_pipes.planning.decision import Decider, Decision, Inputs

if TYPE_CHECKING:
    from jupyter_pipes.execution.request import RunRequest
    from jupyter_pipes.history.history import Claim

_FIRST_LOOK, _LONGEST_WAIT = 0.02, 0.5
"""Seconds between two looks at a result that another run is computing; they double."""


class Deciding:
    """Asks a `Decider` for one run; nothing here touches the run's own state."""

    def __init__(self, request: RunRequest, workspace: Workspace) -> None:
        self._request = request
        self._workspace = workspace
        self._decider = Decider(workspace, request.pipeline, request.python_path)

    async def ahead(self) -> dict[str, Decision]:
        """Return the decisions of the steps that are cached behind cached ones only."""
        return await asyncio.to_thread(self._ahead)

    async def decide(
        self, step: Step, inputs: Inputs, deferred: Callable[[str], None], is_over: Callable[[], bool]
    ) -> Decision | None:
        """Return the decision of a step whose inputs are known.

        While another run computes the same signature, its result is waited for.

        Args:
            step: the step.
            inputs: what it reads.
            deferred: told once, in words, what is waited for.
            is_over: whether nobody wants the decision any more; then it is None.
        """
        wait, told = _FIRST_LOOK, False
        while True:
            decision, owner = await asyncio.to_thread(self._decide, step, inputs)
            if is_over():
                if owner is None:
                    self.forget(decision)
                return None
            if owner is None:
                return decision
            if not told:
                deferred(f"waits for step {owner.step} of run {owner.run}, which computes the same")
                told = True
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def forget(self, decision: Decision) -> None:
        """Let others compute what was decided to run, but will not."""
        if decision.shared:
            self._workspace.history.release(decision.signature, self._request.run)

    def _ahead(self) -> dict[str, Decision]:
        request = self._request
        try:
            found = planning.settled(
                request.graph, self._decider, request.selection, request.values, request.taken
            )
            for step in request.graph.steps:
                known = found.get(step.name) or request.taken.get(step.name)
                if known is not None:
                    self._put_files_back(step, known)
        except (PipesError, OSError):
            # Each step meets it again when it is due, and tells it as its own.
            return dict(request.taken)
        self._workspace.keep_file_digests()
        return {**request.taken, **found}

    def _decide(self, step: Step, inputs: Inputs) -> tuple[Decision, Claim | None]:
        request, history = self._request, self._workspace.history
        forced = step.name in request.selection.forced
        decision = self._decider.decide(step, request.values[step.name], inputs, forced=forced)
        owner = None
        if decision.shared:
            owner = history.claim(decision.signature, request.run, step.name)
            if owner is None and history.results(decision.signature):
                # It may have come between the look-up and the claim.
                decision = self._decider.decide(step, request.values[step.name], inputs)
                if decision.result is not None:
                    history.release(decision.signature, request.run)
        self._put_files_back(step, decision)
        return decision, owner

    def _put_files_back(self, step: Step, decision: Decision) -> None:
        if decision.result is not None and step.options.out_files:
            from jupyter_pipes.storage import out_files

            directory = self._request.directory
            out_files.restore(self._workspace.store, decision.result.artifacts, directory)
