"""The document of a sweep, which `run --sweep` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.model.steps import JsonValue, Status

if TYPE_CHECKING:
    from jupyter_pipes.runs.sweeping.lines import SweepLines


class SweptRunDocument(Document, frozen=True):
    """A run of a sweep; `params` has what is swept, as it was said."""

    run: str
    status: Status
    seconds: float
    params: dict[str, JsonValue]
    metrics: dict[str, JsonValue]


class SweepDocument(Document, frozen=True):
    """A sweep: its runs in their order; `best` is the best one's id, None where there is none."""

    sweep: str
    best: str | None
    runs: list[SweptRunDocument]


def of_sweep(sweep: SweepLines) -> SweepDocument:
    """Return the document of a sweep."""
    best = next((line.run for line in sweep.lines if line.is_best), None)
    runs = [
        SweptRunDocument.of(line, params=dict(line.params), metrics=dict(line.metrics))
        for line in sweep.lines
    ]
    return SweepDocument(sweep.sweep, best, runs)
