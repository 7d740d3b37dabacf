"""What a fact changes in the indexes of the history: runs, what they are searched by, results, claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from jupyter_pipes.history.monitoring import monitored_artifacts, monitored_metrics
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.facts.encoding import encode_json
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.results import ArtifactRef, FileSeen, FolderSeen, Observation
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView, StepView

if TYPE_CHECKING:
    from jupyter_pipes.history.sql.links import Change


class ResultContent(Struct, frozen=True, gc=False):
    """What a completed attempt left, beside the parts of its signature; `observed` tells of values only.

    Attributes:
        skipped: why the step was skipped instead, by its `--when`; "" if it was not.
        children: how many elements its `--map` had, or steps its `--pipeline`; all of them completed.
        told: what its options came to that refer to what other steps made.
    """

    files: tuple[FileSeen, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    metrics: dict[str, JsonValue] = {}
    notes: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    observed: Observation = Observation()
    listed: tuple[FolderSeen, ...] = ()
    skipped: str = ""
    children: int = 0
    told: ToldOptions | None = None


def changes(record: ev.Record, view: RunView) -> Iterator[Change]:
    """Yield what a record changes; `view` has it applied, and perhaps later ones of the same write."""
    index = INDEXES.get(type(record.event))
    if index is not None:
        yield from index(record.event, view, record.time)


def _add_run(event: ev.RunStarted, view: RunView, time: float) -> Iterator[Change]:
    same = ("run", "pipeline", "version", "state", "started", "title", "archived", "origin", "host", "user")
    row = {name: getattr(view, name) for name in same}
    parameters = encode_json(view.parameters).decode()
    yield (
        "add_run",
        row | {"status": str(Status.RUNNING), "ended": None, "progress": 0.0, "params": parameters},
    )
    yield from _fields(view.run, ((f"params.{name}", value) for name, value in view.parameters.items()))
    yield from _fields(view.run, [("part_of", view.part_of)] if view.part_of else [])
    yield from _fields(view.run, _of_sweep(event.sweep.sweep) if event.sweep else [])


def _of_sweep(sweep: str) -> list[tuple[str, str]]:
    """Return the fields of a run of a sweep: tags are people's, who may take this one away."""
    return [("sweep", sweep), ("tags", sweep)]


def _reopen_run(event: ev.RunResumed, view: RunView, time: float) -> Iterator[Change]:
    yield "end_run", _standing(view)


def _end_run(event: ev.RunEnded, view: RunView, time: float) -> Iterator[Change]:
    yield "end_run", _standing(view)
    # Of steps that came to no end of their own.
    yield "drop_claims", {"of_run": view.run}
    yield "drop_leases", {"of_run": view.run}
    yield "drop_sightings", {"of_run": view.run}


def _standing(view: RunView) -> dict[str, Any]:
    return {"of_run": view.run, "ended": view.ended, "status": str(view.status), "progress": view.progress}


def _drop_run(event: ev.RunCollected, view: RunView, time: float) -> Iterator[Change]:
    yield "drop_run", {"of_run": view.run}
    yield "drop_fields", {"of_run": view.run}


def _set_commit(event: ev.EnvironmentCaptured, view: RunView, time: float) -> Iterator[Change]:
    yield from _fields(view.run, [("commit", event.commit)] if event.commit else [])


def _set_tags(event: ev.RunTagged, view: RunView, time: float) -> Iterator[Change]:
    yield "drop_field", {"of_run": view.run, "of_field": "tags"}
    yield from _fields(view.run, (("tags", tag) for tag in event.tags))


def _set_title(event: ev.RunRenamed, view: RunView, time: float) -> Iterator[Change]:
    yield "title_run", {"of_run": view.run, "title": event.title}


def _set_archived(event: ev.RunArchived, view: RunView, time: float) -> Iterator[Change]:
    yield "archive_run", {"of_run": view.run, "archived": event.archived}


def _keep_result(event: ev.AttemptEnded, view: RunView, time: float) -> Iterator[Change]:
    step = view.step(event.step)
    # A step that is never to be cached has no signature.
    # Lists with nothing in place of what elements failed to leave are no result: they are to be tried again.
    is_partial = view.attempt_of(event).finds_elements or step.endings[Status.FAILED]
    if event.outcome in ("completed", "skipped") and step.signature and not is_partial:
        files = tuple(FileSeen(_inside(seen.path, view), seen.digest) for seen in event.files)
        # Also of one that is outdated by now: it is what its inputs give, and others may have them.
        artifacts = tuple(view.attempt_of(event).artifacts)
        yield _result(view, step, step.signature, step.parts, files, artifacts, time)


def _adopt_result(event: ev.StepDecided, view: RunView, time: float) -> Iterator[Change]:
    """A result of the notebook that this one is a copy of, or was called before, is its own from now on."""
    step = view.step(event.step)
    # Those of elements are found by their signatures alone.
    if event.source_run and step.signature and not is_child(event.step):
        source = {"of_signature": step.signature, "of_run": event.source_run}
        yield "adopt_result", {**source, "pipeline": view.pipeline, "step": step.name}


