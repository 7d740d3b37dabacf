"""The catalog as a pipeline uses it: which names it has, where they stand, who reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.catalog.entries import Catalog, Entry
from jupyter_pipes.storage.catalog.placeholders import Filling, filled, masked, with_variables
from jupyter_pipes.storage.catalog.reading import check_libraries, read
from jupyter_pipes.storage.catalog.states import absolute
from jupyter_pipes.storage.catalog.versions import newest_version


class CatalogLine(Struct, frozen=True):
    """A name of the catalog, or a pattern that no name of the pipeline fits.

    Attributes:
        name: the name, or the pattern.
        kind: whether it is read from its place, written there, or neither.
        format: as the entry has it.
        place: the path, with its placeholders; of a table with its name.
        read_by: the steps that read the name.
        written_by: the steps that write it.
    """

    name: str
    kind: Literal["input", "output", "unused"]
    format: str
    place: str
    read_by: tuple[str, ...] = ()
    written_by: tuple[str, ...] = ()


class PipelineCatalog:
    """What the catalog has for one pipeline.

    Args:
        catalog: as the settings name it.
        steps: the pipeline's.
        directory: the notebook's folder.
    """

    def __init__(self, catalog: Catalog, steps: Sequence[Step], directory: Path) -> None:
        self._catalog = catalog
        self._steps = steps
        self._directory = directory

    def __repr__(self) -> str:
        return "\n".join(f"{line.name}: {line.kind}, {line.format}, {line.place}" for line in self.lines)

    @property
    def lines(self) -> tuple[CatalogLine, ...]:
        """A line for each name: inputs, outputs, and what the pipeline does not use."""
        names = dict.fromkeys((*self.inputs, *(name for step in self._steps for name in step.writes)))
        used = [(name, entry) for name in names if (entry := self._catalog.entry(name)) is not None]
        lines = [self._line(name, entry) for name, entry in used]
        there = {line.name for line in lines}
        unused = (entry for entry in self._catalog.entries if not self._is_used(entry, there))
        return (*lines, *(CatalogLine(each.name, "unused", each.format, _place(each)) for each in unused))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names that only the catalog has."""
        return tuple(dict.fromkeys(name for step in self._steps for name in step.loads))

    def load(self, name: str, params: Mapping[str, object] | None = None) -> Any:
        """Return the value of a name as it stands in its place now.

        Args:
            name: one that the catalog has.
            params: values of the parameters that its path names.

        Raises:
            UsageError: the catalog has no such name, or it cannot be read.
            ConfigurationError: its place is not known, or its library is not installed.
        """
        entry = self._catalog.entry(name)
        if entry is None:
            names = [each.name for each in self._catalog.entries]
            near = nearest(name, names)
            hint = f"; did you mean {near}?" if near else f" (it has {', '.join(names) or 'nothing'})"
            raise UsageError(f"the catalog has no {name}{hint}")
        check_libraries(entry, self._catalog.place)
        place = self.place(entry, params or {})
        try:
            return read(entry, absolute(with_variables(place), self._directory))
        except Exception as error:  # a library's function may raise anything
            reason = masked(f"{type(error).__name__}: {error}", place)
            raise UsageError(f"{name} cannot be read from {place}: {reason}") from error

    def place(self, entry: Entry, params: Mapping[str, object]) -> str:
        """Return where what an entry of one name has stands, for these values of parameters."""
        if entry.versioned:
            return newest_version(entry, self._directory)
        return filled(entry.path, Filling(name=entry.name, params=params))

    def uri(self, name: str, params: Mapping[str, object]) -> str:
        """Return the URL of an input's place."""
        entry = self._catalog.entry(name)
        place = absolute(self.place(entry, params), self._directory) if entry else ""
        return place if "://" in place else f"file://{place}"

    def _line(self, name: str, entry: Entry) -> CatalogLine:
        kind = "input" if name in self.inputs else "output"
        readers = tuple(step.name for step in self._steps if name in step.reads or name in step.loads)
        writers = tuple(self._writers(name)) if kind == "output" else ()
        return CatalogLine(name, kind, entry.format, _place(entry), readers, writers)

    def _writers(self, name: str) -> Iterator[str]:
        return (step.name for step in self._steps if name in step.writes)

    def _is_used(self, entry: Entry, names: set[str]) -> bool:
        own = {each.name for each in self._catalog.entries}
        fitting = (name for name in names if name not in own)
        return entry.name in names or (entry.is_pattern and any(map(entry.fits, fitting)))


def _place(entry: Entry) -> str:
    return f"{entry.path}, table {entry.table or entry.name}" if entry.is_table else entry.path
