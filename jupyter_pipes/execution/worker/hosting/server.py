"""The helper process: without threads, imports what the steps import, then forks one child per attempt.

It speaks with the local executor over a Unix socket, in lines of JSON; open files come with `SCM_RIGHTS`.
Source of the idea: CPython's multiprocessing.forkserver; this one costs less per child, since the job and the
pipes arrive ready-made.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import resource
import select
import selectors
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.hosting.child import run_child
from jupyter_pipes.execution.worker.hosting.rehearsal import Rehearsal
from jupyter_pipes.execution.worker.observation import native
from jupyter_pipes.execution.worker.shell import make_shell


class _Spare(NamedTuple):
    """A child that was forked ahead and waits on its end of the socket for an attempt's files.

    Attributes:
        watched: where it is told which files are opened (see `worker/observation/native.py`).
    """

    pid: int
    socket: socket.socket
    watched: int


class Server:
    """Serves one local executor until its end of the socket closes or its process dies."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._always_fresh = sys.platform == "darwin" or "JUPYTER_PIPES_FRESH" in os.environ
        self._shell: Any = make_shell()
        self._rehearsal = Rehearsal(self._shell)
        self._cpus = processes.usable_cpus()
        self._children: dict[int, str] = {}
        self._watched: dict[int, int] = {}
        self._free: list[int] = []
        self._spare: _Spare | None = None
        self._ended: list[dict[str, Any]] = []
        self._received = b""
        self._files: list[int] = []

    def serve(self) -> None:
        """Start children as asked and tell of their ends; when the executor is gone, end them all."""
        # Children have it so from their first moment: an interrupt waits until `run_child` has a log for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._rehearsal.load()
        processes.adopt_orphans()
        wakeup = _wake_on_signals()
        # The socket alone is not enough: a process that the kernel forked holds the other end as well.
        processes.end_with_parent(signal.SIGTERM)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            # A job may have come already: the first one waits for nothing that it may not need.
            is_served = self._step(selector, wakeup, 0)
            self._rehearsal.load_the_rest()
            _share_what_is_loaded()
            while is_served:
                # Between two messages: the next attempt finds its process forked already.
                # If that fails, the next attempt tries again, and is told.
                with contextlib.suppress(OSError):
                    self._keep_spare()
                is_served = self._step(selector, wakeup)
        signal.set_wakeup_fd(-1)
        self._end_children()

    def _step(
        self, selector: selectors.BaseSelector, wakeup: socket.socket, patience: float | None = None
    ) -> bool:
        """Do what is due, which is waited for; return whether there is still somebody to serve."""
        for key, _ in selector.select(patience):
            if key.fileobj is not wakeup:
                if not self._receive():
                    return False
            elif signal.SIGTERM in wakeup.recv(4096):
                return False
            else:
                self._reap()
        return True

    def _receive(self) -> bool:
        try:
            data, files, _, _ = socket.recv_fds(self._control, 65536, 16)
        except ConnectionResetError:
            return False
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
            self._start(message["start"], self._files[:3])

    def _preload(self, modules: list[str]) -> None:
        self._drop_spare()
        nothing = io.StringIO()
        # Some look for a notebook's shell once, when they are imported.
        with (
            contextlib.redirect_stdout(nothing),
            contextlib.redirect_stderr(nothing),
            self._shell.builtin_trap,
        ):
            for name in modules:
                _try_import(name)
            if "numpy" in sys.modules:
                # NumPy loads it when it is first used, which nearly every library does.
                _try_import("numpy.random")
        _share_what_is_loaded()
        self._send({"loaded": _local_modules()})

    def _start(self, attempt: str, files: list[int]) -> None:
        try:
            pid = self._hand_over(files)
        except OSError as error:
            self._send({"refused": attempt, "reason": str(error)})
        else:
            self._children[pid] = attempt
            self._send({"started": attempt, "pid": pid})
        # Up to here a child that is forked closes them: it gets its own.
        del self._files[:3]
        for file in files:
            os.close(file)

    def _hand_over(self, files: list[int]) -> int:
        """Give the files of an attempt to the spare child, or to a new one, and return its process id."""
        while True:
            spare, self._spare = self._keep_spare(), None
            # Somebody may have killed it while it waited.
            with spare.socket, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._watched[spare.pid] = spare.watched
                socket.send_fds(spare.socket, [b"."], files)
                return spare.pid

    def _keep_spare(self) -> _Spare:
        if self._spare is not None:
            return self._spare
        # A thread may hold a lock that a forked child would wait for forever.
        fresh = self._always_fresh or threading.active_count() > 1
        ours, theirs = socket.socketpair()
        watched = self._free.pop() if self._free else native.new_group()
        with theirs:
            pid = os.fork()
            if pid == 0:
                ours.close()
                native.inherited = watched
                self._become_child(theirs, fresh=fresh, rehearses=not fresh and self._has_room)
        with contextlib.suppress(OSError):
            # The child does the same; whoever comes first, the group exists before anybody signals it.
            os.setpgid(pid, pid)
        self._spare = _Spare(pid, ours, watched)
        return self._spare

    @property
    def _has_room(self) -> bool:
        """Whether steps leave a CPU free: else a rehearsal would take more from them than it spares them."""
        return len(self._children) < self._cpus

    def _drop_spare(self) -> None:
        """End the spare child: it knows nothing of what this process learns from now on."""
        if self._spare is not None:
            processes.kill(self._spare.pid)
            self._spare.socket.close()
            self._watched[self._spare.pid] = self._spare.watched
            self._spare = None

    def _become_child(self, waiting: socket.socket, *, fresh: bool, rehearses: bool) -> NoReturn:
        status = 1
        try:
            self._leave_helper()
            if rehearses and not _has_come(waiting):
                self._rehearsal.copy_pages()
            job, events, log = _receive_files(waiting)
            if fresh:
                _execute_fresh([job, events, log])
            status = run_child(job, events, log, self._shell)
        except BaseException:  # whatever it is, the attempt's log must tell it
            traceback.print_exc()
        finally:
            # No exit handlers, no waiting for a step's threads: the attempt has reported already.
            os._exit(status)

    def _leave_helper(self) -> None:
        os.setpgid(0, 0)
        processes.end_with_parent(signal.SIGKILL)
        # What loses its parent meanwhile stays below this process: the helper inherits from ended ones only.
        processes.adopt_orphans()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._control.close()
        for file in self._files:
            os.close(file)

    def _reap(self) -> None:
        while (ended := _next_ended()) is not None:
            pid, status, usage = ended
            if self._spare is not None and pid == self._spare.pid:
                self._drop_spare()
            if pid in self._watched:
                self._free.append(self._watched.pop(pid))
            attempt = self._children.pop(pid, None)
            if attempt is not None:
                processes.kill_group(pid)
                code = os.waitstatus_to_exitcode(status)
                self._ended.append({"exited": attempt, "code": code, "usage": _usage(usage)})
        # What this process inherited from ended attempts goes with them, and only then have they ended;
        # each of those ends brings us here again.
        spare = {self._spare.pid} if self._spare else set[int]()
        orphans = processes.children() - self._children.keys() - spare
        for pid in orphans:
            processes.kill(pid)
        if not orphans:
            for message in self._ended:
                self._send(message)
            self._ended.clear()

    def _end_children(self) -> None:
        for pid in self._children:
            processes.kill_group(pid)
        while left := processes.children():
            for pid in left:
                processes.kill(pid)
            os.wait()

    def _send(self, message: dict[str, Any]) -> None:
        # When the executor is gone, its end of the socket says so as well.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(msgspec.json.encode(message) + b"\n")