def _inside(path: str, view: RunView) -> str:
    """Return a path within the folder: in another one the same code reads other files."""
    # A run of an earlier version does not say where it was.
    return path.removeprefix(f"{view.directory}/") if view.directory else path


def _accept_result(event: ev.ResultAccepted, view: RunView, time: float) -> Iterator[Change]:
    step = view.step(event.step)
    yield _result(view, step, event.signature, event.parts, event.files, step.artifacts, time)


def _result(
    view: RunView,
    step: StepView,
    signature: str,
    parts: str,
    files: tuple[FileSeen, ...],
    artifacts: tuple[ArtifactRef, ...],
    time: float,
) -> Change:
    written = step.latest.written if step.latest else ()
    listed = step.latest.listed if step.latest else ()
    content = ResultContent(
        files,
        artifacts,
        step.last_metrics,
        tuple(note for note in step.notes if note not in step.notes_of_callbacks),
        tuple(_inside(path, view) for path in written),
        step.observed,
        tuple(FolderSeen(_inside(seen.path, view), seen.names) for seen in listed),
        step.latest.reason if step.latest and step.latest.status is Status.SKIPPED else "",
        len(step.children),
        step.told,
    )
    row = {
        "signature": signature,
        # Nobody asks for the newest result of an element.
        "pipeline": "" if is_child(step.name) else view.pipeline,
        "step": step.name,
        "run": view.run,
        "time": time,
        "parts": parts,
        "kept": msgspec.msgpack.encode(content),
    }
    return "add_result", row


def _reopen_step(event: ev.StepReopened, view: RunView, time: float) -> Iterator[Change]:
    step = view.step(event.step)
    if step.signature:
        # What it computed is not what it has to compute.
        yield "drop_claim", {"of_signature": step.signature, "of_run": view.run}


def _end_step(event: ev.StepEnded, view: RunView, time: float) -> Iterator[Change]:
    if is_child(event.step):
        return
    step = view.steps[event.step]
    if step.signature and step.attempts:
        yield "drop_claim", {"of_signature": step.signature, "of_run": view.run}
    fields: list[tuple[str, JsonValue]] = [(f"steps.{step.name}.status", step.status.value)]
    if step.reason and step.status is not Status.CACHED:
        fields.append((f"steps.{step.name}.reason", step.reason))
    for name, value in step.last_metrics.items():
        fields += [(f"metrics.{name}", value), (f"metrics.{step.name}/{name}", value)]
    fields += ((f"models.{name}", kind) for name, kind in _models(step))
    fields += ((f"monitored.{name}", value) for name, value in monitored_metrics(step))
    fields += ((f"monitored.{name}", artifact.type) for name, artifact in monitored_artifacts(step))
    yield from _fields(view.run, fields)


def _models(step: StepView) -> Iterator[tuple[str, str]]:
    """Yield name and class of each model that the step has kept, be it in one of its elements."""
    kept = (artifact for each in (*step.children.values(), step) for artifact in each.artifacts)
    for artifact in kept:
        if artifact.model is not None:
            yield artifact.name, artifact.type


PRESENT = ("drop_claim", "drop_claims", "drop_leases", "drop_sightings")
"""Changes of what is so just now: a journal that is read again later does not bring them about."""

INDEXES: Mapping[type[ev.Event], Callable[..., Iterator[Change]]] = {
    ev.RunStarted: _add_run,
    ev.RunResumed: _reopen_run,
    ev.RunEnded: _end_run,
    ev.RunCollected: _drop_run,
    ev.EnvironmentCaptured: _set_commit,
    ev.RunTagged: _set_tags,
    ev.RunRenamed: _set_title,
    ev.RunArchived: _set_archived,
    ev.StepDecided: _adopt_result,
    ev.AttemptEnded: _keep_result,
    ev.ResultAccepted: _accept_result,
    ev.StepReopened: _reopen_step,
    ev.StepEnded: _end_step,
}
"""What each event changes in the indexes; all others change nothing."""


def _fields(run: str, named: Iterable[tuple[str, JsonValue]]) -> Iterator[Change]:
    places: dict[str, int] = {}
    for name, value in named:
        place = places[name] = places.get(name, -1) + 1
        row = {"run": run, "field": name, "place": place, "text": _text(value), "number": _number(value)}
        yield "add_field", row


_LONGEST = 1000
"""Characters of a text that is searched for: what is longer does not fit into PostgreSQL's indexes."""


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # PostgreSQL keeps no NUL.
    return (value if isinstance(value, str) else repr(value)).replace("\0", "\ufffd")[:_LONGEST]


def _number(value: JsonValue) -> float | None:
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
