"""The document of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.pipelines.catalog.listing import CatalogLine


class CatalogLineDocument(Document, frozen=True):
    """A name of the catalog, or a pattern that no name of the pipeline fits."""

    name: str
    kind: Literal["input", "output", "unused"]
    format: str
    place: str
    read_by: tuple[str, ...]
    written_by: tuple[str, ...]


class CatalogDocument(Document, frozen=True):
    """The catalog as a pipeline uses it."""

    catalog: list[CatalogLineDocument]


def of_catalog(lines: Iterable[CatalogLine]) -> CatalogDocument:
    """Return the document of the catalog."""
    return CatalogDocument([CatalogLineDocument.of(line) for line in lines])
