"""A Dask scheduler with workers as separate processes, as users start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import psutil

PATIENCE = 60
"""Seconds after which a cluster that does not come up is given up."""


_QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}
"""Has them look less often at themselves: a scheduler and a worker with nothing to do took 5 % of a core."""


_HIDE = """
for each in "$0" "$1"; do mount -t tmpfs none "$each" || exit 1; done
mkdir "$2" && cd "$2" && shift 2 && exec "$@"
"""
"""Mounts empty folders over two, in a mount namespace of its own; makes one, and runs the program there."""


class Cluster:
    """A scheduler and its workers.

    Args:
        folder: where they keep their files and logs.
        hidden: a folder of this machine that workers cannot see, as if each were on another one: nor does one
            see files of another.
        host: where the scheduler listens.
        settings: what stands in the environment of all of them besides.
        within: words of a program that runs the scheduler somewhere else, as `ip netns exec NAME`.
    """

    def __init__(
        self,
        folder: Path,
        hidden: Path | None = None,
        host: str = "127.0.0.1",
        settings: Mapping[str, str] = MappingProxyType({}),
        within: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._hidden = hidden
        self._host = host
        self._within = within
        self._environment = {**_QUIET, **os.environ, **settings}
        self._description = folder / "scheduler.json"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.scheduler = self._start_scheduler("0")
        self.address = self._address()

    def add_worker(
        self, name: str, *options: str, threads: int = 1, within: Sequence[str] = (), **settings: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker in a folder of its own.

        Args:
            name, options, threads: what it is called and started with.
            within: words of a program that runs it somewhere else.
            settings: what stands in its environment besides.
        """
        place = self.folder / name
        place.mkdir(exist_ok=True)
        arguments = ("--nthreads", str(threads), "--name", name, "--local-directory", str(place), *options)
        process = self._start("worker", self.address, *arguments, log=name, within=within, settings=settings)
        self.workers[name] = process
        return process

    def kill(self, name: str, *, with_nanny: bool = True) -> None:
        """Kill a worker with all that it started, as if its machine were gone.

        Args:
            name: the worker.
            with_nanny: or only the process that its nanny started, and will start anew.
        """
        nanny = psutil.Process(self.workers[name].pid)
        for each in [*nanny.children(recursive=True), *[nanny] * with_nanny]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        if with_nanny:
            self.workers.pop(name).wait(PATIENCE)

    def folders(self) -> list[Path]:
        """Return the folder as each worker has it: those that it is hidden from have their own."""
        roots = [Path(f"/proc/{process.pid}/root") for process in self.workers.values()]
        return [root / self.folder.relative_to("/") for root in roots] if self._hidden else [self.folder]

    def restart(self) -> None:
        """Kill the scheduler, and start another one at its address, with workers of the same names."""
        names = [*self.workers]
        self.scheduler.kill()
        # Told to end, a worker may wait for the scheduler that is gone as long as Dask has patience with it.
        for name in names:
            self.kill(name)
        self.scheduler.wait(PATIENCE)
        self._description.unlink()
        self.scheduler = self._start_scheduler(self.address.rpartition(":")[2])
        assert self._address() == self.address
        for name in names:
            self.add_worker(name)

    def _start_scheduler(self, port: str) -> subprocess.Popen[bytes]:
        place = ("--host", self._host, "--port", port, "--scheduler-file", str(self._description))
        return self._start("scheduler", *place, within=self._within)

    def close(self) -> None:
        """End all of them."""
        for process in (*self.workers.values(), self.scheduler):
            process.terminate()
        for process in (*self.workers.values(), self.scheduler):
            process.wait(PATIENCE)

    def _start(
        self,
        what: str,
        *arguments: str,
        log: str = "",
        within: Sequence[str] = (),
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        program = [*within, sys.executable, "-m", "dask", what, "--no-dashboard", *arguments]
        if what == "worker" and self._hidden is not None:
            away = (str(self._hidden), str(self.folder), str(self.folder / log))
            program = ["unshare", "--mount", "sh", "-c", _HIDE, *away, *program]
        with (self.folder / f"{log or what}.log").open("wb") as written:
            return subprocess.Popen(
                program,
                stdout=written,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**self._environment, **settings},
            )

    def _address(self) -> str:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            if self._description.exists() and (text := self._description.read_text()):
                return json.loads(text)["address"]
            if self.scheduler.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError((self.folder / "scheduler.log").read_text())


@contextmanager
def running_cluster(
    folder: Path,
    hidden: Path | None = None,
    workers: int = 2,
    host: str = "127.0.0.1",
    settings: Mapping[str, str] = MappingProxyType({}),
    within: Sequence[str] = (),
) -> Iterator[Cluster]:
    """A scheduler with workers `w1`, `w2`, … of one thread each."""
    cluster = Cluster(folder, hidden, host, settings, within)
    try:
        for number in range(workers):
            cluster.add_worker(f"w{number + 1}")
        yield cluster
    finally:
        cluster.close()
