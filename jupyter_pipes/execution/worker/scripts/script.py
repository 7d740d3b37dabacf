"""Runs the script of a `--bash` step: values as variables, output as it comes, failures with their line."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from numbers import Real
from pathlib import PurePath

from jupyter_pipes.analysis.cell.magic_effects import script_names
from jupyter_pipes.analysis.files.uses import shell_script
from jupyter_pipes.model.errors import PipesError

_STRICT = 'set -eE -o pipefail; trap \'printf "%s %s\\n" "$LINENO" "$BASH_COMMAND" >&{told}\' ERR'
"""What the script begins with: it ends where a command fails, and tells which one it was."""

_LONGEST = 200


class ScriptFailed(PipesError):
    """A shell script ended with another exit status than 0.

    Attributes:
        returncode: that status; behind a signal, its number below zero (as `subprocess` has it).
    """

    def __init__(self, message: str, returncode: int, line: int | None = None) -> None:
        super().__init__(message, line=line)
        self.returncode = returncode


def code_of(body: str) -> str:
    """Return Python that runs the script with the names that are there: what a kernel runs in its place."""
    return f"from {__name__} import run_script as _run\n_run({body!r}, globals())"


def run_script(body: str, namespace: Mapping[str, object]) -> None:
    """Run the script in a cell's body by bash, in the process group of this process.

    Args:
        body: the cell's text, with `%%step --bash` in place of its first line: line n is line n of the cell.
        namespace: where values of the variables that it uses are looked up; others are the environment's.

    Raises:
        ScriptFailed: a command in it failed; with line and exit status.
        PipesError: there is no bash, or a value is none that a script can have.
    """
    script = shell_script(body)
    environment = {**os.environ, **_variables(script, namespace)}
    above = "\n" * (body[: len(body) - len(script)].count("\n") - 1)
    read_end, told = os.pipe()
    with os.fdopen(read_end, "rb") as failures:
        try:
            status = _status(f"{above}{_STRICT.format(told=told)}\n{script}", environment, told)
        finally:
            os.close(told)
        if status:
            # What goes on in the background may hold the other end.
            os.set_blocking(read_end, False)
            raise _failure(status, failures.read() or b"")


def _variables(script: str, namespace: Mapping[str, object]) -> dict[str, str]:
    names = (name for name in script_names(script) if name in namespace)
    return {name: _text(name, namespace[name]) for name in names}


def _text(name: str, value: object) -> str:
    if isinstance(value, (str, Real, PurePath)):
        return str(value)
    raise PipesError(
        f"${name} is a {type(value).__name__}: variables of a script are texts, numbers and paths; "
        "make one of it in an earlier cell"
    )


def _status(script: str, environment: Mapping[str, str], told: int) -> int:
    try:
        process = subprocess.Popen(
            ["bash", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(told,),
        )
    except FileNotFoundError as error:
        raise PipesError("there is no bash on this machine, which a --bash step needs") from error
    with process:
        try:
            _show(process)
            return process.wait()
        except BaseException:
            process.kill()
            raise


def _show(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while chunk := os.read(process.stdout.fileno(), 65536):
        sys.stdout.write(decoder.decode(chunk))
        sys.stdout.flush()


def _failure(status: int, told: bytes) -> ScriptFailed:
    how = f"exit status {status}" if status > 0 else f"ended by {signal.Signals(-status).name}"
    number, _, command = told.decode("utf-8", "replace").partition("\n")[0].partition(" ")
    if not number.isdecimal():
        return ScriptFailed(how, status)
    return ScriptFailed(f"{how}: {command[:_LONGEST]}", status, int(number))
