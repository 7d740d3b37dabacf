"""Whether a worker can run what is sent to it: its Python and packages against those of the run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

PYTHON, CLOUDPICKLE, OURS = "Python", "cloudpickle", "jupyter_pipes"


@cache
def versions() -> Mapping[str, str]:
    """Return what of this process decides whether values and code can be handed over."""
    major, minor, _ = platform.python_version_tuple()
    return {
        PYTHON: f"{major}.{minor}",
        # Functions pickled by one major version are not read by another.
        CLOUDPICKLE: version(CLOUDPICKLE).partition(".")[0],
        OURS: version(OURS),
    }


def what_differs(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Return in words why a worker gets no job of a run, "" if it may have it."""
    differing = [name for name, own in ours.items() if theirs.get(name) != own]
    return " and ".join(f"has {name} {theirs.get(name, '?')}, the kernel {ours[name]}" for name in differing)
