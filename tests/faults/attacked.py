"""What is attacked: a verb in a process of its own, here or as on another machine, or in a kernel."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.faults.study import CELLS


def _here(name: str) -> Path:
    return Path(__file__).with_name(name)


MARK = "JUPYTER_PIPES_TESTED_FAULT"
"""The environment variable that all processes of a round have."""

CLOCK = "JUPYTER_PIPES_TESTED_CLOCK"
"""The environment variable that names a file with the seconds by which the clock is wrong."""

_RENAME = ["sh", "-c", 'hostname pod-1 && exec "$@"', "sh"]
_RESTART = 'hostname pod-2 && mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
_PREFIXES = {
    "renamed host": ["unshare", "--uts", *_RENAME],
    "other container": ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", *_RENAME],
    "other start": ["unshare", "--uts", "--mount", "sh", "-c", _RESTART, str(_here("another_boot_id"))],
}
ELSEWHERE = ("other container", "other start")
"""Places whose processes cannot be told from here to be gone: by their lease alone."""

LONGEST = 180.0
"""Seconds after which a process that should have ended counts as hanging."""


def can_be_elsewhere() -> bool:
    """Return whether this machine lets its user have other names of hosts, and containers."""
    if sys.platform != "linux":
        return False
    tries = [[*prefix, "true"] for prefix in _PREFIXES.values()]
    return not any(subprocess.run(each, capture_output=True, check=False).returncode for each in tries)


def environment(mark: str, place: str, clock: Path) -> dict[str, str]:
    """Return the environment of a round's processes."""
    own = {MARK: mark, "PYTHONUNBUFFERED": "1"}
    if place.startswith("clock"):
        clock.write_text("0")
        own |= {
            CLOCK: str(clock),
            "PYTHONPATH": f"{_here('stepped_clock')}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }
    return os.environ | own


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes that belong to a round, this one left out."""
    entry = f"{MARK}={mark}".encode()
    processes: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if entry in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                processes.append(process)
    return [process for process in processes if process.pid != os.getpid()]


class Program:
    """A verb of the command line."""

    def __init__(self, folder: Path, words: Sequence[str], place: str, env: Mapping[str, str], out: Path):
        command = [*_PREFIXES.get(place, ()), sys.executable, "-m", "jupyter_pipes", *words]
        self.out = out
        self._is_contained = place == "other container"
        with out.open("wb") as file:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def controller(self) -> psutil.Process | None:
        """The process that carries the verb out; None if there is none (any more, or yet)."""
        with contextlib.suppress(psutil.NoSuchProcess):
            outer = psutil.Process(self._process.pid)
            return next(iter(outer.children()), None) if self._is_contained else outer
        return None

    def has_ended(self) -> bool:
        """Return whether the verb is over."""
        return self._process.poll() is not None

    def finish(self) -> int:
        """Wait for the end, and return the exit code."""
        return self._process.wait(LONGEST)

    def close(self) -> None:
        """End it, if it has not ended."""
        self._process.kill()
        self._process.wait()


class Kernel:
    """A magic in a kernel, whose cells were run before."""

    def __init__(self, folder: Path, line: str, place: str, env: Mapping[str, str], out: Path):
        from jupyter_client.manager import KernelManager

        self.out = out
        self._kernel = KernelManager()
        spec: Any = self._kernel.kernel_spec
        spec.argv = [*_PREFIXES.get(place, ()), *spec.argv]
        known = {**env, "JPY_SESSION_NAME": str(folder / "study.ipynb")}
        with out.open("wb") as file:
            self._kernel.start_kernel(cwd=str(folder), env=known, stdout=file, stderr=file)
        self._client = self._kernel.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=LONGEST)
        for cell in ("%load_ext jupyter_pipes", *CELLS):
            answer = self._client.execute_interactive(cell, timeout=LONGEST, output_hook=lambda _: None)
            assert answer["content"]["status"] == "ok", answer
        self._request = self._client.execute(line)
        self._answer: Mapping[str, Any] | None = None

    @property
    def controller(self) -> psutil.Process | None:
        """The kernel's process; None if it has ended."""
        process = getattr(self._kernel.provisioner, "process", None)
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(process.pid) if process is not None else None
        return None

    def has_ended(self) -> bool:
        """Return whether the magic has answered, or the kernel is gone."""
        from queue import Empty

        with contextlib.suppress(Empty):
            message = self._client.get_shell_msg(timeout=0.01)
            if message["parent_header"].get("msg_id") == self._request:
                self._answer = message["content"]
        return self._answer is not None or not self._kernel.is_alive()

    def finish(self) -> int:
        """Wait for the answer; return 0 if it is a good one, 1 for an error, -1 if the kernel died."""
        deadline = time.monotonic() + LONGEST
        while not self.has_ended():
            if time.monotonic() > deadline:
                raise TimeoutError("the kernel did not answer")
        if self._answer is None:
            return -1
        if self._answer["status"] == "ok":
            return 0
        with self.out.open("a") as file:
            file.write(str(self._answer))
        return 1

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._kernel.shutdown_kernel(now=True)


Attacked = Program | Kernel


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Return all processes below one, nearest first."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _send(number: int, processes: Sequence[psutil.Process]) -> bool:
    """Send a signal; return whether one got it."""
    reached = False
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
            reached = True
    return reached


def _below(controller: psutil.Process, depth: int) -> list[psutil.Process]:
    """Return the first process that is so far below."""
    processes = [controller]
    for _ in range(depth):
        processes = [child for process in processes for child in _children(process)]
    return processes[:1]


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children()
    return []


def _kill_group(controller: psutil.Process) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(os.getpgid(controller.pid), signal.SIGKILL)
        return True
    return False


_KEEPER, _HELPER, _STEP = 1, 2, 3
"""How far below the controller they are."""

SIGNALS: Mapping[str, Callable[[psutil.Process], bool]] = {
    "kill controller": lambda it: _send(signal.SIGKILL, [it]),
    "kill helper": lambda it: _send(signal.SIGKILL, _below(it, _HELPER)),
    "kill step": lambda it: _send(signal.SIGKILL, _below(it, _STEP)),
    "kill group": _kill_group,
    "kill all": lambda it: _send(signal.SIGKILL, [it, *descendants(it)]),
    "terminate": lambda it: _send(signal.SIGTERM, [it]),
    "interrupt": lambda it: _send(signal.SIGINT, [it]),
}
"""Faults that are signals: what sends them, and tells whether somebody was there to get one."""


def stopped(controller: psutil.Process, seconds: float) -> bool:
    """Stop a process and all below it for some seconds; return whether it was there."""
    processes = [controller, *descendants(controller)]
    reached = _send(signal.SIGSTOP, processes)
    time.sleep(seconds)
    _send(signal.SIGCONT, processes)
    return reached
