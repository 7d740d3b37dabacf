"""The catalog as a pipeline uses it, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

from jupyter_pipes.display.tables import table_page
from jupyter_pipes.display.text import table_text
from jupyter_pipes.pipelines.catalog.listing import CatalogLine

_COLUMNS = ("name", "", "format", "place", "read by", "written by")


class CatalogTable(Struct, frozen=True):
    """Names of the catalog, shown as a table."""

    lines: tuple[CatalogLine, ...]

    def __repr__(self) -> str:
        return catalog_text(self.lines, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        cells = ("".join(f"<td>{escape(text)}</td>" for text in row) for row in _rows(self.lines))
        return table_page(_COLUMNS, (f"<tr>{row}</tr>" for row in cells))


def catalog_text(lines: Sequence[CatalogLine], *, colour: bool) -> str:
    """Return names of the catalog as a table."""
    if not lines:
        return "the catalog is empty: [catalog] in pipes.toml gives names formats and places\n"
    return table_text(_COLUMNS, _rows(lines), colour=colour)


def _rows(lines: Sequence[CatalogLine]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        of, by = ", ".join(line.read_by), ", ".join(line.written_by)
        yield (line.name, line.kind, line.format, line.place, of, by)
