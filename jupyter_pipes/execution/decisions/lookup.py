"""Decides the steps of one run, off its loop: cached ones ahead, the others when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.execution.publishing.publisher import notes_of
from jupyter_pipes.history.surroundings.distributions import installed
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.decision import Decision
from jupyter_pipes.planning.plan import decide_child, in_order, settled
from jupyter_pipes.planning.preparation import decider_of
from jupyter_pipes.planning.step_parts import Inputs

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.execution.publishing.publisher import Publisher
    from jupyter_pipes.history.history import Claim
    from jupyter_pipes.model.planned import ToldOptions
    from jupyter_pipes.planning.request import RunRequest
    from jupyter_pipes.planning.settling.options import Referred

_FIRST_LOOK, _LONGEST_WAIT = 0.02, 0.5
"""Seconds between two looks at a result that another run is computing; they double."""

_NEWS = 10.0
"""Seconds of silence after which it is told again for how long one has heard nothing."""


class Lookup:
    """Asks a `Decider` for one run; nothing here touches the run's own state."""

    def __init__(
        self,
        run: str,
        request: RunRequest,
        workspace: Workspace,
        values: StepValues,
        publisher: Publisher,
    ) -> None:
        self._run = run
        self._request = request
        self._workspace = workspace
        self._values = values
        self._publisher = publisher
        self._decider = decider_of(request.definition, workspace)
        self._looked_up: set[str] = set()

    async def ahead(self, is_asked: Callable[[str], bool]) -> dict[str, Decision]:
        """Return the decisions of the steps that are cached behind cached ones only.

        Args:
            is_asked: whether somebody has a say before a step is decided: it is not decided ahead then.
        """
        return await in_thread(self._ahead, is_asked)

    async def decide(
        self,
        step: Step,
        inputs: Inputs,
        written: Mapping[str, str],
        deferred: Callable[[str], None],
        is_over: Callable[[], bool],
        *,
        claims: bool = True,
    ) -> Decision | None:
        """Return the decision of a step whose inputs are known.

        While another run computes the same signature, its result is waited for.

        Args:
            step: the step.
            inputs: what it reads.
            written: file -> the step that wrote it last in this run.
            deferred: told in words what is waited for, and again when nothing was heard of it for long.
            is_over: whether nobody wants the decision any more; then it is None.
            claims: whether nobody else is to compute the same from now on, if it has to run.
        """
        wait, told = _FIRST_LOOK, None
        self._decider.note_written(written)
        while True:
            if not_known := self._workspace.locks.settled(step.options).yet_to_find:
                deferred(f"starting: looks up {not_known}")
            decision, owner = await in_thread(self._decide, step, inputs, claims)
            if is_over():
                if owner is None:
                    await asyncio.to_thread(self.forget, decision)
                return None
            if owner is None:
                return decision
            silent = owner.standing.silent or 0.0
            if told is None or silent >= told + _NEWS:
                deferred(str(owner))
                told = silent
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def decide_elements(
        self, step: str, element: Step, inputs: Inputs, values: Mapping[str, Inputs]
    ) -> list[Decision]:
        """Return the decisions of elements of a step.

        Args:
            step: the step's name.
            element: what runs for any of them.
            inputs: what each of them reads beside its own values.
            values: element -> its values by name.
        """
        arguments = self._request.arguments
        forced, known = step in arguments.selection.forced, self._values.of(step)
        return self._decider.decide_elements(element, known, inputs, values, forced=forced)

    def recalled(self, step: Step, referred: Referred) -> tuple[Step, ToldOptions] | None:
        """Return a step with what its options came to in an earlier run, for the same outputs of others."""
        return self._decider.recalled(step, referred)

    def forget(self, decision: Decision) -> None:
        """Let others compute what was decided to run, but will not."""
        if decision.shared:
            self._workspace.history.release(decision.signature, self._run)

    def _look_up(self, step: Step) -> None:
        """Find out what its packages and its revision come to, once in a run."""
        options = step.options
        if (options.packages or options.repository) and step.name not in self._looked_up:
            from jupyter_pipes.execution.environments.locking import look_up

            look_up(options, self._workspace.locks, installed(self._workspace.settings.folder))
            self._looked_up.add(step.name)

    def _ahead(self, is_asked: Callable[[str], bool]) -> dict[str, Decision]:
        request = self._request
        try:
            if any(step.options.repository for step in request.definition.steps):
                for step in in_order(request):
                    if step.options.repository:
                        self._look_up(step)
            decisions = {**request.taken, **settled(request, self._decider, is_asked)}
            for step in request.definition.steps:
                if step.name in decisions:
                    decisions[step.name] = self._with_files(step, decisions[step.name])
        except (PipesError, OSError):
            # Each step meets it again when it is due, and tells it as its own.
            return dict(request.taken)
        self._workspace.keep_file_digests()
        return decisions

    def _decide(self, step: Step, inputs: Inputs, claims: bool) -> tuple[Decision, Claim | None]:
        request, history = self._request, self._workspace.history
        if step.name in request.children:
            return decide_child(request, self._decider, step), None
        self._look_up(step)
        values, selection = self._values.of(step.name), request.arguments.selection
        decision = self._decider.decide(step, values, inputs, forced=step.name in selection.forced)
        owner = None
        if decision.shared and claims:
            owner = history.claim(decision.signature, self._run, step.name)
            if owner is None and history.results(decision.signature):
                # It may have come between the look-up and the claim.
                decision = self._decider.decide(step, values, inputs)
                if decision.result is not None:
                    history.release(decision.signature, self._run)
        return self._with_files(step, decision), owner

    def _with_files(self, step: Step, decision: Decision) -> Decision:
        """Put the files of a cached step where they belong; return the decision, with what was written."""
        result = decision.result
        if result is not None and step.options.out_files:
            from jupyter_pipes.storage import out_files

            directory = self._request.directory
            # Names of files come from the code, never from a store that others may have filled.
            named = [each for each in result.artifacts if each.name in step.options.out_files]
            out_files.restore(self._workspace.store, named, directory)
        if result is None or decision.skipped:
            return decision
        written = self._publisher.publish(step, result.artifacts, decision.signature, result.run)
        told = [f"wrote {place} from what is kept" for place in written]
        return replace(decision, reasons=(*decision.reasons, *told, *notes_of(written)))
