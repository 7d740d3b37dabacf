"""Networks that can be cut: namespaces of this machine, each on a cable to one in their middle.

The network of the machine itself stays as it is: Chromium gives its requests up when that changes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_numbers = count(1)


class Cable:
    """A namespace that sees the middle at one address, by a pair of virtual devices.

    Args:
        middle: the namespace at the other end.

    Attributes:
        middle_address: the address of the middle at the cable.
        within: the words that run a program in the namespace.
    """

    def __init__(self, middle: str) -> None:
        self._middle, self._name, number = middle, *_new_name()
        base = f"10.{200 + number % 50}.{os.getpid() % 250}"
        self.middle_address, self._address = f"{base}.1", f"{base}.2"
        self.within = _within(self._name)

    def lay(self) -> None:
        """Make it."""
        near, far = f"{self._name}a", f"{self._name}b"
        _ip("netns", "add", self._name)
        _ip("-n", self._middle, "link", "add", near, "type", "veth", "peer", "name", far, "netns", self._name)
        _ip("-n", self._middle, "addr", "add", f"{self.middle_address}/30", "dev", near)
        _ip("-n", self._middle, "link", "set", near, "up")
        _ip("-n", self._name, "addr", "add", f"{self._address}/30", "dev", far)
        _ip("-n", self._name, "link", "set", far, "up")
        _ip("-n", self._name, "link", "set", "lo", "up")
        _ip("-n", self._name, "route", "add", "default", "via", self.middle_address)

    def cut(self) -> None:
        """Let nothing through: who talks over it hears nothing, not even that it is cut."""
        _ip("-n", self._name, "link", "set", f"{self._name}b", "down")

    def mend(self) -> None:
        """Let everything through again."""
        _ip("-n", self._name, "link", "set", f"{self._name}b", "up")
        _ip("-n", self._name, "route", "replace", "default", "via", self.middle_address)

    def remove(self) -> None:
        """Remove it."""
        _remove(self._name)


class Middle:
    """The namespace that cables lead to.

    Attributes:
        within: the words that run a program in it.
    """

    def __init__(self) -> None:
        self._name, _ = _new_name()
        self.within = _within(self._name)

    def lay(self) -> None:
        """Make it."""
        _ip("netns", "add", self._name)
        _ip("-n", self._name, "link", "set", "lo", "up")

    @contextmanager
    def cable(self) -> Iterator[Cable]:
        """A cable, until the block ends."""
        made = Cable(self._name)
        try:
            made.lay()
            yield made
        finally:
            made.remove()

    def remove(self) -> None:
        """Remove it."""
        _remove(self._name)


def can_be_laid() -> bool:
    """Return whether this process may make namespaces: it takes root, and `ip`."""
    try:
        with network() as middle, middle.cable():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def network() -> Iterator[Middle]:
    """A network without cables yet, until the block ends."""
    made = Middle()
    try:
        made.lay()
        yield made
    finally:
        made.remove()


def _new_name() -> tuple[str, int]:
    number = next(_numbers)
    # Devices have names of at most 15 characters; processes of the tests make some beside each other.
    return f"jp{os.getpid() % 10**6}x{number}", number


def _within(name: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", name)


def _remove(name: str) -> None:
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
