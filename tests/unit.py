"""The unit tests, `.ci/test unit`: all that are not marked slow. One that starts a process anyway fails."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

UNIT = "not slow"
"""What chooses them, as pytest's option -m."""

QUICK_PROGRAMS = {"bash", "git", "ruff", "sh", "true", "uname"}
"""What a unit test may start: milliseconds each."""


class NoProcesses:
    """A plugin that lets a test fail when a process is started in its time, on whichever thread."""

    def __init__(self) -> None:
        self._started: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and Path(arguments[0]).name not in QUICK_PROGRAMS:
            self._started.append(str(arguments[1]))
        elif event == "os.fork":
            self._started.append("a fork")

    def pytest_collection_finish(self) -> None:
        """Forget what files of slow tests started when they were read: they ask what the machine can do."""
        self._started.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        """Run a test, its fixtures being there."""
        yield
        started, self._started = self._started, []
        if started:
            pytest.fail(f"a unit test starts no processes, or is marked slow; this one started {started}")
