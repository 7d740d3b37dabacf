"""The verb that lists kept runs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.cli.answers import Answer, in_its_notebook

if TYPE_CHECKING:
    from jupyter_pipes.cli.answers import Face


def runs(face: Face, arguments: Namespace) -> Answer:
    """List the kept runs that a query finds."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.tables import RunTable
    from jupyter_pipes.display.text import runs_text
    from jupyter_pipes.runs.listing import list_runs

    workspace, query = face.workspace(), arguments.query
    pipeline = face.listed_pipeline(query)
    lines = list_runs(workspace.history, query, pipeline=pipeline, limit=arguments.limit)
    is_file = not lines and bool(query) and Path(query).is_file()
    notices = (in_its_notebook(query, "runs") if is_file else "", face.listing_notice() if pipeline else "")
    return Answer(
        lambda: documents.of_runs(lines),
        lambda colour: runs_text(lines, colour=colour),
        lambda: RunTable(lines),
        notices=tuple(filter(None, notices)),
    )
