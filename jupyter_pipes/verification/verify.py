"""Runs a notebook both ways and says where the values differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jupyter_pipes.analysis import analyze
from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.analysis.states import definition_of, is_state
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Cell, Status, StepOptions
from jupyter_pipes.model.views import StepView
from jupyter_pipes.pipelines.declarations.packing import pack
from jupyter_pipes.pipelines.made.edges import later_values
from jupyter_pipes.pipelines.notebook import read as read_notebook
from jupyter_pipes.pipelines.parameters import bind
from jupyter_pipes.pipelines.sections.sharing import cells_of_others
from jupyter_pipes.runs.repeat import kept_request
from jupyter_pipes.verification.findings import Failure, NameFinding, Verification
from jupyter_pipes.verification.namespace import Kept, Question
from jupyter_pipes.verification.plain_cells import PlainNotebook
from jupyter_pipes.verification.plain_run import PlainRun, RunPlainly, run_in_kernel
from jupyter_pipes.verification.shown import shown_findings
from jupyter_pipes.verification.workplace import Workplace

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run

_ENDED_WELL = (Status.COMPLETED, Status.CACHED)


def verify(
    pipeline: Pipeline, params: Mapping[str, object] | None = None, run_plainly: RunPlainly = run_in_kernel
) -> Verification:
    """Run a notebook as a pipeline, twice, and plainly; return where the values differ.

    All happens in a copy of the notebook's folder, with a store and a history of its own.

    Args:
        pipeline: the pipeline of a notebook.
        params: parameter -> value, for both.
        run_plainly: runs its cells plainly.

    Raises:
        InvalidPipeline: the pipeline has problems; `diagnostics` lists them.
        ParameterError: an unknown parameter, or a value that does not fit.
        UsageError: it is no notebook's, its folder is too large, or a value is for one step only.
    """
    if not pipeline.cells:
        raise UsageError("verify needs a notebook: nothing else has cells to run plainly")
    if stepwise := [name for name in params or {} if "." in name]:
        raise UsageError(f"{stepwise[0]} is for one step only, and a plain run has one value for all")
    with Workplace(pipeline.directory) as workplace, _same_hashes():
        moved = _ungated(pipeline.moved(workplace.fresh()))
        run, again = (moved.run(params=params, check=False) for _ in range(2))
        cells, later = _cells_run_plainly(pipeline), later_values(pipeline.parameters, params or {})
        steps = {step.name: step for step in moved.graph.steps}
        notebook = PlainNotebook(cells, _values(moved, run, params or {}), later, steps)

        def plainly(question: Question) -> PlainRun:
            return run_plainly(notebook, workplace.fresh(), question)

        plain = plainly(_question(moved, run, cells))
        names = _with_varying(plain, plainly, moved.workspace.settings.store)
        return Verification(
            pipeline.name,
            len(run.steps),
            tuple(names),
            tuple(shown_findings(moved, run, plain)),
            plain.failure,
            tuple(_failures(run, plain.left_out)),
            tuple(_rerun(run, again)),
        )


_ASKING: dict[str, Any] = {"gate": "", "before": (), "after_done": (), "on_status": ()}
"""Options by which somebody is asked, or told."""


def _ungated(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline, of which no step waits for an approval or calls back: nobody is asked here."""
    steps = tuple(replace(step, options=_silent(step.options)) for step in pipeline.graph.steps)
    pipeline.graph = replace(pipeline.graph, steps=steps)
    return pipeline


def _silent(options: StepOptions) -> StepOptions:
    referring = {field: said for field, said in options.referring.items() if field not in _ASKING}
    return replace(options, referring=referring, **_ASKING)


def _values(pipeline: Pipeline, run: Run, params: Mapping[str, object]) -> dict[str, bytes]:
    """Return the values of parameters; those that only the run told, as it had them."""
    known = {name: value for name, value in bind(pipeline.parameters, params).items() if value is not UNKNOWN}
    _, arguments = kept_request(run.workspace, run.view)
    return pack(known) | {name: value for of in arguments.values.values() for name, value in of.items()}


