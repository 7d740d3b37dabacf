"""Names that no cell binds and the catalog has: the cells that load them, which nobody had to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.analysis import analyze
from jupyter_pipes.model.steps import Cell, ParameterSpec
from jupyter_pipes.pipelines.graph import Graph, build
from jupyter_pipes.pipelines.scripts import with_scripts
from jupyter_pipes.storage.catalog.entries import Catalog, Entry
from jupyter_pipes.storage.catalog.placeholders import is_any
from jupyter_pipes.storage.catalog.reading import code_of, is_readable
from jupyter_pipes.storage.catalog.versions import newest_version
from jupyter_pipes.storage.settings import load

_ID = "catalog:"
"""Begins the id of a cell that nobody wrote; its number is 0."""


def built(
    cells: Sequence[Cell], parameters: Sequence[ParameterSpec], directory: Path, *, in_file: bool
) -> tuple[tuple[Cell, ...], Graph]:
    """Return a notebook's cells with those that load what only the catalog has, and the graph of all.

    Args:
        cells: the notebook's.
        parameters: what it declares.
        directory: its folder.
        in_file: as for `graph.build`.

    Raises:
        ConfigurationError: an entry cannot be read.
    """
    names = [parameter.name for parameter in parameters]
    plain = with_inputs(with_scripts(cells, directory), names, directory)
    return plain, with_loads(build(plain, parameters, in_file=in_file), plain)


def with_inputs(cells: Sequence[Cell], parameters: Sequence[str], directory: Path) -> tuple[Cell, ...]:
    """Return the cells, with one in front for each name that they read and that only the catalog has.

    One whose path names a parameter stands behind the cells that declare those.

    Args:
        cells: the notebook's.
        parameters: the names of its parameters.
        directory: the notebook's folder, whose settings have the catalog.

    Raises:
        ConfigurationError: an entry cannot be read.
    """
    catalog = load(directory).catalog
    if not catalog.entries:
        return tuple(cells)
    made = [_cell(entry, directory) for entry in inputs_of(cells, catalog, parameters)]
    first = [cell for entry, cell in made if not is_any(entry.path, "params")]
    later = [cell for entry, cell in made if is_any(entry.path, "params")]
    declaring = max((place + 1 for place, cell in enumerate(cells) if cell.role == "params"), default=0)
    return (*first, *cells[:declaring], *later, *cells[declaring:])


def with_loads(graph: Graph, cells: Iterable[Cell]) -> Graph:
    """Return the graph of these cells, with the names that its steps load as the catalog has them."""
    names = [cell.id.removeprefix(_ID) for cell in cells if not cell.number and cell.id.startswith(_ID)]
    if not names:
        return graph
    steps = (replace(step, loads=tuple(name for name in names if name in step.plain)) for step in graph.steps)
    return replace(graph, steps=tuple(steps))


def inputs_of(cells: Sequence[Cell], catalog: Catalog, parameters: Iterable[str]) -> list[Entry]:
    """Return what the catalog says of the names that cells read and none of them binds."""
    names = [analyze(cell.body) for cell in cells if cell.role != "markdown"]
    bound = frozenset(parameters).union(*(each.writes | each.definitions | each.modules for each in names))
    said = (cell.options.inputs or () for cell in cells)
    read = frozenset[str]().union(*(each.reads | each.optional_reads for each in names), *said)
    entries = (catalog.entry(name) for name in sorted(read - bound))
    return [entry for entry in entries if entry is not None and is_readable(entry)]


def _cell(entry: Entry, directory: Path) -> tuple[Entry, Cell]:
    newest = newest_version(entry, directory) if entry.versioned else ""
    return entry, Cell(f"{_ID}{entry.name}", 0, "code", code_of(entry, newest))
