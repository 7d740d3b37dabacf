"""Bad inputs on the command line: one clear error and exit code 2, and nobody's file is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import jupyter_pipes
from jupyter_pipes.cli.saving import text_of_all
from jupyter_pipes.history.surroundings.repository import checkout
from tests.cli.test_main import PROGRAM, pipes, pipes_json, write_notebook

pytestmark = pytest.mark.slow

SOURCES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "an option with a reference": (("%%step a --timeout ${params.n}s\nx = 1",), "${params.n}"),
    "a default with a reference": (("%%params\nm = '${run.ib}'", "%%step a\nx = m"), "${run.id}"),
    "an out-file above": (("%%step a --out-file ../x.txt\nx = 1",), "--out-file ../x.txt"),
    "an out-file that goes up inside": (("%%step a --out-file d/../../x.txt\nx = 1",), "stay in"),
    "elif": (
        ("%%step a\nif v == 0:\n  x = 0\n" + "".join(f"elif v == {n}:\n  x = 1\n" for n in range(3000)),),
        "cell 1, line 2",
    ),
    "attributes": (("x = 1", "%%step a\ny = 2\nx = y" + ".real" * 20_000), "cell 2, line 3"),
    "minus": (("%%step a\nx = " + "-" * 50_000 + "1",), "cell 1, line 2"),
}
FILES: Mapping[str, tuple[bytes, str]] = {
    "deep.ipynb": (b"[" * 100_000, "nested too deeply"),
    "bytes.ipynb": (b"\xff\xfe", "no valid JSON"),
    "exits.py": (b"raise SystemExit(0)\n", "ends the program by itself"),
    "leaves.py": (b"import os\nos._exit(0)\n", "ends the program by itself"),
}


def _refused(folder: Path, *words: str) -> str:
    error = pipes_json(folder, *words, code=2)["error"]
    assert error["type"] not in ("RecursionError", "MemoryError", "Exception", "OSError")
    return error["message"]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_that_does_not_do_is_named_with_its_place(tmp_path: Path, kind: str) -> None:
    cells, words = SOURCES[kind]
    write_notebook(tmp_path / "n.ipynb", cells)
    assert words in _refused(tmp_path, "plan", "n.ipynb")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plan", "n.ipynb", "-p", "m=${run.name}"), "${run.name} stands for nothing"),
        (("run", "n.ipynb", "-p", "a.m=by ${params.who}"), "${params.who} stands for nothing"),
        (("get", "n.ipynb", "x", "-p", "xs=${load.x}"), "${load.x}: there is no step load"),
        (("get", "n.ipynb", "x", "-p", 'xs=["${load.x}"]'), "write it alone"),
    ],
)
def test_a_value_that_refers_to_nothing_is_refused(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    write_notebook(tmp_path / "n.ipynb", ("%%params\nm: str = 'a'\nxs: list = []", "%%step a\nx = m, xs"))
    assert told in _refused(tmp_path, *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run",), "NOTEBOOK|MODULE is missing"),
        (("run", "-p", "n=1"), "NOTEBOOK|MODULE is missing"),
        (("run", "--sweep", "n=1,2"), "NOTEBOOK|MODULE is missing"),
        (("run", "--of", "last"), "no runs are kept"),
    ],
)
def test_a_run_of_nothing_is_refused(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    assert told in _refused(tmp_path, *words)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_pipeline_is_refused_by_name(tmp_path: Path, name: str) -> None:
    content, words = FILES[name]
    (tmp_path / name).write_bytes(content)
    message = _refused(tmp_path, "plan", name)
    assert words in message
    assert name in message


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("pipe.ipynb", "pipe.py"):
        os.mkfifo(tmp_path / name)
        assert "no file" in _refused(tmp_path, "plan", name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook that ran."""
    folder = tmp_path_factory.mktemp("project")
    write_notebook(folder / "n.ipynb", ("%%step a\nx = 1",))
    pipes(folder, "run", "n.ipynb")
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("export", "n.ipynb", "n.ipynb", "--to", "python"),
        ("export", "n.ipynb", "n.ipynb"),
        ("export", "n.ipynb", "link.ipynb"),
        ("run", "n.ipynb", "--output", "n.ipynb"),
        ("get", "n.ipynb", "x", "--output", "n.ipynb"),
        ("get", "n.ipynb", "x", "--output", "notes.txt"),
        ("export", "n.ipynb", ".", "--to", "python"),
        ("run", "n.ipynb", "--output", "."),
        ("get", "n.ipynb", "x", "--output", "."),
        ("run", "n.ipynb", "--force"),
    ],
)
def test_nobodys_file_is_overwritten(project: Path, words: tuple[str, ...]) -> None:
    (project / "notes.txt").write_text("mine")
    link = project / "link.ipynb"
    link.unlink(missing_ok=True)
    link.symlink_to("n.ipynb")
    before = (project / "n.ipynb").read_bytes()
    runs = len(pipes_json(project, "runs")["runs"])
    assert {"--force", "folder"} & set(_refused(project, *words).replace(";", " ").split())
    assert ((project / "n.ipynb").read_bytes(), (project / "notes.txt").read_text()) == (before, "mine")
    assert (link.is_symlink(), len(pipes_json(project, "runs")["runs"])) == (True, runs)


