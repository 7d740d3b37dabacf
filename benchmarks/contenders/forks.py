"""What any tool that isolates steps has to do: a fork for each, values handed over in pickle files."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path


def chain(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of steps, each a fork of this process."""
    runs = count()

    def again() -> None:
        value = folder / f"forked-{next(runs)}"
        value.write_bytes(pickle.dumps(0))
        for _ in range(steps):
            _in_fork(value)

    return again


def _in_fork(value: Path) -> None:
    pid = os.fork()
    if pid == 0:
        value.write_bytes(pickle.dumps(pickle.loads(value.read_bytes()) + 1))
        os._exit(0)
    os.waitpid(pid, 0)


def program_chain(folder: Path, steps: int) -> Callable[[], object]:
    """A chain of steps, each a Python program."""
    value = folder / "value-of-programs"
    code = "import pickle, sys; from pathlib import Path; value = Path(sys.argv[1]); "
    code += "value.write_bytes(pickle.dumps(pickle.loads(value.read_bytes()) + 1))"

    def again() -> None:
        value.write_bytes(pickle.dumps(0))
        for _ in range(steps):
            subprocess.run([sys.executable, "-c", code, str(value)], check=True)

    return again
