"""What a fact changes in the indexes of the history: runs, what they are searched by, results, claims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import ArtifactRef, FileSeen
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView, StepView

Change = tuple[str, Mapping[str, Any]]
"""The name of a statement (`statements.py`) and its parameters."""


class Kept(Struct, frozen=True, gc=False):
    """What a completed attempt left, beside the parts of its signature."""

    files: tuple[FileSeen, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    metrics: dict[str, JsonValue] = {}
    notes: tuple[str, ...] = ()


def changes(record: ev.Record, view: RunView) -> Iterator[Change]:
    """Yield what a record changes; `view` has it applied, and perhaps later ones of the same write."""
    match record.event:
        case ev.RunStarted():
            yield from _started(view)
        case ev.RunResumed():
            yield "end_run", _standing(view)
        case ev.AttemptEnded(step=step, outcome="completed", files=files):
            yield from _result(view, view.steps[step], files, record.time)
        case ev.ResultAccepted():
            yield _accepted(record.event, view, record.time)
        case ev.StepEnded(step=step):
            yield from _ended(view, view.steps[step])
        case ev.EnvironmentCaptured(commit=commit) if commit:
            yield from _fields(view.run, [("commit", commit)])
        case ev.RunTagged(tags=tags):
            yield "drop_field", {"of_run": view.run, "of_field": "tags"}
            yield from _fields(view.run, (("tags", tag) for tag in tags))
        case ev.RunRenamed(title=title):
            yield "title_run", {"of_run": view.run, "title": title}
        case ev.RunArchived(archived=archived):
            yield "archive_run", {"of_run": view.run, "archived": archived}
        case ev.RunCollected():
            yield "drop_run", {"of_run": view.run}
            yield "drop_fields", {"of_run": view.run}
        case ev.RunEnded():
            yield "end_run", _standing(view)
            # Of steps that came to no end of their own: a run that was given up.
            yield "drop_claims", {"of_run": view.run}
        case _:
            return


def _started(view: RunView) -> Iterator[Change]:
    yield (
        "add_run",
        {
            "run": view.run,
            "pipeline": view.pipeline,
            "version": view.version,
            "state": view.state,
            "status": str(Status.RUNNING),
            "started": view.started,
            "ended": None,
            "progress": 0.0,
            "params": ev.encode_json(view.parameters).decode(),
            "title": view.title,
            "archived": view.archived,
            "origin": view.origin,
            "host": view.host,
            "user": view.user,
        },
    )
    yield from _fields(view.run, ((f"params.{name}", value) for name, value in view.parameters.items()))


def _standing(view: RunView) -> dict[str, Any]:
    return {"of_run": view.run, "ended": view.ended, "status": str(view.status), "progress": view.progress}


def _result(view: RunView, step: StepView, files: tuple[FileSeen, ...], time: float) -> Iterator[Change]:
    # A step that is never to be cached has no signature.
    if step.signature:
        kept = Kept(_inside(files, view), step.artifacts, step.last_metrics, tuple(step.notes))
        yield _added(view, step.name, step.signature, step.parts, kept, time)


def _inside(files: tuple[FileSeen, ...], view: RunView) -> tuple[FileSeen, ...]:
    """Return the files by their paths within the folder: in another one the same code reads other files."""
    if not view.directory:
        # A run of an earlier version does not say where it was.
        return files
    folder = f"{view.directory}/"
    return tuple(FileSeen(seen.path.removeprefix(folder), seen.digest) for seen in files)


def _accepted(event: ev.ResultAccepted, view: RunView, time: float) -> Change:
    step = view.steps[event.step]
    kept = Kept(event.files, step.artifacts, step.last_metrics, tuple(step.notes))
    return _added(view, event.step, event.signature, event.parts, kept, time)


def _added(view: RunView, step: str, signature: str, parts: str, kept: Kept, time: float) -> Change:
    row = {
        "signature": signature,
        "pipeline": view.pipeline,
        "step": step,
        "run": view.run,
        "time": time,
        "parts": parts,
        "kept": msgspec.msgpack.encode(kept),
    }
    return "add_result", row


def _ended(view: RunView, step: StepView) -> Iterator[Change]:
    if step.signature and step.attempts:
        yield "drop_claim", {"of_signature": step.signature, "of_run": view.run}
    found: list[tuple[str, JsonValue]] = [(f"steps.{step.name}.status", step.status.value)]
    if step.reason and step.status is not Status.CACHED:
        found.append((f"steps.{step.name}.reason", step.reason))
    for name, value in step.last_metrics.items():
        found += [(f"metrics.{name}", value), (f"metrics.{step.name}/{name}", value)]
    yield from _fields(view.run, found)


def _fields(run: str, found: Iterable[tuple[str, JsonValue]]) -> Iterator[Change]:
    places: dict[str, int] = {}
    for name, value in found:
        places[name] = places.get(name, -1) + 1
        yield _field(run, name, places[name], value)


def _field(run: str, name: str, place: int, value: JsonValue) -> Change:
    return (
        "add_field",
        {"run": run, "field": name, "place": place, "text": _text(value), "number": _number(value)},
    )


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
