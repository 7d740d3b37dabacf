"""The models that runs kept, as a table, and what one says of itself in words."""

from __future__ import annotations

from collections.abc import Sequence
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

_IN_CELLS = ("model", "class", "parameters", "made by", "size")
"""Below a cell there is less room: two facts stand in one column, the lesser below the other."""

_FEW = 6
"""So many parameters are shown."""


class ModelTable(Struct, frozen=True):
    """Models, shown as a table."""

    models: tuple[KeptModel, ...]

    def __repr__(self) -> str:
        return models_text(self.models, colour=False).rstrip("\n")

    def _repr_html_(self) -> str:
        return table_page(_IN_CELLS, map(_row_html, map(_texts, self.models)))


def models_text(models: Sequence[KeptModel], *, colour: bool) -> str:
    """Return a list of models as a table."""
    if not models:
        return "no models are kept: current.model(name, model) in a step keeps one\n"
    rows = (_texts(model)[:_IN_TERMINALS] for model in models)
    return table_text(_COLUMNS[:_IN_TERMINALS], rows, colour=colour)


def _texts(model: KeptModel) -> tuple[str, ...]:
    artifact, facts = model.artifact, model.artifact.model or ModelFacts()
    return (
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


def _row_html(texts: Sequence[str]) -> str:
    model, version, framework, kind, inputs, parameters, run, step, size, kept = map(escape, texts)
    reads = f"{inputs} input{'s' * (inputs != '1')}" if inputs else ""
    cells = (
        _two(f"<b>{model}</b>", f"version {version}"),
        _two(kind, " · ".join(filter(None, (framework, reads)))),
        f'<td class="value">{parameters}</td>',
        _two(f"<code>{run}</code>", f"{step} · {kept}"),
        f"<td>{size}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _two(fact: str, lesser: str) -> str:
    return f'<td>{fact}<div class="quiet">{lesser}</div></td>'


def _few(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _FEW} more" if len(texts) > _FEW else ""
    return ", ".join(texts[:_FEW]) + more
