"""The document of the models that runs kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.history.models import KeptModel
from jupyter_pipes.model.quantities import iso_text
from jupyter_pipes.model.results import ArtifactRef, ModelFacts
from jupyter_pipes.model.steps import JsonValue


class ModelDocument(Document, frozen=True):
    """A model with what made it; `stored` in ISO 8601 with its zone, `cell` the id of the step's cell."""

    name: str
    version: int
    framework: str
    type: str
    parameters: dict[str, JsonValue]
    inputs: tuple[str, ...]
    input_count: int
    file: str
    bytes: int
    digest: str
    uri: str
    pipeline: str
    run: str
    step: str
    cell: str | None
    stored: str


class ModelsDocument(Document, frozen=True):
    """The list of models."""

    models: list[ModelDocument]


def of_models(models: Iterable[KeptModel], uri: Callable[[ArtifactRef], str]) -> ModelsDocument:
    """Return the document of a list of models; `uri` gives the URL of an artifact."""
    return ModelsDocument([_model(model, uri(model.artifact)) for model in models])


def _model(model: KeptModel, uri: str) -> ModelDocument:
    artifact, facts = model.artifact, model.artifact.model or ModelFacts()
    return ModelDocument.of(
        model,
        framework=facts.framework,
        type=artifact.type,
        parameters=dict(facts.parameters),
        inputs=facts.inputs,
        input_count=facts.input_count,
        file=facts.file,
        bytes=artifact.bytes,
        digest=artifact.digest,
        uri=uri,
        stored=iso_text(model.stored),
    )
