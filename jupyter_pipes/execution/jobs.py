"""What a step of a run is given: its code and what was observed of it, its inputs, the job of an attempt."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.element_jobs import element_inputs, element_template, finding, gathering
from jupyter_pipes.execution.inert_imports import without_inert_imports
from jupyter_pipes.execution.late_code import in_order_of_changes
from jupyter_pipes.model.errors import ArtifactMissing
from jupyter_pipes.model.job import Job, RetryRule
from jupyter_pipes.model.mapping.children import element_of, is_child, step_of
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import PARAMS_OWNER, Status, Step
from jupyter_pipes.pipelines.made.options import key_of
from jupyter_pipes.planning.fingerprints import named_files

if TYPE_CHECKING:
    from jupyter_pipes.execution.callbacks.values import StepValues
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.views import RunView, StepView
    from jupyter_pipes.planning.request import RunRequest


class Jobs:
    """Makes the jobs of one run, by its view as it stands when it is asked.

    Args:
        view: the run, kept up to date by its controller.
        request: what the run is to do.
        workspace: where it is kept.
        values: what its steps have for parameters.
    """

    def __init__(self, view: RunView, request: RunRequest, workspace: Workspace, values: StepValues) -> None:
        self._view = view
        self._request = request
        self._workspace = workspace
        self._values = values
        places = tuple(map(Path, request.definition.python_path))
        steps = (without_inert_imports(step, places) for step in request.definition.steps)
        self._by_code = {step.name: step for step in steps}
        self._environment = dict(os.environ)
        self._templates: dict[str, Job] = {}

    def step(self, name: str, *, is_open: bool = False) -> Step:
        """Return a step, or an element of one, with what was observed in its reads and writes.

        Args:
            name: of the step.
            is_open: whether options that refer to what steps made are to be as before that is known.
        """
        if is_child(name):
            return element_of(self.step(step_of(name)), name)
        step, now = self._by_code[name], self._view.steps[name].planned
        return replace(
            step,
            options=step.options if is_open else now.options,
            reads=now.reads,
            writes=now.writes,
            demanded=tuple(sorted({*step.demanded, *now.observed_writes})),
            observed_reads=now.observed_reads,
            observed_writes=now.observed_writes,
            observed_files=now.observed_files,
            joined=now.joined,
        )

    def inputs(self, step: Step) -> dict[str, ArtifactRef | None]:
        """Return what the step reads of others; None where an ignored failure left nothing.

        Raises:
            ArtifactMissing: a step that is done did not leave what it was seen changing.
        """
        return {name: self._artifact(owner, name) for name, owner in step.inputs.items()}

    def referred(self, step: Step) -> dict[str, ArtifactRef | None]:
        """Return what the step's options refer to, by `key_of`; None where nothing was left."""
        return {key_of(owner, name): self._artifact(owner, name) for owner, name in step.option_needs}

    def job(self, name: str, attempt: int, *, gathers: bool = False, tries: int = 1) -> Job:
        """Return an attempt of a step, or of an element of one, as data.

        Args:
            name: of the step.
            attempt: its number.
            gathers: whether it is there for what the step's elements left.
            tries: the how-manieth try it is.

        Raises:
            ArtifactMissing: as for `inputs`.
        """
        return replace(self._attempt(name, attempt, gathers=gathers), tries=tries)

    def _attempt(self, name: str, attempt: int, *, gathers: bool) -> Job:
        if is_child(name):
            return self._element_job(name, attempt)
        job = self._job(name, attempt)
        if not job.step.options.map:
            return job
        self._templates[name] = element_template(job)
        if not gathers:
            return finding(job)
        gathered = gathering(job, self._view.steps[name].children)
        return replace(gathered, proofs=self._proofs(gathered.inputs.values()))

    def element_inputs(self, name: str) -> dict[str, ArtifactRef | None]:
        """Return what an element of a step is: its values by name."""
        step = self._by_code[step_of(name)]
        return {**element_inputs(step, self._view.step(name))}

    def _element_job(self, name: str, attempt: int) -> Job:
        template, values = self._templates[step_of(name)], self.element_inputs(name)
        return replace(
            template,
            step=replace(template.step, name=name),
            attempt=attempt,
            inputs={**template.inputs, **values},
            proofs={**template.proofs, **self._proofs(values.values())},
            log=str(self._workspace.log_path(self._view.run, name, attempt)),
        )

    def _proofs(self, refs: Iterable[ArtifactRef | None]) -> dict[str, str]:
        return dict(self._workspace.store.proofs(ref for ref in refs if ref is not None))

    def _job(self, name: str, attempt: int) -> Job:
        step, request, run = self.step(name), self._request, self._view.run
        values = self._values.packed(name)
        inputs = {each: ref for each, ref in self.inputs(step).items() if each in step.reads}
        return Job(
            run,
            request.definition.pipeline,
            # What it is known to change in place is looked for anew: it may do so no longer.
            replace(in_order_of_changes(step, self._by_code), writes=step.writes_by_code),
            attempt,
            inputs=inputs,
            holders=self._holders(step),
            repeated=self._repeated(step),
            named=named_files(step, request.directory),
            parameters={each: value for each, value in values.items() if each in step.parameters},
            directory=str(request.directory),
            python_path=request.definition.python_path,
            environment=self._environment,
            own=self._workspace.locks.settled(step.options),
            store=self._workspace.settings.store,
            proofs=self._proofs(inputs.values()),
            log=str(self._workspace.log_path(run, name, attempt)),
            retry_rules=self._retry_rules(step),
        )

    def _retry_rules(self, step: Step) -> tuple[RetryRule, ...]:
        rules = self._request.definition.retry_rules
        return tuple(
            RetryRule(name, rules[name].pieces, self._values.read_by(rules[name], step.name))
            for name in step.options.retry_on
            if name in rules
        )

    def _repeated(self, step: Step) -> frozenset[tuple[str, int]]:
        cells, run = self._first_uses
        places = ((piece.label, piece.line) for piece in step.pieces)
        return frozenset(
            place
            for place in places
            if min(cells.get(place[0], step.position), run.get(place, step.position)) < step.position
        )

    @cached_property
    def _first_uses(self) -> tuple[dict[str, int], dict[tuple[str, int], int]]:
        """Cell -> the position of its first step; a place in the code -> that of the first that runs it."""
        cells: dict[str, int] = {}
        run: dict[tuple[str, int], int] = {}
        for step in sorted(self._by_code.values(), key=lambda each: each.position):
            cells.setdefault(step.label, step.position)
            for piece in step.pieces:
                run.setdefault((piece.label, piece.line), step.position)
        return cells, run

    def _holders(self, step: Step) -> dict[str, int]:
        names = {name for piece in step.prelude for name in piece.registers_in}
        owners = {name: step.inputs[name] for name in sorted(names & step.inputs.keys())}
        return {name: self._by_code[owner].position for name, owner in owners.items()}

    def _artifact(self, producer: str, name: str) -> ArtifactRef | None:
        maker = self._view.steps[producer]
        if maker.status is Status.FAILED and not _has_lists(maker):
            # Its failure is ignored (`--on-fail ignore`): what it was to change is as it was.
            before = maker.planned.reads.get(name, PARAMS_OWNER)
            is_changed = name in maker.planned.observed_writes and before != PARAMS_OWNER
            return self._artifact(before, name) if is_changed else None
        artifact = next((artifact for artifact in maker.artifacts if artifact.name == name), None)
        if artifact is None and name in maker.planned.observed_writes:
            raise ArtifactMissing(
                f"{name}, as {producer} changed it, is not kept: run {producer} again (--force {producer})",
                step=producer,
            )
        return artifact


def _has_lists(maker: StepView) -> bool:
    """Whether only elements of a step failed: its lists were made all the same, with None in their place."""
    latest = maker.latest
    return bool(maker.planned.options.map) and latest is not None and latest.status is Status.COMPLETED
