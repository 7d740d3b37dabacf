"""Networks that can be cut: namespaces of this machine, each on a cable of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_numbers = count(1)


class Cable:
    """A namespace that sees this machine at one address, by a pair of virtual devices.

    Attributes:
        here: this machine's address at the cable.
        within: the words that run a program in the namespace.
    """

    def __init__(self) -> None:
        number = next(_numbers)
        # Devices have names of at most 15 characters; processes of the tests make some beside each other.
        self._name = f"jp{os.getpid() % 10**6}x{number}"
        base = f"10.{200 + number % 50}.{os.getpid() % 250}"
        self.here, self._there = f"{base}.1", f"{base}.2"
        self.within = ("ip", "netns", "exec", self._name)

    def lay(self) -> None:
        """Make it."""
        near, far = f"{self._name}a", f"{self._name}b"
        _ip("netns", "add", self._name)
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self._name)
        _ip("addr", "add", f"{self.here}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", self._name, "addr", "add", f"{self._there}/30", "dev", far)
        _ip("-n", self._name, "link", "set", far, "up")
        _ip("-n", self._name, "link", "set", "lo", "up")
        _ip("-n", self._name, "route", "add", "default", "via", self.here)

    def cut(self) -> None:
        """Let nothing through: who talks over it hears nothing, not even that it is cut."""
        _ip("-n", self._name, "link", "set", f"{self._name}b", "down")

    def mend(self) -> None:
        """Let everything through again."""
        _ip("-n", self._name, "link", "set", f"{self._name}b", "up")
        _ip("-n", self._name, "route", "replace", "default", "via", self.here)

    def remove(self) -> None:
        """Remove it."""
        subprocess.run(["ip", "netns", "delete", self._name], check=False, capture_output=True)


def can_be_laid() -> bool:
    """Return whether this process may make namespaces: it takes root, and `ip`."""
    try:
        with cable():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def cable() -> Iterator[Cable]:
    """A cable, until the block ends."""
    made = Cable()
    try:
        made.lay()
        yield made
    finally:
        made.remove()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
