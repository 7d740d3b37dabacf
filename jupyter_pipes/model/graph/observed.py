"""The observed graph: who reads what from whom, by the code of the steps and by what runs of them showed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.graph.order import in_order
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import PARAMS_OWNER, PLAIN_OWNER, Step

S = TypeVar("S", Step, PlannedStep)

Version = tuple[str, str]
"""A value that a name has: the step, or `PARAMS_OWNER`, that gives it by its code; and the name."""

_NOTHING = Observation()


def observed(steps: Iterable[S], observations: Mapping[str, Observation]) -> dict[str, S]:
    """Return name -> step, with what was observed in its reads, its writes and what it waits for.

    - A step that changes a value in place hands it on: later steps that by their code read the value from the
      same producer read it from that step.
    - Names that hold parts of one object stay together: who changes one of them reads and hands on the others
      as well, as long as these are not bound anew.
    - Steps that use one file, of which one writes it, run as they stand in the notebook.
    - `--in` and `--out` have the last word.

    Args:
        steps: those of a notebook or of a run, in notebook order, as their code has them.
        observations: step -> what its runs showed; names that are no steps do not count.

    Raises:
        graphlib.CycleError: the steps wait for each other by their code.
    """
    by_name = {step.name: step for step in steps}
    if not any(observations.get(name, _NOTHING) != _NOTHING for name in by_name):
        return by_name
    walk, files = _Walk(), _Files()
    connected: dict[str, S] = {}
    # What waits by `--after` for a later step runs behind it: so all edges lead forward.
    for name in in_order({name: step.upstream for name, step in by_name.items()}):
        seen = observations.get(name, _NOTHING)
        connected[name] = files.connected(walk.connected(by_name[name], seen), seen, connected)
    return {name: _finished(by_name[name], connected[name], by_name.keys()) for name in by_name}


def matters(
    step: str, shown: Observation, steps: Iterable[Step | PlannedStep], seen: Mapping[str, Observation]
) -> bool:
    """Return whether what a step showed may change what `observed` makes of the steps: mostly it does not.

    Args:
        step: the step.
        shown: what it showed now.
        steps: all steps, as their code has them.
        seen: what all of them showed, that included.
    """
    if shown.changed or shown.files or shown.written:
        return True
    together = _held_together({name for names in shown.joined for name in names}, seen)
    others = (each for each in steps if each.name != step)
    return any(_uses_both(each, together, seen.get(each.name, _NOTHING)) for each in others)


def _uses_both(step: Step | PlannedStep, together: set[str], seen: Observation) -> bool:
    """Return whether a step reads two of the names that belong together, or changes one of them."""
    read = together.intersection((*step.reads, *step.plain))
    return len(read) > 1 or (bool(read) and not together.isdisjoint((*step.writes, *seen.changed)))


def _held_together(names: set[str], seen: Mapping[str, Observation]) -> set[str]:
    """Return the names with all that may hold parts of the same objects."""
    groups = [set(group) for each in seen.values() for group in each.joined]
    while more := [group for group in groups if not names.isdisjoint(group) and not group <= names]:
        names = names.union(*more)
    return names


class _Walk:
    """Goes along the steps: which of them hands on each value as it is now, and which belong together."""

    def __init__(self) -> None:
        self._holders: dict[Version, str] = {}
        self._newest: dict[str, Version] = {}
        self._groups: dict[Version, set[Version]] = {}

    def connected(self, step: S, seen: Observation) -> S:
        """Return the next step with its observed reads and writes."""
        versions = {name: (PLAIN_OWNER, name) for name in step.plain}
        versions |= {name: (owner, name) for name, owner in step.reads.items()}
        changed = {name for name in seen.changed if name in versions and step.options.outputs is None}
        rewritten = versions.keys() & set(step.writes)
        partners = self._partners(step, versions, changed | rewritten)
        of_all = {**versions, **partners}
        holders = {name: self._holder(version) for name, version in of_all.items()}
        reads = {name: owner for name, owner in holders.items() if owner != PLAIN_OWNER}
        joined = self._joined(of_all)
        handed_on = changed.union(partners).difference(step.writes)
        self._holders |= {of_all[name]: step.name for name in handed_on}
        self._bind(step, versions)
        self._join(step, of_all, seen)
        if reads == step.reads and not handed_on and not joined:
            return step
        return replace(
            step,
            reads=reads,
            writes=(*step.writes, *sorted(handed_on)),
            observed_reads=tuple(name for name, owner in reads.items() if step.reads.get(name) != owner),
            observed_writes=tuple(sorted(handed_on)),
            joined=joined,
        )

    def _joined(self, versions: Mapping[str, Version]) -> tuple[tuple[str, ...], ...]:
        groups = {frozenset(self._groups.get(version, ())) for version in versions.values()}
        names = (sorted(name for name, version in versions.items() if version in group) for group in groups)
        return tuple(sorted(tuple(group) for group in names if len(group) > 1))

    def _holder(self, version: Version) -> str:
        return self._holders.get(version, version[0])

    def _partners(self, step: S, versions: Mapping[str, Version], changed: set[str]) -> dict[str, Version]:
        """Return the other names that hold parts of what the step changes, and that it can hand on."""
        groups = (self._groups.get(versions[name], ()) for name in sorted(changed))
        together = sorted(version for group in groups for version in group)
        return {
            version[1]: version
            for version in together
            if version[1] not in changed and self._may_hand_on(step, versions, version)
        }

    def _may_hand_on(self, step: S, versions: Mapping[str, Version], version: Version) -> bool:
        name = version[1]
        if name in step.writes or step.options.outputs is not None:
            return False
        if name in versions:
            return versions[name] == version
        is_bound_anew = self._newest.get(name, version) != version
        # A parameter, or a value of plain cells, that the step does not read is not there for it.
        is_there = self._holder(version) not in (PARAMS_OWNER, PLAIN_OWNER)
        return step.options.inputs is None and is_there and not is_bound_anew

    def _bind(self, step: S, versions: Mapping[str, Version]) -> None:
        """Give the names that the step writes by its code their new values."""
        for name in step.writes:
            version = self._newest[name] = (step.name, name)
            group = self._groups.pop(versions[name], None) if name in versions else None
            if group is not None:
                # It may have changed the object in place: then it is the one of the others still.
                group.discard(versions[name])
                group.add(version)
                self._groups[version] = group

    def _join(self, step: S, versions: Mapping[str, Version], seen: Observation) -> None:
        for names in seen.joined:
            now = [(step.name, name) if name in step.writes else versions.get(name) for name in names]
            members = {version for version in now if version is not None}
            group = members.union(*(self._groups.get(version, ()) for version in members))
            if len(group) > 1:
                self._groups |= dict.fromkeys(group, group)


class _Files:
    """Goes along the steps: which of them used which files."""

    def __init__(self) -> None:
        self._writers: dict[str, list[str]] = {}
        self._readers: dict[str, list[str]] = {}

    def connected(self, step: S, seen: Observation, earlier: Mapping[str, S]) -> S:
        """Return the next step with the steps that it waits for because of files."""
        waits_for: dict[str, str] = {}
        for path, name in self._used_before(seen):
            if not _waits((*step.upstream, *waits_for), name, earlier):
                waits_for[name] = path
        for path in seen.files:
            self._readers.setdefault(path, []).append(step.name)
        for path in seen.written:
            self._writers.setdefault(path, []).append(step.name)
        return replace(step, observed_files=waits_for) if waits_for else step

    def _used_before(self, seen: Observation) -> Iterator[tuple[str, str]]:
        """Yield path and step of each use that must come before, the nearest first."""
        for path in dict.fromkeys((*seen.files, *seen.written)):
            readers = self._readers.get(path, ()) if path in seen.written else ()
            for name in reversed((*self._writers.get(path, ()), *readers)):
                yield path, name


def _waits(upstream: Iterable[str], for_step: str, earlier: Mapping[str, S]) -> bool:
    """Return whether one of the steps is this one, or waits for it, directly or through others."""
    waiting, known = list(upstream), set[str]()
    while waiting:
        name = waiting.pop()
        if name == for_step:
            return True
        if name in earlier and name not in known:
            known.add(name)
            waiting += (*earlier[name].upstream, *earlier[name].producers)
    return False


def _finished(static: S, step: S, names: Iterable[str]) -> S:
    """Return the step with what hangs on its reads and writes."""
    if step is static:
        return step
    if isinstance(step, PlannedStep):
        said = (name for name in static.upstream if name not in static.producers)
        among = (name for name in step.producers if name in names)
        return replace(step, upstream=tuple(dict.fromkeys((*said, *among))))
    return replace(step, demanded=tuple(sorted({*step.demanded, *step.observed_writes})))