def test_force_overwrites_what_a_link_leads_to(project: Path) -> None:
    real, link = project / "real.py", project / "alias.py"
    real.write_text("x = 1\n")
    link.symlink_to("real.py")
    pipes(project, "export", "n.ipynb", "alias.py", "--force")
    assert link.is_symlink()
    assert "jupyter_pipes" in real.read_text()
    for _ in range(2):
        # What it wrote itself is nobody else's.
        pipes(project, "export", "n.ipynb", "alias.py")
        pipes(project, "run", "n.ipynb", "--output", "executed.ipynb")


def _shell(folder: Path, line: str) -> Any:
    words = " ".join(f"'{word}'" for word in PROGRAM)
    # As users have it: Python holds back what it writes, and may be left with it at the end.
    line = f'unset PYTHONUNBUFFERED; pipes() {{ {words} "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, check=False, timeout=200)


@pytest.mark.parametrize(
    "ends", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", ">/dev/full 2>/dev/full"]
)
@pytest.mark.parametrize("words", ["", "--json", "--force a"])
def test_a_run_says_by_its_code_that_it_completed_whoever_listens(
    project: Path, ends: str, words: str
) -> None:
    assert _shell(project, f"pipes run n.ipynb {words} {ends}").returncode == 0


@pytest.mark.parametrize("ends", [">&-", ">/dev/full", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize(
    "words",
    [
        "get n.ipynb x",
        "plan n.ipynb --json",
        "get n.ipynb nothing",
        "--help",
        "--version",
        *(f"{verb} --help" for verb in ("run", "show", "logs")),
        "runs --help --json",
    ],
)
def test_an_answer_that_nobody_gets_is_an_error(project: Path, ends: str, words: str) -> None:
    ended = _shell(project, f"pipes {words} {ends}")
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == (0 if "2>" in ends else 1)
    assert b"Traceback" not in ended.stderr


def test_arguments_and_paths_that_are_not_utf8_are_refused_in_words(tmp_path: Path) -> None:
    """No history, JSON document or database can keep such a name."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    folder.mkdir()
    for place in (folder / "n.ipynb", tmp_path / "n.ipynb", tmp_path / os.fsdecode(b"n\xff.ipynb")):
        write_notebook(place, ("%%params\np = 'a'", "%%step a\nx = p"))
    for words in (
        (b"plan", b"n\xff.ipynb", b"--json"),
        (b"plan", b"no\xff.ipynb"),
        (b"plan", b"n.ipynb", b"st\xffep"),
        (b"plan", b"n.ipynb", b"-p", b"p=\xff"),
        (b"runs", b"--directory", b"\xff\xfe"),
        (b"\xff",),
    ):
        _refuses_bytes(tmp_path, *words)
    for words in ((b"plan", b"n.ipynb"), (b"run", b"n.ipynb", b"--json"), (b"runs",)):
        _refuses_bytes(folder, *words)


def _refuses_bytes(folder: Path, *words: bytes) -> None:
    command = [*map(os.fsencode, PROGRAM), *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=200)
    assert (ended.returncode, b"not UTF-8" in ended.stderr) == (2, True), ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_filter_of_the_repository_is_not_run(tmp_path: Path) -> None:
    """A notebook in a folder from elsewhere: its .git/config names programs, and nobody asked for them."""
    folder, mark = tmp_path / "cloned", tmp_path / "ran"
    folder.mkdir()
    write_notebook(folder / "n.ipynb", ("%%step a\nx = 1",))
    (folder / "data.txt").write_text("1\n")
    (folder / ".gitattributes").write_text("*.txt filter=f.g\n*.ipynb filter=h\n")
    script = f"""
        git init -q . && git config user.name n && git config user.email e && git add -A && git commit -qm x
        git config filter.f.g.clean 'touch {mark}; cat' && git config filter.f.g.required true
        git config filter.h.process 'touch {mark}' && git config core.fsmonitor 'touch {mark}'
        git config diff.external 'touch {mark}' && echo 2 > data.txt"""
    subprocess.run(["bash", "-ec", script], cwd=folder, check=True, timeout=100)
    pipes(folder, "run", "n.ipynb")
    assert not mark.exists()
    assert "+2" in checkout(folder).diff
    assert not mark.exists()


def test_values_that_everybody_could_have_written_are_asked_for(tmp_path: Path) -> None:
    write_notebook(tmp_path / "n.ipynb", ("%%params\nn: int = 1", "%%step a\nx = [n]"))
    for value in ("1", "2"):
        pipes(tmp_path, "run", "n.ipynb", "-p", f"n={value}")
    (tmp_path / ".jupyter_pipes").chmod(0o777)
    assert pipes_json(tmp_path, "resume", "last", code=2)["error"]["type"] == "UntrustedStore"
    assert pipes_json(tmp_path, "resume", "last", "--trust", code=2)["error"]["type"] == "UsageError"
    for words in (("get", "n.ipynb", "x"), ("compare",), ("run", "n.ipynb", "--of", "last")):
        error = pipes_json(tmp_path, *words, code=2)["error"]
        assert (error["type"], "--trust" in error["message"]) == ("UntrustedStore", True)
        pipes(tmp_path, *words, "--trust")
    for words in (("plan", "n.ipynb"), ("show", "last"), ("logs", "last", "a"), ("run", "n.ipynb")):
        pipes(tmp_path, *words)


def test_a_terminal_is_not_driven_by_a_value() -> None:
    text = "\x1b[31mred\x1b[0m\t1\n\x1b]0;title\x07\x1b[2Jcleared\r\x9b5A\x7f"
    shown = text_of_all({"x": text}, escaped=True)
    assert shown == "\x1b[31mred\x1b[0m\t1\n\\x1b]0;title\\x07\\x1b[2Jcleared\\r\\x9b5A\\x7f\n"
    assert text_of_all({"x": text}) == f"{text}\n"


def test_relative_folders_of_pythonpath_are_those_of_the_caller(tmp_path: Path) -> None:
    """Also where the package itself is found by one: a step's process is started in another folder."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "ours.py").write_text("z = 5\n")
    (tmp_path / "lib" / "jupyter_pipes").symlink_to(Path(jupyter_pipes.__file__).parent)
    (tmp_path / "deep").mkdir()
    for place in ("n.ipynb", "deep/n.ipynb"):
        write_notebook(tmp_path / place, ("%%step a\nimport ours\nx = ours.z",))
        ended = subprocess.run(
            [*PROGRAM, "run", place],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": "lib"},
            capture_output=True,
            check=False,
            timeout=200,
        )
        assert (ended.returncode, ended.stdout) == (0, b"x = 5\n"), ended.stderr
