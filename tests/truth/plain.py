"""Plain runs, quickly: a process that has IPython and pandas loaded forks one for each notebook.

`verify` itself uses a kernel; that both come to the same is tested as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from jupyter_pipes.verification.findings import Failure, NameFinding
from jupyter_pipes.verification.namespace import Question, findings
from jupyter_pipes.verification.plain_cells import PlainNotebook
from jupyter_pipes.verification.plain_run import PlainRun

LOADED = ("IPython.core.interactiveshell", "matplotlib.pyplot", "networkx", "numpy", "pandas")
"""What most notebooks import, and what takes longest."""


class Outcome(msgspec.Struct):
    """What a forked process answers."""

    failure: Failure | None
    names: list[NameFinding]


class PlainServer:
    """The process and the pipes to it; calling it runs a notebook's cells in a fork."""

    def __init__(self) -> None:
        environment = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        environment["PYTHONHASHSEED"] = "0"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.truth.plain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def __call__(self, notebook: PlainNotebook, folder: Path, question: Question) -> PlainRun:
        """Run the cells in the folder; what they show is not looked at."""
        cells = (cell for cell in notebook.cells if cell.role != "markdown")
        both = (
            (cell.number, code) for cell in cells for code in (notebook.code(cell), notebook.behind(cell))
        )
        codes = [(number, code) for number, code in both if code]
        places = [folder.parent.parent / name for name in ("question.json", "answer.json")]
        places[0].write_bytes(msgspec.json.encode(question))
        places[1].unlink(missing_ok=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([codes, str(folder), *map(str, places)]) + "\n")
        self._process.stdin.flush()
        status = self._process.stdout.readline()
        if not places[1].exists():
            return PlainRun({}, Failure("the process", f"ended with {status.strip()}"), [])
        outcome = msgspec.json.decode(places[1].read_bytes(), type=Outcome)
        return PlainRun({}, outcome.failure, outcome.names)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve() -> None:
    """Fork for each line of standard input, and say when that process has ended."""
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            _run_and_end(*json.loads(line))
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run_and_end(codes: list[tuple[int, str]], folder: str, question: str, answer: str) -> NoReturn:
    log = os.open(os.devnull, os.O_WRONLY)
    os.dup2(log, 1)
    if not os.environ.get("TRUTH_DEBUG"):
        os.dup2(log, 2)
    try:
        os.chdir(folder)
        sys.path.insert(0, folder)
        shell = _shell()
        hidden = list(shell.user_ns_hidden)
        failure = asyncio.new_event_loop().run_until_complete(_run(shell, codes))
        asked = msgspec.json.decode(Path(question).read_bytes(), type=Question)
        if failure is not None:
            asked = msgspec.structs.replace(asked, plain=None)
        values = {name: value for name, value in shell.user_ns.items() if name not in hidden}
        Path(answer).write_bytes(msgspec.json.encode(Outcome(failure, findings(values, asked))))
    except BaseException:  # it must not come back into the loop of the process that it was forked from
        traceback.print_exc()
    finally:
        os._exit(0)


def _shell() -> Any:
    config: Any = import_module("traitlets.config").Config()
    config.HistoryManager.enabled = False
    shell: Any = import_module("IPython.core.interactiveshell").InteractiveShell

    class Shell(shell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Do nothing, as a kernel does for `%matplotlib inline`."""

    return Shell.instance(config=config)


async def _run(shell: Any, codes: list[tuple[int, str]]) -> Failure | None:
    """Run the cells in a running loop, as a kernel does."""
    for number, code in codes:
        transformed = shell.transform_cell(code)
        result = await shell.run_cell_async(code, store_history=True, transformed_cell=transformed)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            return Failure(f"cell {number}", f"{type(error).__name__}: {error}")
    return None


if __name__ == "__main__":
    serve()
