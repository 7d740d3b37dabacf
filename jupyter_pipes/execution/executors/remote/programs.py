"""Programs that a worker keeps running for whoever has left: they take no slot, and end with the worker."""

from __future__ import annotations

import os
import subprocess
import sys

from distributed import secede


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
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=os.sep,
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # What ends this worker closes the pipe, which ends the program.
    with process:
        code = process.wait()
    if code:
        raise ChildProcessError(f"{words} ended with exit code {code}")
