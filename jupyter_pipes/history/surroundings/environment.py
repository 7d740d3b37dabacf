"""What a run ran in, as plain data: Python, machine, distributions, git; and the bytes that keep it."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct, field

from jupyter_pipes.history.surroundings.distributions import installed, without_credentials
from jupyter_pipes.history.surroundings.repository import checkout

_encoder = msgspec.msgpack.Encoder(order="deterministic")


class Environment(Struct, frozen=True):
    """What a run ran in; "" and 0 for what could not be found. No environment variables, no URL's password.

    Attributes:
        python: full version ("3.11.2").
        implementation: "CPython" or another.
        platform: operating system, version and architecture.
        host: the machine's name.
        user: the account's name.
        packages: name -> version of the installed distributions, with " @ URL" behind it for those from a
            version control system, a file or a folder, and " (editable)" where it is so.
        commit: git HEAD of the folder, "" without a repository.
        branch: "" when HEAD is detached.
        diff: what is not committed of tracked files, as a unified diff; its last line says where it was cut.
        untracked: paths that git neither tracks nor ignores; a folder of nothing else is one name with "/".
        cpus: those that the process may use.
        memory: bytes of the machine.
    """

    python: str = ""
    implementation: str = ""
    platform: str = ""
    host: str = ""
    user: str = ""
    packages: dict[str, str] = field(default_factory=dict[str, str])
    commit: str = ""
    branch: str = ""
    diff: str = ""
    untracked: tuple[str, ...] = ()
    cpus: int = 0
    memory: int = 0


_decoder = msgspec.msgpack.Decoder(Environment)


def capture(directory: Path, cache: Path) -> Environment:
    """Return what this process runs in; never raises: what cannot be found is left empty.

    Takes under a millisecond once the distributions are known, and the time of two git processes, run at
    once, where a repository is.

    Args:
        directory: the notebook's folder, for git.
        cache: an existing folder that keeps which distributions are installed.
    """
    state = checkout(directory)
    return Environment(
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        platform=_platform(),
        host=platform.node(),
        user=user(),
        packages=installed(cache),
        commit=state.commit,
        branch=state.branch,
        diff=without_credentials(state.diff),
        untracked=state.untracked,
        cpus=_cpus(),
        memory=_memory(),
    )


def encode(environment: Environment) -> bytes:
    """Return the environment as msgpack; equal environments give equal bytes."""
    return _encoder.encode(environment)


def decode(data: bytes) -> Environment:
    """Return the environment that `encode` wrote.

    Raises:
        msgspec.DecodeError: the bytes are none.
    """
    return _decoder.decode(data)


@cache
def user() -> str:
    """Return the user's name, "" when the account has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run as a number that no account has.
        return ""


def _platform() -> str:
    """Return what `platform.platform()` does, which on Linux starts a program for what is not shown then."""
    if sys.platform != "linux":
        return platform.platform()
    system = os.uname()
    libc = "".join(platform.libc_ver())
    return f"{system.sysname}-{system.release}-{system.machine}-with-{libc}".replace(" ", "_")


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0


@cache
def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0
