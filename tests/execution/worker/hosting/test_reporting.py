"""Rules of the pipe that an attempt reports through: lines are whole, whatever interrupts their writing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_pipes.execution import reports
from jupyter_pipes.execution.worker.held_files import HeldFile
from jupyter_pipes.execution.worker.hosting.reporting import Reporter
from jupyter_pipes.model import events as ev


def test_a_line_is_whole_though_an_interrupt_came_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    reporter = Reporter("r/a/1", HeldFile(writing))
    write, broken = os.write, iter([True])

    def write_some(number: int, data: bytes) -> int:
        return write(number, data[:10])

    def interrupted(*columns: Any) -> Iterator[int]:
        for number, data in zip(*columns[1:], strict=True):
            yield write_some(number, data)
            if next(broken, False):
                raise KeyboardInterrupt

    monkeypatch.setattr("jupyter_pipes.execution.worker.hosting.reporting.map", interrupted, raising=False)
    first, second = ev.NoteAdded("a", 1, "first"), ev.NoteAdded("a", 1, "second")
    with pytest.raises(KeyboardInterrupt):
        reporter.report(first)
    reporter.report(second)
    monkeypatch.undo()
    lines = os.read(reading, 10_000).splitlines()
    assert [reports.decode(line).event for line in lines] == [first, second]
    os.close(reading)
