"""The executor's end of a helper process: started, spoken with, and noticed when it dies."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from jupyter_pipes.analysis.local_modules import files_of, imported, parts_imported, reach
from jupyter_pipes.execution.environments.launching import Launch
from jupyter_pipes.execution.environments.spawning import spawn
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import Usage
from jupyter_pipes.system.patterns import pattern

_OURS = pattern(r"__import__\('(jupyter_pipes(?:\.\w+)+)'")
"""How code that we write imports what is ours."""


class Owner(Protocol):
    """Who is told what a helper reports."""

    def on_started(self, attempt: str, pid: int) -> None:
        """The attempt's process was forked."""

    def on_refused(self, attempt: str, reason: str) -> None:
        """The attempt's process could not be forked."""

    def on_exited(self, attempt: str, code: int, usage: Usage) -> None:
        """The attempt's process is gone, and what it left behind as well."""

    def on_lost(self, helper: Helper, code: int) -> None:
        """The helper itself is gone."""


class Helper:
    """A worker process (`execution.worker`) and the socket to it. All happens on the loop's thread."""

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop, launch: Launch) -> None:
        self._owner = owner
        self._loop = loop
        self._launch = launch
        self._open_imports = 0
        self._preloaded: set[str] = set()
        self._modules: dict[str, int] = {}
        self._attempts: set[str] = set()
        self._retired = False
        self._unread = b""
        self._process, self._control = spawn(launch.program, launch.environment)
        loop.add_reader(self._control, self._receive)

    @property
    def is_importing(self) -> bool:
        """Whether it has yet to import what it was asked to."""
        return self._open_imports > 0

    def serves(self, launch: Launch, python_path: Sequence[str]) -> bool:
        """Whether it can run jobs with these: nothing that it imported has changed or another meaning now."""
        unchanged = all(_mtime(path) == mtime for path, mtime in self._modules.items())
        places = tuple(map(Path, python_path))
        names = {name.partition(":")[0].split(".")[0] for name in self._preloaded}
        hidden = any(any(files_of(name, places)) for name in names)
        return unchanged and not hidden and self._launch == launch and self._process.poll() is None

    def preload(
        self, python_path: Sequence[str], imports: Iterable[str], sources: Iterable[str] = ()
    ) -> None:
        """Have installed modules that code imports imported before the next fork.

        Local ones are looked through only: they run in each step's own process.

        Args:
            python_path: the folders that local modules are in.
            imports: names of modules.
            sources: code, for the submodules that it imports.
        """
        wanted = installed_modules(imports, tuple(sources), tuple(map(Path, python_path)))
        new = [name for name in wanted if name not in self._preloaded]
        if new:
            self._preloaded.update(new)
            self._open_imports += 1
            self._send({"preload": new}, [])

    def start(self, job: Job, files: list[int]) -> None:
        """Have a process forked for the attempt, with its job, event and log files.

        Raises:
            OSError: the helper is gone.
        """
        self._send({"start": job.attempt_id}, files)
        self._attempts.add(job.attempt_id)

    def forget(self, attempt: str) -> None:
        """Drop an attempt that ended."""
        self._attempts.discard(attempt)
        if self._retired and not self._attempts:
            self.close()

    def retire(self) -> None:
        """Take no more attempts, and end with the last one."""
        self._retired = True
        if not self._attempts:
            self.close()

    def close(self) -> None:
        """Close the socket, which ends the helper and its children."""
        if self._control.fileno() >= 0:
            self._loop.remove_reader(self._control)
            self._control.close()
            # Reaps it; a daemon thread, so that a helper that hangs does not hold up the end of the program.
            self._loop.run_in_executor(None, self._process.wait)

    def _send(self, message: dict[str, Any], files: Sequence[int]) -> None:
        socket.send_fds(self._control, [msgspec.json.encode(message) + b"\n"], files)

    def _receive(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            self.close()
            self._owner.on_lost(self, self._process.poll() or 0)
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._take(msgspec.json.decode(line))

    def _take(self, message: dict[str, Any]) -> None:
        if "loaded" in message:
            self._open_imports -= 1
            self._modules.update(message["loaded"])
        elif "started" in message:
            self._owner.on_started(message["started"], message["pid"])
        elif "refused" in message:
            self._owner.on_refused(message["refused"], message["reason"])
        elif "exited" in message:
            usage = Usage(cpu_seconds=message["usage"]["cpu"], peak_memory=int(message["usage"]["memory"]))
            self._owner.on_exited(message["exited"], message["code"], usage)


def installed_modules(
    imports: Iterable[str], sources: Sequence[str], places: Sequence[Path]
) -> tuple[str, ...]:
    """Return the installed modules that are imported by these names, or by this code.

    Those of ours are among them that code which we write imports: in a step's process, a `fractions.py`
    beside the notebook would stand in the way of what they import in turn.

    Args:
        imports: names of modules.
        sources: code.
        places: the folders that local modules are in; these are looked through.
    """
    named = [name for source in sources for name in imported(source)]
    ours = [name for source in sources for name in _OURS.findall(source)]
    reached = reach((*imports, *named), places)
    return (*reached.others, *parts_imported((*sources, *reached.local.values()), places), *ours)


def _mtime(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - called for every file before every step
    except FileNotFoundError:
        return 0
