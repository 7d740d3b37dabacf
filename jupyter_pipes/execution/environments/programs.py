"""The programs that make environments: found, run, and what they say when they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from jupyter_pipes.history.surroundings.distributions import without_credentials
from jupyter_pipes.model.errors import PipesError

_LAST_LINES = 12


class EnvironmentFailed(PipesError):
    """A step's own environment cannot be had."""


def uv() -> str:
    """Return the path of uv: on `PATH`, or where its package from PyPI puts it.

    Raises:
        EnvironmentFailed: there is none; says what to install.
    """
    if path := shutil.which("uv") or shutil.which("uv", path=sysconfig.get_path("scripts")):
        return path
    raise EnvironmentFailed(
        "packages and a Python of its own take uv, and there is none: pip install "
        '"jupyter_pipes[environments]", or put uv on PATH'
    )


def run(what: str, *program: str, given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it wrote.

    Args:
        what: what it is to do, for the error ("installing torch").
        program: the program and its arguments.
        given: its standard input.
        environment: variables to set beside those of this process.

    Raises:
        EnvironmentFailed: it failed; has its last lines.
    """
    try:
        done = subprocess.run(
            program,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise EnvironmentFailed(f"{what} failed: {program[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise EnvironmentFailed(f"{what} failed ({Path(program[0]).name}):\n{_last_lines(done)}")
    return done.stdout


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    lines = without_credentials(done.stderr.strip() or done.stdout.strip()).splitlines()
    return "\n".join(lines[-_LAST_LINES:]) or f"it ended with code {done.returncode}"
