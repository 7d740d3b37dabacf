"""What an attempt takes over and hands on: inputs, outputs, and inputs that it changed in place."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.execution.worker.observation.definitions import Definitions
from jupyter_pipes.execution.worker.observation.modules import Modules
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, SerializationError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.mapping.children import is_child
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage import out_files
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.joining import Holder, Joiner
from jupyter_pipes.storage.loading import Loading
from jupyter_pipes.storage.serializers import serialize
from jupyter_pipes.storage.serializers.base import Parts
from jupyter_pipes.storage.serializers.libraries.views import files_as_they_were
from jupyter_pipes.storage.unchanged import UNCHANGING, Snapshot, inspect

_BUFFERS = (memoryview, bytearray, array)
_RESIZES = ".resize("

OPTIONAL_LIMIT = 64 * 1024**2
"""Bytes of outputs kept per step that no later step reads."""


class HandOver:
    """Loads the inputs of an attempt, and stores what it leaves.

    A change that the step's code does not show is seen at the end: an input, serialized again, is no longer
    what is kept. It becomes an output. Names that hold parts of one object are stored so that whoever loads
    both has one object again.
    """

    def __init__(
        self, job: Job, namespace: dict[str, Any], store: ArtifactStore, report: Callable[[ev.AnyEvent], None]
    ) -> None:
        self._job = job
        self._step = job.step
        self._namespace = namespace
        self._store = store
        self._report = report
        self._loading = store.loading(job.step.joined)
        self._drafts = set(job.drafts)
        self._joiner = Joiner()
        self._before = Snapshot({})
        self._held: list[Holder] = []
        self.definitions = Definitions((*self._step.plain, *job.inputs, *self._step.writes), namespace)
        """The notebook's classes and functions, which may hold something that the step changes."""
        self.modules = Modules(job, namespace)
        """The imported modules, which may as well."""

    def load_inputs(self) -> None:
        """Bind the inputs in the step's namespace; those that `put_back` binds again, as drafts of them.

        Raises:
            PipesError: one cannot be loaded; names it.
        """
        drafts = self._store.loading(self._step.joined)
        made = {name: self._namespace[name] for name in self._job.inputs if name in self._namespace}
        for name in self._job.inputs:
            self._load(name, drafts if name in self._drafts else self._loading)
        _log_to([(value, self._namespace[name]) for name, value in made.items()])

    def put_back(self, names: Iterable[str]) -> None:
        """Bind inputs that are drafts as they are kept: what registered itself there before is there already.

        Raises:
            PipesError: one cannot be loaded; names it.
        """
        for name in sorted(self._drafts.intersection(names)):
            self._drafts.remove(name)
            self._load(name, self._loading)

    def _load(self, name: str, loading: Loading) -> None:
        artifact = self._job.inputs[name]
        resizes = any(_RESIZES in source for source in self._step.sources)
        together = {name for names in self._step.joined for name in names}
        value = None if artifact is None else self._loaded(artifact, loading)
        self._namespace[name] = _owning(value) if resizes and name not in together else value

    def watch(self) -> None:
        """Remember the parameters, and what plain cells made in this process: the step may change them.

        What earlier steps left in definitions is put there first.
        """
        self.definitions.begin()
        self.modules.watch()
        names = {*self._step.parameters, *self._step.plain}.difference(self._step.writes, self._job.inputs)
        there = sorted(names & self._namespace.keys())
        self._before = Snapshot({name: self._namespace[name] for name in there})
        for name in self._before.too_large:
            self._note(
                f"{name} is made by cells that are no steps, and is too large to look at: whether "
                f"{self._step.name} changes it in place is not seen; tag the cell that makes it with %%step"
            )

    def _loaded(self, artifact: ArtifactRef, loading: Loading) -> Any:
        try:
            with files_as_they_were():
                return self._store.load(artifact, loading)
        except PipesError as error:
            message = f"input {artifact.name} of step {self._step.name} cannot be loaded: {error}"
            raise type(error)(message + _what_is_missing(error)) from error

    def keep(self) -> None:
        """Store the outputs, and the inputs that the attempt changed; tell of both.

        Raises:
            SerializationError: one that a later step reads cannot be stored.
            StoreError: the store cannot be written, or an input was damaged while the step used it.
        """
        self._store.check_loaded()
        changed = self._changed()
        self._keep_files()
        for name in self._bases_first(dict.fromkeys((*self._step.demanded, *changed))):
            self._keep(name)
        room = OPTIONAL_LIMIT
        for name in self._bases_first(self._step.optional):
            room -= self._keep_if_possible(name, room)
        linked = [holder for holder in self._held if holder.is_linked and holder.name not in changed]
        for holder in linked:
            self._stored(holder.artifact)
        if handed_on := (*changed, *(holder.name for holder in linked)):
            self._report(ev.InputsChanged(self._step.name, self._job.attempt, handed_on))
        for group in self._joiner.groups:
            self._report(ev.NamesJoined(self._step.name, self._job.attempt, tuple(sorted(group))))

    def gather(self, lists: Mapping[str, Sequence[str | None]]) -> None:
        """Store lists of what the elements of the step left, and the files that they made together.

        Args:
            lists: name -> for each element the input that it left under this name, None for none.

        Raises:
            SerializationError: one that a later step reads cannot be stored.
        """
        self._keep_files()
        room = OPTIONAL_LIMIT
        for name, inputs in lists.items():
            self._namespace[name] = [None if each is None else self._namespace[each] for each in inputs]
        for name in lists:
            if name in self._step.demanded:
                self._keep(name)
            else:
                room -= self._keep_if_possible(name, room)

    def _keep_files(self) -> None:
        for path in self._step.options.out_files:
            self._stored(out_files.keep(self._store, path, Path(self._job.directory)))

    def put(self, name: str, value: object) -> ArtifactRef:
        """Keep a value under a name and return where it is.

        Raises:
            SerializationError: it cannot be stored; says on which line it is bound.
        """
        return self._put(name, value, None)

    def _changed(self) -> tuple[str, ...]:
        """Return the names that hold something else now than what was taken over, though nobody said so."""
        try:
            self._namespace.update(self.definitions.states())
            self._namespace.update(self.modules.states())
            changed = [
                *self._changed_inputs(),
                *self._before.changed(self._namespace),
                *self._changed_definitions(),
            ]
        except SerializationError as error:
            raise SerializationError(
                f"step {self._step.name} changed a value that later steps may read so that it cannot be "
                f"handed on: {error} Change a copy of it, or say --out",
                step=self._step.name,
            ) from error
        for name in sorted(self._before.names & self._namespace.keys()):
            self._hold(name)
        if changed and self._step.options.outputs is not None:
            names = ", ".join(changed)
            is_element = is_child(self._step.name)
            why = "it stays in this element of --map" if is_element else "--out leaves that out"
            self._note(f"changed {names} in place; {why}: later steps read the value from before")
            return ()
        return tuple(changed)

    def _changed_inputs(self) -> Iterator[str]:
        for name, artifact in self._job.inputs.items():
            if artifact is not None and name in self._namespace and name not in self._step.writes:
                value = self._namespace[name]
                inspected = inspect(artifact, value, self._loading, self._store.view)
                if inspected.is_changed:
                    yield name
                elif name in self._step.demanded:
                    # It is kept anew, beside what it shares objects with: nothing may link to what it was.
                    continue
                elif inspected.parts is None:
                    self._hold(name)
                elif not isinstance(value, UNCHANGING):
                    self._joiner.add(Holder(name, partial(_same, artifact), inspected.parts))

    def _changed_definitions(self) -> Iterator[str]:
        for text in (*self.definitions.left_out, *self.modules.left_out):
            self._note(text)
        expected = {*self._job.inputs, *self._step.writes}
        changed = (*self.definitions.changed, *self.modules.changed)
        yield from (name for name in changed if name not in expected)

    def _hold(self, name: str) -> None:
        """Let outputs link to a value that has to be kept for that; it is handed on then.

        So it is with what plain cells made in this process: another one would make another object of it.
        """
        if self._step.options.outputs is None:
            value = self._namespace[name]
            holder = Holder(name, partial(self._put, name, value, None), partial(_parts_of, name, value))
            self._held.append(holder)
            self._joiner.add(holder)

    def _bases_first(self, names: Iterable[str]) -> list[str]:
        """Return the names with memory of arrays first, views last, small ones behind large ones."""
        return sorted(names, key=lambda name: _place_of(self._namespace.get(name)))

    def _keep(self, name: str) -> None:
        if name not in self._namespace:
            raise SerializationError(
                f"step {self._step.name} ended without a value for {name}, which a later step or the catalog "
                f"takes: assign {name} on every path, or say --out",
                step=self._step.name,
            )
        self._stored(self._put(name, self._namespace[name], self._joiner))

    def _keep_if_possible(self, name: str, room: int) -> int:
        """Keep an output that nobody reads yet, within `room` bytes; return the bytes it took."""
        if name not in self._namespace:
            return 0
        try:
            artifact = self._store.put(name, self._namespace[name], limit=room, joiner=self._joiner)
        except SerializationError as error:
            self._note(f"{name} is not kept: {error}")
            return 0
        self._stored(artifact)
        return artifact.bytes

    def _put(self, name: str, value: object, joiner: Joiner | None) -> ArtifactRef:
        try:
            return self._store.put(name, value, joiner=joiner)
        except SerializationError as error:
            line = _line_binding(self._step.body, name)
            raise SerializationError(str(error), step=self._step.name, line=line) from error

    def _stored(self, artifact: ArtifactRef) -> None:
        self._report(ev.ArtifactStored(self._step.name, self._job.attempt, artifact))

    def _note(self, text: str) -> None:
        self._report(ev.NoteAdded(self._step.name, self._job.attempt, text))