def _share_what_is_loaded() -> None:
    """Keep what is loaded shared with the children: the collector must not touch it."""
    gc.collect()
    gc.freeze()


def _has_come(waiting: socket.socket) -> bool:
    """Return whether an attempt is waiting for this process already."""
    look = select.poll()
    look.register(waiting, select.POLLIN)
    return bool(look.poll(0))


def _receive_files(waiting: socket.socket) -> list[int]:
    """Wait for an attempt's files; end this process when the helper is gone or has no use for it."""
    with waiting:
        _, files, _, _ = socket.recv_fds(waiting, 1, 3)
    if len(files) != 3:
        os._exit(0)
    return files


def _execute_fresh(files: list[int]) -> NoReturn:
    for file in files:
        os.set_inheritable(file, True)
    # As this process was started, but for what it was to do.
    program = sys.orig_argv[: -len(sys.argv[1:])]
    os.execv(sys.executable, [*program, "attempt", *map(str, files)])


def _try_import(name: str) -> None:
    # Whatever it raises, the step that imports it tells it with its line.
    module, _, part = name.partition(":")
    with contextlib.suppress(Exception, SystemExit):
        importlib.import_module(module)
        if part and not hasattr(sys.modules[module], part):
            # As `from module import part` does.
            importlib.import_module(f"{module}.{part}")


def _local_modules() -> dict[str, int]:
    """Return the files of imported modules that are not installed ones, with their mtime in ns."""
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).parent.parent))
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    local = [path for path in paths if path and not path.startswith(installed)]
    return {path: Path(path).stat().st_mtime_ns for path in local if Path(path).exists()}


def _wake_on_signals() -> socket.socket:
    """Return a socket on which the number of each signal that matters here arrives."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _do_nothing)
    return reader


def _do_nothing(_number: int, _frame: object) -> None:
    """Only a signal with a handler writes to the wakeup socket."""


def _next_ended() -> tuple[int, int, resource.struct_rusage] | None:
    try:
        ended = os.wait4(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return ended if ended[0] else None


def _usage(usage: resource.struct_rusage) -> dict[str, float]:
    unit = 1 if sys.platform == "darwin" else 1024
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * unit}
