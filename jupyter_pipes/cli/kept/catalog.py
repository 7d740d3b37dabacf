"""The verb that lists the catalog, and the inputs that `get` loads from their places."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_pipes.cli.answers import Answer
from jupyter_pipes.cli.parsers import overrides
from jupyter_pipes.model.results import ArtifactRef

if TYPE_CHECKING:
    from jupyter_pipes.cli.answers import Face


def catalog(face: Face, arguments: Namespace) -> Answer:
    """List names, places and formats, with who reads and writes them."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.kept.catalog import CatalogTable, catalog_text

    lines = face.pipeline().catalog.lines
    return Answer(
        lambda: documents.of_catalog(lines),
        lambda colour: catalog_text(lines, colour=colour),
        lambda: CatalogTable(lines),
    )


def inputs_named(face: Face, arguments: Namespace) -> dict[str, Any]:
    """Return the values of those names that `get` asks for and that only the catalog has, as they are now."""
    pipeline = face.pipeline()
    inputs = pipeline.catalog.inputs if arguments.run is None else ()
    names = [name for name in arguments.names if name in inputs]
    if not names:
        return {}
    values = pipeline.values(overrides(arguments)).shown
    return {name: pipeline.catalog.load(name, values) for name in names}


def described(
    face: Face, arguments: Namespace, inputs: Mapping[str, Any]
) -> dict[str, tuple[ArtifactRef, str, str]]:
    """Return name -> type, repr and place of inputs, as artifacts are told: nothing of them is kept."""
    if not inputs:
        return {}
    pipeline = face.pipeline()
    values = pipeline.values(overrides(arguments)).shown
    return {
        name: (
            ArtifactRef(name, "", f"{type(value).__module__}.{type(value).__qualname__}", 0, "file"),
            repr(value),
            pipeline.catalog.uri(name, values),
        )
        for name, value in inputs.items()
    }
