"""The report of a run as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_pipes.display.report.page import page
from jupyter_pipes.export.targets import check_target
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_pipes.runs.run import Run

_ENDINGS = (".html", ".htm")


def write_report(run: Run, path: Path, *, force: bool = False) -> None:
    """Write a run as one HTML file, as a whole or not at all; no value of it is loaded.

    Args:
        run: the run; of one that goes on, how it stands now is told.
        path: the file; an earlier report is replaced.
        force: whether another file that is there may be replaced.

    Raises:
        UsageError: it is not called like a page, or somebody's file is there and `force` is false.
        NotebookError: it cannot be written there.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{path.name}: a report is an HTML file; call it {path.stem}.html")
    check_target(path, force=force)
    replace_file(path, page(run))
