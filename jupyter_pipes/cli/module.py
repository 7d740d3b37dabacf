"""An exported module as a program: `python MODULE.py [options]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline


def main(pipeline: Pipeline, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the pipeline as a program: parameters become options (`--rows 10`), steps arguments.

    Args:
        pipeline: the pipeline that the module defines.
        arguments: the words behind the program's name; those of this process if None.

    Raises:
        SystemExit: always, with the exit code.
    """
    from jupyter_pipes.cli.main import run_pipeline

    program: str = getattr(sys.modules["__main__"], "__file__", "")
    pipeline.origin = str(Path(program).absolute())
    pipeline.directory = Path(pipeline.origin).parent
    raise SystemExit(run_pipeline(pipeline, list(sys.argv[1:] if arguments is None else arguments)))