def _place_of(value: Any) -> tuple[int, int]:
    # Only arrays are asked: what else may have these names may take its time to answer.
    numpy: Any = sys.modules.get("numpy")
    if type(value) in _BUFFERS:
        return 0, 0
    if numpy is None or not isinstance(value, numpy.ndarray):
        return 1, 0
    # A view with strides of its own stands on an object that is no array: its windows may overlap.
    bases = (value.base, getattr(value.base, "base", None))
    is_view = any(isinstance(base, (numpy.ndarray, *_BUFFERS)) for base in bases)
    low, high = numpy.lib.array_utils.byte_bounds(value) if is_view else (0, 0)
    return (2, low - high) if is_view else (0, 0)


def _owning(value: Any) -> Any:
    """Return an array with memory of its own, as the one in the kernel has it: only such can be resized."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray or value.flags.owndata:
        return value
    owning = value.copy(order="K")
    owning.flags.writeable = value.flags.writeable
    return owning


def _log_to(replaced: Iterable[tuple[object, object]]) -> None:
    """Have loggers log to what was loaded where plain cells had them log to what it takes the place of.

    Args:
        replaced: what a plain cell made in this process, and what an earlier step left of it.
    """
    logging: Any = sys.modules.get("logging")
    loaded = {id(made): value for made, value in replaced if not isinstance(made, UNCHANGING)}
    if logging is None or not loaded:
        return
    loggers: list[Any] = [logging.root, *logging.root.manager.loggerDict.values()]
    for logger in loggers:
        handlers: list[Any] = getattr(logger, "handlers", [])
        handlers[:] = [loaded.get(id(handler), handler) for handler in handlers]
        for handler in handlers:
            attributes = cast("dict[str, Any]", vars(handler))
            attributes |= {key: loaded[id(held)] for key, held in attributes.items() if id(held) in loaded}


def _same(artifact: ArtifactRef) -> ArtifactRef:
    return artifact


def _parts_of(name: str, value: object) -> Parts:
    return serialize(name, value)[1].parts()


def _line_binding(body: str, name: str) -> int | None:
    """Return the last line of the cell that begins a statement binding `name`, to point at."""
    binding = re.compile(rf"^\s*(?:\w+\s*,\s*)*{re.escape(name)}\b[^=\n]*=(?!=)|\bas {re.escape(name)}\b")
    lines = [number for number, line in enumerate(body.splitlines(), 1) if binding.search(line)]
    return lines[-1] if lines else None


def _what_is_missing(error: BaseException) -> str:
    """Return what to do where a package is missing that a value was made with."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, ModuleNotFoundError):
        cause = cause.__cause__
    if cause is None:
        return ""
    return f". The environment of this step has no {cause.name}: give it the --packages of who made the value"
