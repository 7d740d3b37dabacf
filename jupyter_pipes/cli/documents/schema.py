"""The JSON schema of the documents; `python -m jupyter_pipes.cli.documents.schema FILE` writes it."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.cli.documents import answers, catalog, models, runs, stores, sweeps
from jupyter_pipes.cli.documents.base import Document

VERBS: dict[type[Document], str] = {
    runs.RunDocument: "run, show, resume, attach, cancel, approve, tag, rename, archive",
    answers.PlanDocument: "plan",
    answers.ExplanationDocument: "why",
    answers.RunsDocument: "runs",
    models.ModelsDocument: "models",
    catalog.CatalogDocument: "catalog",
    answers.ComparisonDocument: "compare",
    answers.ValuesDocument: "get",
    answers.LogDocument: "logs",
    answers.ExportDocument: "export, report",
    answers.CleanupDocument: "gc",
    answers.RebuildingDocument: "history",
    answers.VerificationDocument: "verify",
    answers.QueuesDocument: "queues",
    stores.StoreDocument: "store",
    sweeps.SweepDocument: "run --sweep",
    answers.ErrorDocument: "scheduler, worker, and each, with exit code 2, or 3 without a run",
}
"""Document -> the verbs that print it."""


def schema() -> dict[str, Any]:
    """Return the schema of what `--json` prints; under `$defs` that of each document."""
    references, definitions = msgspec.json.schema_components(VERBS, ref_template="#/$defs/{name}")
    verbs = zip(VERBS.values(), references, strict=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jupyter pipes VERB --json",
        "anyOf": [{"title": title, **reference} for title, reference in verbs],
        "$defs": {name: _with_clean_words(each) for name, each in definitions.items()},
    }


def _with_clean_words(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition whose description, a docstring, is not indented: msgspec 0.22 leaves that in."""
    if "description" not in definition:
        return definition
    return {**definition, "description": inspect.cleandoc(definition["description"])}


def schema_text() -> str:
    """Return the text of docs/documents.schema.json."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
