"""A PostgreSQL of our own for tests: on loopback, in a temporary folder, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.slow)
"""The value of a parameter for which a server is started."""

MISSING = "PostgreSQL's programs are not installed (on Debian: apt-get install postgresql)"


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest if there are several, or None."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (installed and installed[-1])
    return Path(found).parent if found else None


class Server:
    """A server in a folder of its own.

    Args:
        folder: an empty one.
        is_durable: whether what it says is written outlasts a power cut, as of a server that people use.

    Attributes:
        url: of its first database, which is empty; without a driver's name.
    """

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        self._is_durable = is_durable
        # It refuses to run as root, as which tests run in a container.
        self._user = "postgres" if os.getuid() == 0 else None
        self._folder = folder
        self._port = _free_port()
        self.url = f"postgresql://test@127.0.0.1:{self._port}/postgres"
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        """Start it, and return when it answers."""
        durable = "on" if self._is_durable else "off"
        place = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        options = f"{place} -c fsync={durable}"
        self._run("pg_ctl", "-w", "-l", f"{self._folder}/log", "-o", options, "start")

    @property
    def pid(self) -> int:
        """The process that started all others of it."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        """Stop it as a crash does: who is connected is not asked."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        subprocess.run(
            [folder / program, "-D", self._folder / "data", *arguments],
            user=self._user,
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=240,
        )


@contextmanager
def server(*, is_durable: bool = False) -> Iterator[Server]:
    """Start a server, and stop it in the end."""
    with tempfile.TemporaryDirectory() as folder:
        started = Server(Path(folder), is_durable=is_durable)
        started.start()
        try:
            yield started
        finally:
            started.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server and give the URL of an empty database."""
    with server() as started:
        yield started.url.replace("postgresql:", "postgresql+psycopg:")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
