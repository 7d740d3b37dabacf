"""What results and code show of a pipeline's steps beside their names: the steps with that in their reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from jupyter_pipes.analysis.files.removal import removals
from jupyter_pipes.analysis.files.uses import FileUses, file_uses
from jupyter_pipes.analysis.literals import named_texts
from jupyter_pipes.analysis.notebook.file_edges import normalised
from jupyter_pipes.model.graph.observed import observed
from jupyter_pipes.model.graph.order import in_order
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.graph import Graph

if TYPE_CHECKING:
    from jupyter_pipes.history.history import Result
    from jupyter_pipes.planning.decision import Decision

_G = TypeVar("_G", bound=Graph)


def observations(
    steps: Iterable[Step], newest: Mapping[str, Result], places: Iterable[Path] = ()
) -> dict[str, Observation]:
    """Return step -> what its newest result showed, and which of the files that others use it uses.

    The newest one counts whatever the code is by now: a step that was edited so that it changes nothing any
    more waits once more than it must, and one that still does is not found out again by running others twice.

    Args:
        steps: in notebook order.
        newest: step -> its newest result.
        places: the folders that local modules are in.
    """
    steps = tuple(steps)
    files = _Files(steps, newest, places)
    shown: dict[str, Observation] = {}
    for step in steps:
        of_values = newest[step.name].content.observed if step.name in newest else Observation()
        written = tuple(path for path in files.written[step.name] if path in files.shared)
        read = tuple(path for path in files.read[step.name] if path in files.shared and path not in written)
        shown[step.name] = replace(of_values, files=read, written=written)
    return {name: seen for name, seen in shown.items() if seen != Observation()}


def as_observed(graph: _G, seen: Mapping[str, Observation]) -> _G:
    """Return the graph with what was observed in the reads and writes of its steps."""
    return replace(graph, steps=tuple(observed(graph.steps, seen).values())) if seen else graph


def in_words(step: Step) -> tuple[str, ...]:
    """Return what a step waits for because of what runs showed, or of files that it shares."""
    reads = (f"reads {name} of {step.reads[name]}, as runs showed" for name in step.observed_reads)
    files = (f"waits for {name}, as both use {path}" for name, path in step.observed_files.items())
    return (*reads, *files)


class ObservedSteps:
    """The steps of a run as code and runs show them, while they are decided one after the other.

    Args:
        steps: those of the run, in notebook order, as their code has them.
        seen: step -> what earlier runs showed of it.
    """

    def __init__(self, steps: Sequence[Step], seen: Mapping[str, Observation]) -> None:
        self._steps = tuple(steps)
        self._seen = dict(seen)
        self._connected = observed(self._steps, self._seen)

    def __getitem__(self, name: str) -> Step:
        return self._connected[name]

    def names(self) -> Iterator[str]:
        """Yield the steps' names, each behind all that it waits for."""
        return iter(in_order({name: step.upstream for name, step in self._connected.items()}))

    def take(self, name: str, decision: Decision) -> bool:
        """Take what a reused result shows; return whether the step itself reads or leaves more for it."""
        before = self._seen.get(name, Observation())
        shown = decision.result.content.observed if decision.result else Observation()
        after = before.united(shown)
        if after == before:
            return False
        self._seen[name] = after
        step, self._connected = self[name], observed(self._steps, self._seen)
        return self[name] != step

    def files_to_come(self, step: Step, comes: Iterable[str]) -> dict[str, str]:
        """Return path -> writer, of the files that the step uses and that steps which may run may write."""
        seen = self._seen.get(step.name, Observation())
        read_by_others = {path for each in self._seen.values() for path in each.files}
        read = (*seen.files, *read_by_others.intersection(seen.written))
        writers = {path: name for name in comes if name in self._seen for path in self._seen[name].written}
        return {path: writers[path] for path in read if path in writers}


class _Files:
    """The files that steps use.

    Attributes:
        written: step -> the files that it was seen writing, and those that its code may write.
        read: step -> the files that it was seen reading, and those that others write and its code names.
        shared: those that one step writes and that another one uses.

    What a step removes and only a value names counts as a file that it writes, and those before it read.
    """

    def __init__(self, steps: Sequence[Step], newest: Mapping[str, Result], places: Iterable[Path]) -> None:
        self._uses = file_uses(steps, places)
        self._newest = newest
        self._folders = _first_makers(steps, self._uses)
        self._removals = tuple(removals(steps))
        self.written = {step.name: self._written(step.name) for step in steps}
        made = {path for paths in self.written.values() for path in paths}
        self.read = {step.name: self._read(step, made) for step in steps}
        users = Counter(path for step in steps for path in {*self.written[step.name], *self.read[step.name]})
        self.shared = {path for path in made if users[path] > 1}

    def _written(self, step: str) -> tuple[str, ...]:
        """What a step was seen only reading it does not write: a connection to a database may do either."""
        folders = tuple(folder for folder, maker in self._folders.items() if maker == step)
        removed = (each.place for each in self._removals if each.remover == step)
        by_code = (*self._uses[step].written, *folders, *removed)
        if step not in self._newest:
            return by_code
        only_read = {file.path for file in self._newest[step].files if not file.is_only_named}
        written = self._newest[step].content.written
        return tuple(dict.fromkeys((*written, *(path for path in by_code if path not in only_read))))

    def _read(self, step: Step, made: set[str]) -> tuple[str, ...]:
        seen = [file.path for file in self._newest[step.name].files] if step.name in self._newest else []
        uses = self._uses[step.name]
        texts = (*map(normalised, named_texts(step)), *uses.named) if made else ()
        folders = self._newest[step.name].listed if step.name in self._newest else ()
        listed = (path for path in made if uses.lists(path) or any(each.holds(path) for each in folders))
        used = made.intersection(texts).union(listed, self._inside(texts))
        removed = (each.place for each in self._removals if step.name in each.users)
        return tuple(dict.fromkeys((*seen, *sorted(used - {*uses.made}), *removed)))

    def _inside(self, texts: Iterable[str]) -> set[str]:
        """Return the folders that steps make and in which these paths lie."""
        named = tuple(texts) if self._folders else ()
        return {folder for folder in self._folders if any(text.startswith(f"{folder}/") for text in named)}


def _first_makers(steps: Sequence[Step], uses: Mapping[str, FileUses]) -> dict[str, str]:
    """Return folder -> the first step that makes it: who does so as well need not wait."""
    makers: dict[str, str] = {}
    for step in steps:
        for folder in uses[step.name].made:
            makers.setdefault(folder, step.name)
    return makers
