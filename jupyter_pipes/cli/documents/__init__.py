"""The JSON documents that `--json` prints, one struct for each."""

from jupyter_pipes.cli.documents.answers import (
    CleanupDocument,
    ExportDocument,
    LogDocument,
    RebuildingDocument,
    VerificationDocument,
    of_comparison,
    of_error,
    of_explanation,
    of_plan,
    of_queues,
    of_runs,
    of_values,
)
from jupyter_pipes.cli.documents.base import Document
from jupyter_pipes.cli.documents.catalog import of_catalog
from jupyter_pipes.cli.documents.models import of_models
from jupyter_pipes.cli.documents.runs import of_run, of_view
from jupyter_pipes.cli.documents.stores import of_blobs
from jupyter_pipes.cli.documents.sweeps import of_sweep

__all__ = [
    "CleanupDocument",
    "Document",
    "ExportDocument",
    "LogDocument",
    "RebuildingDocument",
    "VerificationDocument",
    "of_blobs",
    "of_catalog",
    "of_comparison",
    "of_error",
    "of_explanation",
    "of_models",
    "of_plan",
    "of_queues",
    "of_run",
    "of_runs",
    "of_sweep",
    "of_values",
    "of_view",
]
