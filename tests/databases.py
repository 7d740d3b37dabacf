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


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest if there are several, or None."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (installed and installed[-1])
    return Path(found).parent if found else None


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server and give the URL of an empty database."""
    # It refuses to run as root, as which tests run in a container.
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        place, port = Path(folder) / "data", _free_port()
        _run(
            "initdb",
            "-D",
            str(place),
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            user=user,
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        _run("pg_ctl", "-D", str(place), "-w", "-l", f"{folder}/log", "-o", options, "start", user=user)
        try:
            yield f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", str(place), "-m", "immediate", "stop", user=user)


def _run(program: str, *arguments: str, user: str | None) -> None:
    folder = programs()
    assert folder is not None
    subprocess.run(
        [folder / program, *arguments], user=user, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
