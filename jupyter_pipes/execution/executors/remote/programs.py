"""Programs that a worker keeps running for whoever has left: they take no slot, and end with the worker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from distributed import get_worker, secede
from msgspec import Struct

GIVEN = "given"
"""The file in a program's folder with what it is given and others are not to see."""


class Private(Struct, frozen=True):
    """What nobody is to see: workers write the arguments of what fails into their logs."""

    content: bytes

    def __repr__(self) -> str:
        return "<private>"


def keep_running(words: tuple[str, ...], log: str) -> None:
    """Run a program of this Python until it ends; the task that Dask places, and begins anew if it is lost.

    Args:
        words: what stands behind `python`.
        log: the file that gets what it prints.

    Raises:
        ChildProcessError: it failed: it is begun anew.
    """
    # It waits, as a rule: the slot is for others.
    secede()
    with open(log, "ab") as written:  # noqa: PTH123 - a path as the other machine says it
        _run(words, written)


def keep_running_in_a_folder(words: tuple[str, ...], given: Private) -> None:
    """As `keep_running`, of a program that gets an empty folder as its last word, and `given` in it.

    The folder goes with the program; what that prints goes where the worker's own output goes.
    """
    secede()
    place = get_worker().local_directory
    with tempfile.TemporaryDirectory(prefix="controller-", dir=place, ignore_cleanup_errors=True) as folder:
        Path(folder, GIVEN).write_bytes(given.content)
        _run((*words, folder), None)


def _run(words: tuple[str, ...], log: IO[bytes] | None) -> None:
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=os.sep,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        start_new_session=True,
    )
    # What ends this worker closes the pipe, which ends the program.
    with process:
        code = process.wait()
    if code:
        raise ChildProcessError(f"{words} ended with exit code {code}")
