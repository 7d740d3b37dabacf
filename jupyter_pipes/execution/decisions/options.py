"""Options that refer to what steps made (`${load.df.rows}`): settled in a process, before their step runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.execution.executors.answering import ended, taken
from jupyter_pipes.execution.executors.queues import local_executor
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines.made.options import TOLD, code_of, told
from jupyter_pipes.pipelines.options.environment import contradiction
from jupyter_pipes.planning.settling.options import Referred, open_kinds, settled, sources_of, words
from jupyter_pipes.planning.validation import capacity_problems

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.execution.jobs import Jobs
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.request import RunRequest

_LONGEST = 500
"""Characters of what a process printed before it failed that are told: its end."""

Recall = Callable[[Step, Referred], tuple[Step, ToldOptions] | None]


class OpenOptions:
    """The options of one run's steps that wait for what other steps make. On the background thread only.

    Args:
        run: the run's id.
        request: what it is to do.
        workspace: where it is kept.
        jobs: says what other steps made.
        values: what its steps have for parameters.
        recall: says what options came to in an earlier run.
    """

    def __init__(
        self,
        run: str,
        request: RunRequest,
        workspace: Workspace,
        jobs: Jobs,
        values: StepValues,
        recall: Recall,
    ) -> None:
        self._run = run
        self._definition = request.definition
        self._workspace = workspace
        self._jobs = jobs
        self._values = values
        self._recall = recall
        self._open = {step.name: step.options for step in request.definition.steps if step.options.made}
        self._told: dict[str, ToldOptions] = {}
        self._asked = 0

    def has(self, step: str) -> bool:
        """Return whether a step has any."""
        return step in self._open

    def decide(self, step: str) -> bool:
        """Return whether one of a step's decides if it runs."""
        return self.has(step) and bool(open_kinds(self._open[step]))

    def words(self, step: str) -> str:
        """Return how those of a step were said."""
        return words(self._open[step])

    async def settle(self, name: str) -> ev.OptionsSettled:
        """Return what a step's options come to, all before it being done.

        Raises:
            UsageError: what they refer to is not there, or does not fit.
            PipesError: it cannot be loaded, or the process failed.
        """
        step = self._jobs.step(name, is_open=True)
        referred = self._jobs.referred(step)
        sources = sources_of(step.options, referred)
        known = self._told.get(name)
        if known is None or known.sources != sources:
            found = await in_thread(self._recall, step, referred)
            known = found[1] if found else ToldOptions(sources, await self._asked_for(step, referred))
            self._told[name] = known
        placed = settled(step, known.options, self._workspace.queues)
        self._check(placed)
        return ev.OptionsSettled(name, placed.options, known)

    async def _asked_for(self, step: Step, referred: Referred) -> StepOptions:
        job = self._job(step, referred)
        end, left = await ended(job)
        printed = await in_thread(taken, Path(job.log))
        if end.outcome == "completed":
            return told(await in_thread(self._workspace.store.get, left[0]))
        if end.error is not None and end.error.type == UsageError.__name__:
            raise UsageError(end.error.message, step=step.name, line=1)
        said = f" (it printed: {printed[-_LONGEST:]})" if printed else ""
        raise PipesError(f"{self.words(step.name)}: {end.reason}{said}", step=step.name, line=1)

    def _check(self, step: Step) -> None:
        """Refuse options that contradict each other, or that no queue could meet."""
        unmet = capacity_problems((step,), local_executor(), self._workspace.queues)
        problems = (contradiction(step.options), *(each.message for each in unmet))
        if problem := next(filter(None, problems), ""):
            raise UsageError(f"{self.words(step.name)}: {problem}", step=step.name, line=1)

    def _job(self, step: Step, referred: Referred) -> Job:
        self._asked += 1
        name = f"options of {step.name}"
        values = self._values.packed(step.name)
        return Job(
            self._run,
            self._definition.pipeline,
            Step(
                name,
                step.position,
                code_of(step.name, step.options.made),
                name,
                demanded=(TOLD,),
                writes=(TOLD,),
                # Classes of what is loaded may be in modules that only set-up code finds.
                setup=step.setup,
                options=StepOptions(cpus=0),
            ),
            self._asked,
            inputs={**referred},
            parameters={each: value for each, value in values.items() if each in step.parameters},
            directory=self._definition.directory,
            python_path=self._definition.python_path,
            environment=dict(os.environ),
            store=self._workspace.settings.store,
            proofs=dict(self._workspace.store.proofs(ref for ref in referred.values() if ref is not None)),
            log=str(self._workspace.log_path(self._run, name, self._asked)),
        )
