"""What differs between two runs, step by step: code, values, outcomes, times, artifacts, environment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from msgspec import Struct

from jupyter_pipes.history.monitoring import monitored_artifacts, monitored_metrics
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.quantities import bytes_text, duration_text, exact_size_text, shape_text
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import JsonValue, Status
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.pipelines.parameter_types import to_json
from jupyter_pipes.planning.signing import signature
from jupyter_pipes.runs.comparing import value_changes

if TYPE_CHECKING:
    from jupyter_pipes.history.surroundings.environment import Environment

LOADED = 50_000_000
"""Bytes up to which artifacts are loaded to tell what changed in them."""

DIFF_LINES = 5_000
"""Lines of two texts up to which they are held against each other."""

_T = TypeVar("_T")
_SECONDS, _SHARE = 0.1, 1.2
_DIGEST = 12
_PREVIEW = 60
_BUILT_IN = (dict, list, tuple, set, frozenset, str, bytes, int, float, complex, bool, type(None))
_PLAIN = frozenset(kind.__name__ for kind in _BUILT_IN)
_TABLES = frozenset({"pandas", "polars", "numpy"})
_ENDED_WELL = (Status.COMPLETED, Status.CACHED)


class Side(Struct, frozen=True):
    """One of the two runs, with what the history keeps beside its journal.

    Attributes:
        view: the folded journal.
        parts: step -> the parts of its signature; no entry for a step that was never decided.
        load: returns an artifact's value; what it raises is told in the difference.
        environment: what it ran in, None when that was not kept.
    """

    view: RunView
    parts: Mapping[str, tuple[Part, ...]]
    load: Callable[[ArtifactRef], Any]
    environment: Environment | None = None


class Difference(Struct, frozen=True):
    """One thing that is not the same in both runs.

    Attributes:
        step: the step, None for what concerns the whole run.
        what: pipeline, version, status, reason, seconds, parameter, python, package, environment, and of
            what is on the run (`--monitor`, by `STEP/NAME`) metric and artifact; of steps
            also step (in one run only), edge, the kinds of a signature's parts (code, helper, setup, input,
            file, module, …), decision (run or cached), metric, artifact.
        name: which one, "" where there is only one.
        a, b: how it is in each run; seconds are numbers, code is its text; None where it is not there.
        diff: a unified diff of code; of an artifact a line for each change; of a decision, why it ran.
    """

    step: str | None
    what: str
    name: str = ""
    a: JsonValue = None
    b: JsonValue = None
    diff: str = ""


def differences(a: Side, b: Side) -> list[Difference]:
    """Return what differs, the whole run's first, then step by step in the order of the runs.

    Never raises for what the runs hold: a value that cannot be loaded is told as such.
    """
    whole = list(_of_runs(a, b))
    return [*whole, *_of_steps(a, b, whole)]


def values_text(difference: Difference) -> tuple[str, str]:
    """Return how a thing is in both runs as a table shows it, each in a line."""
    return _value_text(difference.what, difference.a), _value_text(difference.what, difference.b)


def _value_text(what: str, value: Any) -> str:
    if value is None:
        return "None" if what == "parameter" else "—"
    if what == "seconds":
        return duration_text(value)
    if what in signature.CODE_KINDS:
        return _lines(value.strip("\n"))
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[JsonValue]", value))) or "—"
    return str(value) or "—"


def _of_runs(a: Side, b: Side) -> Iterator[Difference]:
    one, other = a.view, b.view
    for what in ("pipeline", "version", "status", "reason"):
        yield from _unequal(None, what, "", *(str(getattr(view, what)) for view in (one, other)))
    yield from _durations(None, _seconds(one), _seconds(other))
    yield from _parameters(one, other)
    yield from _monitored(a, b)
    if a.environment is not None and b.environment is not None:
        yield from _environments(a.environment, b.environment)


def _of_steps(a: Side, b: Side, whole: Collection[Difference]) -> Iterator[Difference]:
    for name, one, other in _paired(a.view.steps, b.view.steps):
        if one is None or other is None:
            old, new = (step.status.value if step else None for step in (one, other))
            yield Difference(name, "step", "", old, new)
            continue
        for read, old, new in _paired(_sources(one), _sources(other)):
            yield from _unequal(name, "edge", read, old, new)
        yield from _parts(name, a, b, whole)
        yield from _outcomes(one, other)
        if None not in (_decision(one), _decision(other)):
            yield from _metrics(one, other)
            yield from _artifacts(a, b, one, other)


def _paired(old: Mapping[str, _T], new: Mapping[str, _T]) -> Iterator[tuple[str, _T | None, _T | None]]:
    for key in dict.fromkeys((*old, *new)):
        yield key, old.get(key), new.get(key)


def _unequal(step: str | None, what: str, name: str, a: JsonValue, b: JsonValue) -> Iterator[Difference]:
    # As JSON, since 1, 1.0 and True are equal in Python.
    if msgspec.json.encode(a) != msgspec.json.encode(b):
        yield Difference(step, what, name, a, b)


def _parameters(one: RunView, other: RunView) -> Iterator[Difference]:
    for name, a, b in _paired(one.parameters, other.parameters):
        holder = one if name not in other.parameters else other if name not in one.parameters else None
        if holder is None:
            yield from _unequal(None, "parameter", name, a, b)
        else:
            yield Difference(None, "parameter", name, a, b, f"only in run {holder.run}")


def _monitored(a: Side, b: Side) -> Iterator[Difference]:
    """Compare what steps put on the runs (`--monitor`), by `STEP/NAME`, where both runs have the step."""
    for _, one, other in _paired(a.view.steps, b.view.steps):
        if one is None or other is None or None in (_decision(one), _decision(other)):
            continue
        # Elements put theirs on the run that ran them.
        steps = [one, other] if one.children and other.children else [_alone(one), _alone(other)]
        for name, *values in _paired(*(dict(monitored_metrics(step)) for step in steps)):
            yield from _unequal(None, "metric", name, *map(to_json, values))
        yield from _unequal_artifacts(None, a, b, *(dict(monitored_artifacts(step)) for step in steps))


def _alone(step: StepView) -> StepView:
    return msgspec.structs.replace(step, children={})


def _durations(step: str | None, a: float | None, b: float | None) -> Iterator[Difference]:
    if a is None or b is None:
        return
    shorter, longer = sorted((a, b))
    if longer - shorter > _SECONDS and longer > shorter * _SHARE:
        yield Difference(step, "seconds", "", a, b)


def _seconds(view: RunView) -> float | None:
    return None if view.ended is None else view.ended - view.started


def _environments(a: Environment, b: Environment) -> Iterator[Difference]:
    yield from _unequal(None, "python", "", a.python, b.python)
    for name, old, new in _paired(a.packages, b.packages):
        yield from _unequal(None, "package", name, old, new)
    for name in ("implementation", "platform", "host", "user", "cpus", "commit", "branch"):
        yield from _unequal(None, "environment", name, getattr(a, name), getattr(b, name))
    yield from _unequal(None, "environment", "memory", bytes_text(a.memory), bytes_text(b.memory))
    yield from _unequal(None, "environment", "untracked", list(a.untracked), list(b.untracked))
    if a.diff != b.diff:
        old, new = _lines(a.diff), _lines(b.diff)
        yield Difference(None, "environment", "uncommitted changes", old, new, _diff(a.diff, b.diff))


def _lines(text: str) -> str:
    count = len(text.splitlines())
    return "1 line" if count == 1 else f"{count:,} lines"


def _diff(old: str, new: str) -> str:
    longer = max(old, new, key=lambda text: text.count("\n"))
    if longer.count("\n") > DIFF_LINES:
        return f"too long to be compared: {_lines(longer)}"
    return signature.difference(Part("code", "", "", old), Part("code", "", "", new))


def _sources(step: StepView) -> dict[str, str]:
    """Return what leads to the step: name or path that it reads -> the step that makes it; and `--after`."""
    after = step.planned.options.after
    return {**step.planned.inputs, **({"--after": ", ".join(sorted(after))} if after else {})}


def _parts(step: str, a: Side, b: Side, whole: Collection[Difference]) -> Iterator[Difference]:
    """Compare what decided about the step, where it was decided in both, without what holds for the run."""
    if step not in a.parts or step not in b.parts:
        return
    for change in signature.changes(a.parts[step], b.parts[step]):
        old, new = (part and (part.text or part.digest[-_DIGEST:]) for part in (change.old, change.new))
        difference = Difference(step, change.part, change.name, old, new, change.diff)
        if not any(_says(one, difference) for one in whole):
            yield difference


def _says(whole: Difference, part: Difference) -> bool:
    """Return whether a difference between the runs says all that one between their steps says."""
    if whole.what != part.what:
        return False
    if whole.what == "package":
        # The step names what it imports, the run what is installed: scikit-learn is imported as sklearn.
        return (str(part.a).split(" ")[-1], str(part.b).split(" ")[-1]) == (whole.a, whole.b)
    return whole.name == part.name


def _outcomes(a: StepView, b: StepView) -> Iterator[Difference]:
    decisions = _decision(a), _decision(b)
    if None not in decisions and decisions[0] != decisions[1]:
        ran = a if decisions[0] == "run" else b
        yield Difference(a.name, "decision", "", *decisions, diff="; ".join(ran.decision_reasons))
    if not (a.status in _ENDED_WELL and b.status in _ENDED_WELL):
        yield from _unequal(a.name, "status", "", a.status.value, b.status.value)
        # Why a step ran, or was not run, stands in its decision.
        reasons = ("" if step.status in _ENDED_WELL else step.reason for step in (a, b))
        yield from _unequal(a.name, "reason", "", *reasons)
    if decisions == ("run", "run"):
        yield from _durations(a.name, a.seconds, b.seconds)


def _decision(step: StepView) -> str | None:
    return "cached" if step.source_run else "run" if step.attempts else None


def _metrics(a: StepView, b: StepView) -> Iterator[Difference]:
    for name, *values in _paired(a.last_metrics, b.last_metrics):
        old, new = map(to_json, values)
        counts = [len(step.metrics.get(name, ())) for step in (a, b) if _decision(step) == "run"]
        longer = len(counts) == 2 and 0 not in counts and counts[0] != counts[1]
        points = f"{counts[0]:,} → {counts[1]:,} points" if longer else ""
        if points or msgspec.json.encode(old) != msgspec.json.encode(new):
            yield Difference(a.name, "metric", name, old, new, points)


def _artifacts(a: Side, b: Side, one: StepView, other: StepView) -> Iterator[Difference]:
    by_name = ({artifact.name: artifact for artifact in step.artifacts} for step in (one, other))
    yield from _unequal_artifacts(one.name, a, b, *by_name)


def _unequal_artifacts(
    step: str | None, a: Side, b: Side, one: Mapping[str, ArtifactRef], other: Mapping[str, ArtifactRef]
) -> Iterator[Difference]:
    for name, old, new in _paired(one, other):
        if old is None or new is None:
            yield Difference(step, "artifact", name, _described(old), _described(new))
        elif (old.digest, old.serializer) != (new.digest, new.serializer):
            inside = "\n".join(_contents(a, b, old, new)) or "other content"
            yield Difference(step, "artifact", name, _described(old), _described(new), inside)


def _described(artifact: ArtifactRef | None) -> str | None:
    if artifact is None:
        return None
    if artifact.shape:
        return f"{artifact.type}, {shape_text(artifact.shape)}"
    preview = artifact.preview.partition("\n")[0]
    return f"{artifact.type} {preview[:_PREVIEW]}".rstrip()


def _contents(a: Side, b: Side, old: ArtifactRef, new: ArtifactRef) -> Iterable[str]:
    """Return what changed inside an artifact of a kind that can be looked into, or why that is not told."""
    is_readable = old.type in _PLAIN or old.type.partition(".")[0] in _TABLES
    if old.type != new.type or not is_readable:
        return ()
    if max(old.bytes, new.bytes) > LOADED:
        return (f"not compared: larger than {exact_size_text(LOADED)}",)
    try:
        return value_changes.changes(old.name, a.load(old), b.load(new))
    except Exception as error:  # unpickling and a value's own methods may raise anything; the rest is told
        return (f"not compared: {type(error).__name__}: {error}",)
