"""A log is read in pieces, never as a whole, and what is left out is told."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jupyter_pipes.model.away.facts import LogPiece
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.runs.logs import MOST, Log, brought
from jupyter_pipes.storage.artifacts import ArtifactStore
from tests.conftest import MakePipeline


def test_a_short_log_is_shown_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes("é\nb".encode())
    log = Log(path)
    assert (log.text(), log.end(2), log[1:3], len(log), log.is_long) == ("é\nb", "\nb", b"\xa9\n", 4, False)


@pytest.mark.parametrize("path", [None, Path("gone")], ids=["nowhere", "gone"])
def test_a_log_that_is_not_there_is_empty(path: Path | None) -> None:
    log = Log(path)
    assert (log.text(), log.end(9), len(log), log[0:9]) == ("", "", 0, b"")


@pytest.mark.parametrize(
    ("line", "starts"), [(b"a line\n", "a line\n"), (b"x", "x")], ids=["lines", "one line"]
)
def test_a_long_log_shows_its_end_behind_a_word_of_what_is_left_out(
    tmp_path: Path, line: bytes, starts: str
) -> None:
    path = tmp_path / "log"
    path.write_bytes(line * (2 * MOST // len(line)))
    head, _, shown = Log(path).text().partition("\n")
    assert head.startswith("[… the first ")
    assert str(path) in head
    assert shown.startswith(starts)
    assert MOST - 10 <= len(shown) <= MOST


READ = """\
    import io, resource, sys
    from jupyter_pipes import Pipeline
    from jupyter_pipes.cli.main import main
    from jupyter_pipes.display.cards import step_card
    from jupyter_pipes.export.step_outputs import outputs_of
    from jupyter_pipes.kernel.graphs import LOG_TAIL

    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
    run = Pipeline.from_notebook("made.ipynb").run()
    assert run.steps["loud"].status == "cached"
    assert "left out" in run.logs("loud")[:200]
    assert run.logs("loud").endswith("the end\\n")
    assert "the end" in step_card(run.view, "loud", [], run.logs("loud", tail=LOG_TAIL))["text/plain"]
    (shown,) = outputs_of(run, "loud")
    assert shown["text"].startswith("the beginning") and shown["text"].endswith("the end\\n")
    assert "left out" in shown["text"]
    for words in (
        ["run", "made.ipynb", "--output", "out.ipynb"],
        ["logs", "last", "loud"],
        ["logs", "last", "loud", "--json"],
        ["show", "last", "--json"],
    ):
        assert main(words) == 0, words
    """


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of memory that holds")
def test_a_log_of_two_gigabytes_is_read_by_nothing_that_shows_it(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    """A program with room for 1 GiB shows it in every way."""
    run = pipeline_of("%%step loud\nprint('the beginning')\nx = 1").run()
    path = run.log_path("loud")
    assert path is not None
    # Without holes it would take the disk's time.
    os.truncate(path, 2 * 2**30)
    with path.open("ab") as log:
        log.write(b"\nthe end\n")
    program = [sys.executable, "-c", textwrap.dedent(READ)]
    done = subprocess.run(
        program,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "its end is shown" in done.stderr
    assert len(done.stdout) < 20 * MOST


def test_what_the_store_has_of_a_log_is_brought_once_and_what_is_there_stays(tmp_path: Path) -> None:
    store, path = ArtifactStore(tmp_path / "store"), tmp_path / "logs" / "a.1.log"
    pieces = [LogPiece(store.put_bytes(text), len(text)) for text in (b"one\n", b"two\n")]
    assert brought(path, pieces[:1], lambda: store).read_bytes() == b"one\n"
    assert brought(path, pieces, lambda: store).read_bytes() == b"one\ntwo\n"
    path.write_bytes(b"ONE\ntwo\n")
    assert brought(path, pieces, lambda: store).read_bytes() == b"ONE\ntwo\n"


def test_a_log_of_which_the_store_has_nothing_is_left_alone(tmp_path: Path) -> None:
    assert not brought(tmp_path / "gone", [], lambda: ArtifactStore(tmp_path)).exists()


def test_a_log_that_the_store_has_lost_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        brought(tmp_path / "a.log", [LogPiece("0" * 64, 4)], lambda: ArtifactStore(tmp_path / "store"))
