"""What a run shows in a terminal: text from steps, files and users is text there, and drives nothing."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_main import PROGRAM, pipes, read_terminal, write_notebook

pytestmark = pytest.mark.slow

EVIL = "\x1b]0;evil\x07|\x1b[2J|\x9b5A|a\rb|\u202egnp\u202c|\x1b[31mred\x1b[0m"
"""A title for the window, a cleared screen, a move, an overwritten line, a line turned round; a colour."""

DRIVING = (b"\x1b]", b"\x1b[2J", b"\xc2\x9b", b"a\rb", b"\xe2\x80\xae", b"\x07")
NAME = "evil\x1b]0;evil\x07\u202e.ipynb"
CELLS = (
    f"%%params\nn: int = 1\ntext: str = {EVIL!r}",
    f"""%%step good --tags {EVIL.split("|")[0]}
from jupyter_pipes import current
class Silent:
    def __repr__(self): return {EVIL!r}
x = [Silent(), text, n]
print({EVIL!r})
current.metric({EVIL!r}, 1)
current.artifact("note", {EVIL!r} + str(n))""",
    f"%%step last\ny = {EVIL!r}",
    f"%%step bad\nz = x\nraise ValueError({EVIL!r} + text)",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evil")
    write_notebook(folder / NAME, CELLS)
    for number in (1, 2):
        pipes(folder, "run", NAME, "-p", f"n={number}", code=1)
    return folder


def _in_terminal(folder: Path, *words: str) -> bytes:
    """Return what the program writes to a terminal that is both of its outputs."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "250", "LINES": "60"}
    running = subprocess.Popen(
        [*PROGRAM, *words], cwd=folder, stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    shown = b"".join(iter(lambda: read_terminal(controller), b""))
    os.close(controller)
    running.wait(200)
    return shown


@pytest.mark.parametrize(
    "words",
    [
        ("run", NAME, "-p", "n=3"),
        ("show", "last"),
        ("show", "last", "--json"),
        ("plan", NAME),
        ("plan", NAME, "--json"),
        ("why", NAME, "bad"),
        ("why", NAME, "good", "-p", "n=9"),
        ("runs",),
        ("logs", "last", "good"),
        ("compare",),
        ("get", NAME, "good.x", "y"),
        ("get", NAME, EVIL),
        ("run", NAME, "-p", f"n={EVIL}"),
        ("plan", EVIL),
        (EVIL,),
        ("verify", NAME, EVIL),
    ],
)
def test_foreign_text_drives_no_terminal(project: Path, words: tuple[str, ...]) -> None:
    shown = _in_terminal(project, *words)
    assert shown
    assert [sequence for sequence in DRIVING if sequence in shown] == []


def test_what_would_drive_it_is_shown_as_text_and_colours_stay(project: Path) -> None:
    as_text = rb"\x1b]0;evil\x07|\x1b[2J|\x9b5A|a"
    assert b"ValueError: " + as_text in _in_terminal(project, "show", "last")
    shown = _in_terminal(project, "get", NAME, "y")
    assert as_text + rb"\rb|\u202egnp\u202c|" in shown
    assert b"\x1b[31mred\x1b[0m" in shown
