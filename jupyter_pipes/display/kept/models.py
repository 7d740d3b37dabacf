"""The models that runs kept, as a table, and what one says of itself in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

from jupyter_pipes.display.tables import table_page
from jupyter_pipes.display.text import table_text
from jupyter_pipes.history.models import KeptModel
from jupyter_pipes.model.quantities import bytes_text, date_text
from jupyter_pipes.model.results import ModelFacts

_COLUMNS = ("model", "version", "framework", "class", "inputs", "parameters", "run", "step", "size", "kept")
_IN_TERMINALS = 8
"""So many of these columns have room in a terminal; the id of the run tells when it was."""

_FEW = 6
"""So many parameters are shown."""


class ModelTable(Struct, frozen=True):
    """Models, shown as a table."""

    models: tuple[KeptModel, ...]

    def __repr__(self) -> str:
        return models_text(self.models, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        cells = ("".join(f"<td>{escape(text)}</td>" for text in row) for row in _rows(self.models))
        return table_page(_COLUMNS, (f"<tr>{row}</tr>" for row in cells))


def models_text(models: Sequence[KeptModel], *, colour: bool) -> str:
    """Return a list of models as a table."""
    if not models:
        return "no models are kept: current.model(name, model) in a step keeps one\n"
    rows = (row[:_IN_TERMINALS] for row in _rows(models))
    return table_text(_COLUMNS[:_IN_TERMINALS], rows, colour=colour)


def _rows(models: Sequence[KeptModel]) -> Iterator[tuple[str, ...]]:
    for model in models:
        artifact, facts = model.artifact, model.artifact.model or ModelFacts()
        yield (
            model.name,
            str(model.version),
            facts.framework,
            facts.file or artifact.type.rpartition(".")[2],
            str(facts.input_count or ""),
            _few([f"{name}={value}" for name, value in facts.telling]),
            model.run,
            model.step,
            bytes_text(artifact.bytes),
            date_text(model.stored),
        )


def _few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _FEW} more" if len(texts) > _FEW else ""
    return ", ".join(texts[:_FEW]) + more