@contextmanager
def _same_hashes() -> Generator[None]:
    """Have sets of texts in one order in both: what a notebook makes of that order is no difference."""
    is_set = "PYTHONHASHSEED" in os.environ
    os.environ.setdefault("PYTHONHASHSEED", "0")
    try:
        yield
    finally:
        if not is_set:
            del os.environ["PYTHONHASHSEED"]


def _cells_run_plainly(pipeline: Pipeline) -> tuple[Cell, ...]:
    """Return the cells of a plain run: of several pipelines in a notebook, none that only others can run."""
    path = Path(pipeline.origin)
    if path.suffix != ".ipynb" or not path.is_file():
        return pipeline.plain_cells
    division = read_notebook(path).division
    others = cells_of_others(division, division.owner_named(pipeline.name))
    needed = {piece.cell for step in pipeline.graph.steps for piece in step.pieces}
    return tuple(cell for cell in pipeline.plain_cells if cell.id not in others or cell.number in needed)


def _question(pipeline: Pipeline, run: Run, cells: Sequence[Cell]) -> Question:
    kept: dict[str, Kept] = {}
    unkept: dict[str, str] = {}
    for step in run.steps.values():
        values = (each for each in step.artifacts if each.serializer != "file" and not each.is_figure)
        artifacts = {each.name: each for each in values}
        names = (name for name in (*step.planned.writes, *artifacts) if not is_state(name))
        for name in dict.fromkeys(names):
            if name in artifacts:
                kept[name] = Kept(step.name, artifacts[name])
                unkept.pop(name, None)
            elif reason := _why_not_kept(step, name):
                unkept[name] = reason
    kept = {name: each for name, each in kept.items() if name not in unkept}
    artifacts = (artifact for step in run.steps.values() for artifact in step.artifacts)
    states = {definition_of(each.name): each for each in artifacts if definition_of(each.name)}
    plain = _bound_by([cell for cell in cells if cell.role in ("code", "setup", "params")])
    return Question(run.workspace.settings.store, kept, states, unkept, plain)


def _why_not_kept(step: StepView, name: str) -> str | None:
    """Return why a step kept nothing under a name; None if it bound none, on the path that it took."""
    if step.status not in _ENDED_WELL:
        return f"step {step.name} is {step.status}"
    return next((note for note in step.notes if note.startswith(f"{name} is not kept")), None)


def _bound_by(cells: Sequence[Cell]) -> tuple[str, ...] | None:
    names = [analyze(cell.body) for cell in cells]
    return (
        None if any(each.opaque for each in names) else tuple(name for each in names for name in each.writes)
    )


def _with_varying(
    plain: PlainRun, plainly: Callable[[Question], PlainRun], store: str
) -> Iterator[NameFinding]:
    """Tell what differs from one plain run to the next from what differs from the pipeline."""
    kept = {each.name: Kept("", each.kept) for each in plain.names if each.kept is not None}
    others = {each.name: each for each in plainly(Question(store, kept)).names} if kept else {}
    for finding in plain.names:
        again = others.get(finding.name)
        varies = finding.outcome == "differs" and again is not None and again.outcome == "differs"
        yield replace(finding, outcome="varies") if varies else finding


def _failures(run: Run, left_out: Collection[str]) -> Iterator[Failure]:
    for step in run.steps.values():
        if step.name in left_out:
            if step.status is not Status.SKIPPED:
                yield Failure(step.name, f"{step.status}: in the notebook, its --when is not true")
        elif step.status not in _ENDED_WELL:
            yield Failure(step.name, f"{step.status}: {step.reason}" if step.reason else step.status)


def _rerun(run: Run, again: Run) -> Iterator[Failure]:
    for step in again.steps.values():
        if step.status is not Status.CACHED and run.step(step.name).status in _ENDED_WELL:
            yield Failure(step.name, "; ".join(step.decision_reasons) or step.reason)
