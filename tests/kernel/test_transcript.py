"""In a terminal that scrolls, everything of a run is written once, in the order in which it came."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from jupyter_pipes.kernel.transcript import Transcript
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow

TALKER = """%%step talker
import pathlib, time
print('first')
while not pathlib.Path('go').exists():
    time.sleep(0.01)
print('\\rhalf', end='')
print('\\rdone')
x = 1
x + 1"""


class Screen(io.StringIO):
    """What was written, and a way to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def write(self, text: str) -> int:
        with self.changed:
            self.changed.notify_all()
            return super().write(text)


def test_all_is_written_once_as_it_comes(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    screen = Screen()
    run = pipeline_of(
        TALKER, "%%step silent\ny = x", "%%step wrong\nprint('oh', end='')\n1 / y - 1 / 0"
    ).start()
    transcript = Transcript(run, screen)
    transcript.follow()
    with screen.changed:
        assert screen.changed.wait_for(lambda: "talker | first\n" in screen.getvalue(), 30)
    (tmp_path / "go").touch()
    run.wait(60)
    for _ in range(2):
        transcript.catch_up()
    lines = [line.partition("  ")[0].rstrip() for line in screen.getvalue().splitlines() if line[0] != " "]
    assert lines == [
        "talker | first",
        "talker | done",
        "talker, completed",
        "2",
        "silent, completed",
        "wrong | oh",
        "wrong, failed",
        "ZeroDivisionError: division by zero (line 3)",
    ]


def test_a_cached_step_does_not_print_again(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of("%%step a\nprint('hello')\nx = 1\nx")
    pipeline.run()
    screen = io.StringIO()
    transcript = Transcript(pipeline.run(), screen)
    transcript.catch_up()
    assert screen.getvalue().startswith("a, cached")
    assert "hello" not in screen.getvalue()
    # Behind the end the stream is left alone: by then it may be another's, or closed.
    screen.close()
    transcript.catch_up()
