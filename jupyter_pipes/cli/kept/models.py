"""The verb that lists the models that runs kept."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_pipes.cli.answers import Answer

if TYPE_CHECKING:
    from jupyter_pipes.cli.answers import Face


def models(face: Face, arguments: Namespace) -> Answer:
    """List models by name and version, of this notebook's pipeline or of all of the project."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.kept.models import ModelTable, models_text
    from jupyter_pipes.history.models import kept_models

    workspace = face.workspace()
    pipeline = face.listed_pipeline()
    found = kept_models(workspace.history, arguments.name or "", pipeline)
    return Answer(
        lambda: documents.of_models(found, lambda ref: workspace.store.uri(ref.digest)),
        lambda colour: models_text(found, colour=colour),
        lambda: ModelTable(found),
        notices=tuple(filter(None, [face.listing_notice()])),
    )
