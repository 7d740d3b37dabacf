"""What a kernel does with kept runs: list, compare, label, take up again, look into a step as it was."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_pipes.display.tables import Comparison, RunTable, Why, compare
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.explanation import explain_kept
from jupyter_pipes.planning.request import unpack
from jupyter_pipes.runs import kept as kept_runs
from jupyter_pipes.runs import repeat as repetition
from jupyter_pipes.runs import retrieval
from jupyter_pipes.runs.listing import list_runs

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.kernel.session import Session
    from jupyter_pipes.runs.run import Run


def runs(session: Session, query: str) -> RunTable:
    """Return the runs of this project that a query finds."""
    return RunTable(list_runs(_workspace(session).history, query))


def why(session: Session, step: str, params: Mapping[str, object], run: str | None) -> Why:
    """Return why a step would run or not, or did in a kept run."""
    if run is None:
        return Why(session.pipeline.why(step, params=params))
    return Why(explain_kept(find_run(session, run).step(step), _workspace(session).history))


def compared(session: Session, a: str, b: str) -> Comparison:
    """Return what differs between two runs."""
    one, other = (kept_runs.side(find_run(session, name)) for name in (a, b))
    return compare(one, other)


def remark(session: Session, run: str, event: ev.AnyEvent) -> None:
    """Append a fact about a run: a label, a title, that it is put away."""
    _workspace(session).history.remark(find_run(session, run).id, event)


def resumed(session: Session, run: str) -> Run:
    """Take up a run again that did not complete."""
    return repetition.resume(find_run(session, run))


def repeated(session: Session, run: str, params: Mapping[str, object]) -> Run:
    """Start a kept run again, with its own code and other values for some parameters."""
    return repetition.repeat(find_run(session, run), params)


def load(session: Session, name: str, variable: str, params: Mapping[str, object]) -> None:
    """Load the artifact that a run with these parameter values makes, or made."""
    found = retrieval.find_artifact(session.pipeline, name, params)
    session.namespace[variable] = _workspace(session).store.get_whole(found.artifact)


def collected(session: Session, arguments: Namespace) -> str:
    """Remove old runs and what nobody refers to; return in words what went."""
    from jupyter_pipes.display import cleanup_text as collection_text
    from jupyter_pipes.runs import cleanup as collecting

    said = collecting.limits(arguments)
    found = collecting.collect(
        _workspace(session), said, dry_run=arguments.dry_run, pipelines=[session.pipeline]
    )
    return collection_text.text(found, dry_run=arguments.dry_run)


def look_into(session: Session, shell: Any, step: str, run: str) -> None:
    """Put a step as it was in a run into the kernel: prelude, inputs and parameters; its code in a new cell.

    Raises:
        UsageError: the run has no such step.
        RunNotFound: the run was kept without its code.
        StoreError: an input is not in the store any more.
    """
    kept = find_run(session, run)
    view = kept.step(step)
    definition, arguments = repetition.kept_request(kept.workspace, kept.view)
    known = next(each for each in definition.steps if each.name == step)
    for piece in known.pieces:
        shell.run_cell(piece.source, silent=True).raise_error()
    values = unpack(arguments.values.get(step, {}))
    session.namespace.update({**values, **_inputs(kept, known)})
    code = known.body.strip("\n")
    shell.set_next_input(f"# step {step} of run {kept.id} ({view.status})\n{code}", replace=False)


def _inputs(run: Run, step: Step) -> dict[str, Any]:
    producers = {name: owner for name, owner in step.inputs.items() if name in step.reads}
    missing = [owner for owner in producers.values() if owner not in run.steps]
    if missing:
        raise UsageError(f"run {run.id} did not reach {missing[0]}, which {step.name} reads from")
    return {name: run[f"{owner}.{name}"] for name, owner in producers.items()}


def find_run(session: Session, run: str) -> Run:
    """Return a kept run by its id, the beginning of it, or `last`."""
    return kept_runs.find_run(_workspace(session), run, session.name)


def _workspace(session: Session) -> Workspace:
    return session.pipeline.workspace
