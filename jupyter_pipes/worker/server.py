"""The helper process: without threads, imports what the steps import, then forks one child per attempt.

It speaks with the local executor over a Unix socket, in lines of JSON; open files come with `SCM_RIGHTS`.
Source of the idea: CPython's multiprocessing.forkserver; this one costs less per child, since the job and the
pipes arrive ready-made.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes import events as ev
from jupyter_pipes.model import Job
from jupyter_pipes.worker.job import run_job
from jupyter_pipes.worker.shell import make_shell

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Server:
    """Serves one local executor until its end of the socket closes."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._always_fresh = sys.platform == "darwin" or "JUPYTER_PIPES_FRESH" in os.environ
        self._shell: Any = make_shell()
        self._children: dict[int, str] = {}
        self._received = b""
        self._files: list[int] = []

    def serve(self) -> None:
        """Start children as asked and tell of their ends; when the executor is gone, end them all."""
        _call_prctl(_PR_SET_CHILD_SUBREAPER, 1)
        wakeup = _wake_on_child_exit()
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            self._send({"ready": os.getpid()})
            while self._step(selector, wakeup):
                pass
        self._end_children()

    def _step(self, selector: selectors.BaseSelector, wakeup: socket.socket) -> bool:
        for key, _ in selector.select():
            if key.fileobj is wakeup:
                wakeup.recv(4096)
                self._reap()
            elif not self._receive():
                return False
        return True

    def _receive(self) -> bool:
        data, files, _, _ = socket.recv_fds(self._control, 65536, 16)
        self._files.extend(files)
        self._received += data
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            self._take(msgspec.json.decode(line))
        return bool(data)

    def _take(self, message: dict[str, Any]) -> None:
        if "preload" in message:
            self._preload(message["preload"])
        elif "start" in message:
            files, self._files = self._files[:3], self._files[3:]
            self._start(message["start"], files)

    def _preload(self, modules: list[str]) -> None:
        with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
            for name in modules:
                _try_import(name)
        gc.collect()
        # What was imported stays shared with the children: the collector must not touch it.
        gc.freeze()
        self._send({"loaded": _local_modules()})

    def _start(self, attempt: str, files: list[int]) -> None:
        # A thread may hold a lock that a forked child would wait for forever.
        fresh = self._always_fresh or threading.active_count() > 1
        pid = os.fork()
        if pid == 0:
            self._become_child(*files, fresh=fresh)
        with contextlib.suppress(OSError):
            # The child does the same; whoever comes first, the group exists before anybody signals it.
            os.setpgid(pid, pid)
        for file in files:
            os.close(file)
        self._children[pid] = attempt
        self._send({"started": attempt, "pid": pid})

    def _become_child(self, job_file: int, event_file: int, log_file: int, *, fresh: bool) -> None:
        status = 1
        try:
            os.setpgid(0, 0)
            _end_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            if fresh:
                _execute_fresh(job_file, event_file, log_file)
            run_child(job_file, event_file, log_file, self._shell)
            status = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the attempt's log must tell it
            traceback.print_exc()
        finally:
            # No exit handlers, no waiting for a step's threads: the attempt has reported already.
            os._exit(status)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            attempt = self._children.pop(pid, None)
            if attempt is not None:
                _kill_group(pid)
                _kill_orphans(attempt)
                self._send({"exited": attempt, "code": os.waitstatus_to_exitcode(status), "usage": _usage(usage)})

    def _end_children(self) -> None:
        for pid, attempt in self._children.items():
            _kill_group(pid)
            _kill_orphans(attempt)

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._control.sendall(msgspec.json.encode(message) + b"\n")


def run_child(job_file: int, event_file: int, log_file: int, shell: Any) -> None:
    """Run the job that stands in `job_file` in this process, which then has nothing else to do."""
    with os.fdopen(job_file, "rb") as stream:
        stream.seek(0)
        job = msgspec.json.decode(stream.read(), type=Job)
    # Kept apart from 1 and 2, which the step may close.
    log = os.dup(log_file)
    _redirect(log_file)
    os.environ.clear()
    os.environ.update(job.environment)
    os.environ["JUPYTER_PIPES_ATTEMPT"] = job.attempt_id
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if job.memory is not None:
        _limit_memory(job.memory)
    run_job(job, shell, _reporter(event_file), lambda: os.fstat(log).st_size)


def _reporter(event_file: int) -> Callable[[ev.AnyEvent], None]:
    lock = threading.Lock()
    owner = os.getpid()

    def report(event: ev.AnyEvent) -> None:
        line = ev.encode(event) + b"\n"
        if os.getpid() != owner and len(line) > 4096:
            return
        with lock:
            while line:
                line = line[os.write(event_file, line) :]

    return report


def _redirect(log_file: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    for file in (nothing, log_file):
        os.close(file)
    sys.stdin = os.fdopen(0, "r")
    sys.stdout = _text_stream(1)
    sys.stderr = _text_stream(2)


def _text_stream(file: int) -> Any:
    # Line by line, so that the log is live; what is no text is shown escaped instead of failing the step.
    return os.fdopen(file, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _limit_memory(limit: int) -> None:
    """Let allocations beyond `limit` bytes over what is in use now fail with MemoryError."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    used = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (used + limit, used + limit))


def _execute_fresh(job_file: int, event_file: int, log_file: int) -> None:
    files = [job_file, event_file, log_file]
    for file in files:
        os.set_inheritable(file, True)
    program = [sys.executable, "-m", "jupyter_pipes.worker", "attempt", *map(str, files)]
    os.execv(sys.executable, program)


def _try_import(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001, S110 - whatever it raises, the step that imports it tells it with its line
        pass


def _local_modules() -> dict[str, int]:
    """Return the files of imported modules that are not installed ones, with their mtime in ns."""
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).parent.parent))
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    local = [path for path in paths if path and not path.startswith(installed)]
    return {path: Path(path).stat().st_mtime_ns for path in local if Path(path).exists()}


def _wake_on_child_exit() -> socket.socket:
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _keep_open.append(writer)
    return reader


_keep_open: list[socket.socket] = []


def _usage(usage: resource.struct_rusage) -> dict[str, float]:
    unit = 1 if sys.platform == "darwin" else 1024
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * unit}


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _kill_orphans(attempt: str) -> None:
    """End what a step started in a session of its own: as subreaper, this process has inherited it."""
    marker = f"JUPYTER_PIPES_ATTEMPT={attempt}".encode()
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        return
    for pid in map(int, children.read_text().split()):
        with contextlib.suppress(OSError):
            if marker in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)


def _end_with_parent() -> None:
    _call_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _call_prctl(option: int, value: int) -> None:
    if _prctl is not None:
        _prctl(option, value, 0, 0, 0)


_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None
