"""Which blobs runs need: what their steps kept and showed, and what that refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from jupyter_pipes.history.history import History
from jupyter_pipes.model.errors import RunNotFound
from jupyter_pipes.model.views import AttemptView, RunView, StepView


class Need(Struct, frozen=True):
    """A blob, and the first that was found to need it.

    Attributes:
        digest: its name.
        run, step: whose it is; `step` is "" for a file of the notebook's folder.
        name: of the artifact, or the file; "" for what the step showed or printed.
    """

    digest: str
    run: str
    step: str
    name: str = ""


def needs(history: History, runs: Iterable[str]) -> dict[str, Need]:
    """Return digest -> who needs it, of all that these runs kept, showed, or took over from others.

    Raises:
        RunNotFound: there is no such run.
    """
    needed: dict[str, Need] = {}
    for run in runs:
        for need in _of_run(history, history.view(run)):
            needed.setdefault(need.digest, need)
    return needed


def _of_run(history: History, view: RunView) -> Iterator[Need]:
    yield from (Need(digest, view.run, "", path) for path, digest in view.folder.items())
    for step in view.steps_and_elements:
        yield from (Need(value.digest, view.run, step.name) for value in step.values)
        for artifact in step.artifacts:
            for digest in (artifact.digest, *artifact.references):
                yield Need(digest, view.run, step.name, artifact.name)
        for attempt in (*step.attempts, *_taken_over(history, step)):
            yield from _of_attempt(view.run, step.name, attempt)


def _of_attempt(run: str, step: str, attempt: AttemptView) -> Iterator[Need]:
    for artifact in attempt.artifacts:
        for digest in (artifact.digest, *artifact.references):
            yield Need(digest, run, step, artifact.name)
    yield from (Need(shown.digest, run, step) for shown in (*attempt.outputs, *attempt.log))


def _taken_over(history: History, step: StepView) -> Iterable[AttemptView]:
    """Return the attempts that a cached step shows, as far as their run is kept."""
    if not step.source_run:
        return ()
    try:
        source = history.view(step.source_run)
    except RunNotFound:
        return ()
    return source.step(step.source_step).attempts if source.has(step.source_step) else ()
