"""The program `jupyter pipes`, run as such on real notebooks: exit codes, JSON, streams, files, signals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes.cli import main as main_module
from jupyter_pipes.cli import parsers
from jupyter_pipes.cli.main import main
from jupyter_pipes.cli.parsers import VerbParser
from jupyter_pipes.model.errors import UsageError

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "jupyter_pipes"]

SMALL = (
    "%load_ext jupyter_pipes",
    "%%params\nrows: int = 3  # rows to load, 100%\nquiet: bool = False",
    "%%step load\nxs = list(range(rows))\nprint('loaded', rows)",
    "%%step total --stage sums --tags a,b\nfrom jupyter_pipes import current\nimport math\n"
    "total, gap = sum(xs), math.nan\ncurrent.metric('auc', 0.5)\ncurrent.metric('auc', gap)\ntotal",
    "%pipeline run",
)
BROKEN = ("%%step good\nx = 1", "%%step bad\nprint('before')\ny = x / 0", "%%step rest\nz = y")
INVALID = ("%%step a\nx = missing", "%%step b\ny = z", "%%step c\nz = 1")
SLOW = ("%%step slow\nimport time\nwhile True:\n    time.sleep(0.05)", "%%step behind --after slow\nz = 1")


def write_notebook(path: Path, cells: tuple[str, ...]) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, path)
    return path


def pipes(folder: Path, *words: str, code: int = 0, program: list[str] = PROGRAM) -> Any:
    """Run the program in a folder; return its ended process, whose exit code is as expected."""
    ended = subprocess.run(
        [*program, *words], cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=200
    )
    assert ended.returncode == code, ended.stderr
    return ended


def pipes_json(folder: Path, *words: str, code: int = 0, program: list[str] = PROGRAM) -> Any:
    """Run the program with `--json`; return the one document that is all of its standard output."""
    return json.loads(pipes(folder, *words, "--json", code=code, program=program).stdout)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Carry out a command in this process that ends with exit code 2; return its error and standard error."""

    def carry_out(folder: Path, *words: str) -> tuple[Any, str]:
        monkeypatch.chdir(folder)
        assert main([*words, "--json"]) == 2
        told = capfd.readouterr()
        return json.loads(told.out)["error"], told.err

    return carry_out


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook that ran once, with rows=4."""
    folder = tmp_path_factory.mktemp("project")
    write_notebook(folder / "small.ipynb", SMALL)
    pipes(folder, "run", "small.ipynb", "-p", "rows=4", "--output", "out.ipynb")
    return folder


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder with a notebook whose run failed, and that run's ended process."""
    folder = tmp_path_factory.mktemp("failed")
    write_notebook(folder / "broken.ipynb", BROKEN)
    return folder, pipes(folder, "run", "broken.ipynb", "--json", "--output", "out.ipynb", code=1)


@pytest.fixture(scope="module")
def module(project: Path) -> Path:
    """The notebook as an exported module."""
    pipes(project, "export", "small.ipynb", "small.py")
    return project


@pytest.mark.parametrize(
    ("words", "is_spawned"),
    [
        ("run n.ipynb", True),
        ("run n.ipynb -p rows=3 --json", True),
        ("run n.ipynb --debug", False),
        ("run n.ipynb --detach", False),
        ("run n.ipynb --queue=big", False),
        ("run --help", False),
        ("plan n.ipynb", False),
        ("", False),
    ],
)
def test_a_helper_is_spawned_first_where_steps_may_need_it_and_a_cpu_is_free(
    monkeypatch: pytest.MonkeyPatch, words: str, is_spawned: bool
) -> None:
    spawned: list[object] = []
    monkeypatch.setattr(main_module.spawning, "spawn_ahead", spawned.append)
    monkeypatch.setattr(main_module, "main", lambda _: 0)
    monkeypatch.setattr(sys, "argv", ["jupyter-pipes", *words.split()])
    for cpus in (1, 2):
        monkeypatch.setattr(main_module, "usable_cpus", lambda cpus=cpus: cpus)
        main_module.program()
        assert bool(spawned) is (is_spawned and cpus > 1)


def test_a_run_prints_progress_on_stderr_and_the_last_steps_values_on_stdout(project: Path) -> None:
    ended = pipes(project, "run", "small.ipynb", "-p", "rows=5")
    assert "total = 10" in ended.stdout
    assert "xs" not in ended.stdout
    assert "load: completed" in ended.stderr
    assert "of small: completed, 2 of 2 steps" in ended.stderr


def test_the_document_of_a_run_tells_all_of_its_steps(project: Path) -> None:
    """Reads, tags, metrics (with NaN as a word) and the artifacts' URLs are there."""
    run = pipes_json(project, "run", "small.ipynb", "-p", "rows=6", "--force", "all")
    assert (run["status"], run["params"]) == ("completed", {"rows": 6, "quiet": False})
    load, total = run["steps"]
    assert load["reads"] == {"rows": "params"}
    assert total["reads"] == {"xs": "load"}
    assert (total["stage"], total["tags"], total["metrics"]) == ("sums", ["a", "b"], {"auc": "NaN"})
    assert [each["number"] for each in load["attempts"]] == [1]
    assert {each["name"] for each in total["artifacts"]} == {"total", "gap"}
    assert all(each["uri"].startswith("file:///") for each in total["artifacts"])


def test_an_unchanged_step_is_cached_without_seconds_or_attempts(project: Path) -> None:
    run = pipes_json(project, "run", "small.ipynb", "-p", "rows=4")
    assert [(s["status"], s["seconds"], s["attempts"]) for s in run["steps"]] == [("cached", 0, [])] * 2
    assert run["steps"][1]["metrics"] == {"auc": "NaN"}


def test_steps_that_were_not_asked_for_are_left_out(project: Path) -> None:
    run = pipes_json(project, "run", "small.ipynb", "load", "-p", "rows=4")
    assert [step["name"] for step in run["steps"]] == ["load"]


def test_options_may_stand_anywhere_and_p_takes_several(project: Path) -> None:
    words = ("plan", "--fail-fast", "small.ipynb", "-p", "rows=4", "quiet=true", "load")
    assert [step["name"] for step in pipes_json(project, *words)["steps"]] == ["load"]


def test_debug_runs_in_this_process_and_keeps_stdout_for_the_document(project: Path) -> None:
    ended = pipes(project, "run", "small.ipynb", "--debug", "--force", "all", "--json")
    run = json.loads(ended.stdout)
    assert run["status"] == "completed"
    assert len({step["attempts"][0]["pid"] for step in run["steps"]}) == 1
    assert "loaded 3" in ended.stderr


def test_a_plan_says_what_would_run_and_why(project: Path) -> None:
    plan = pipes_json(project, "plan", "small.ipynb", "-p", "rows=4", "--force", "total")
    assert [(step["name"], step["decision"]) for step in plan["steps"]] == [
        ("load", "cached"),
        ("total", "run"),
    ]
    assert plan["steps"][1]["reasons"] == ["forced"]
    assert "forced" in pipes(project, "plan", "small.ipynb", "-p", "rows=4", "--force", "total").stdout


def test_show_finds_a_run_by_id_by_beginning_and_as_the_last_one(project: Path, tmp_path: Path) -> None:
    run = pipes_json(project, "run", "small.ipynb", "-p", "rows=4")
    for words in ((run["run"],), ("last",), ("last", "--notebook", str(project / "small.ipynb"))):
        assert pipes_json(project, "show", *words)["run"] == run["run"]
    assert pipes_json(tmp_path, "show", run["run"], "--directory", str(project)) == run
    assert run["run"] in pipes(project, "show", run["run"]).stdout


def test_looking_for_a_run_makes_no_project(tmp_path: Path) -> None:
    error = pipes_json(tmp_path, "show", "last", code=2)["error"]
    assert error["type"] == "RunNotFound"
    assert list(tmp_path.iterdir()) == []


def test_logs_prints_exactly_what_the_step_printed(project: Path) -> None:
    run = pipes_json(project, "run", "small.ipynb", "-p", "rows=4")["run"]
    assert pipes(project, "logs", run, "load").stdout == "loaded 4\n"
    assert pipes_json(project, "logs", run, "load")["log"] == "loaded 4\n"
    assert pipes_json(project, "logs", run, "load", "--attempt", "7", code=2)["error"]["type"] == "UsageError"
    assert pipes_json(project, "logs", run, "lode", code=2)["error"]["type"] == "StepUnknown"


def test_get_prints_the_value_for_these_parameters(project: Path) -> None:
    assert pipes(project, "get", "small.ipynb", "total", "-p", "rows=4").stdout == "6\n"
    several = pipes(project, "get", "small.ipynb", "total", "load.xs", "-p", "rows=4").stdout
    assert several == "total = 6\nload.xs = [0, 1, 2, 3]\n"
    values = pipes_json(project, "get", "small.ipynb", "total", "-p", "rows=4")["values"]
    assert (values["total"]["type"], values["total"]["repr"]) == ("int", "6")
    assert values["total"]["uri"].startswith("file:///")


def test_get_from_a_run_and_into_a_file(project: Path) -> None:
    run = pipes_json(project, "run", "small.ipynb", "-p", "rows=4")["run"]
    ended = pipes(project, "get", "small.ipynb", "xs", "--run", run, "--output", "xs.json")
    assert ended.stdout == ""
    assert json.loads((project / "xs.json").read_text()) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("total", "-p", "rows=77"), "ArtifactMissing"),
        (("nothing", "-p", "rows=4"), "ArtifactMissing"),
        (("total", "--run", "no-such-run"), "RunNotFound"),
        (("total", "-p", "rows=many"), "ParameterError"),
        (("total", "xs", "--output", "x.json", "-p", "rows=4"), "UsageError"),
        (("total", "--output", "x.xyz", "-p", "rows=4"), "UsageError"),
    ],
)
def test_what_get_cannot_find_or_write_is_an_error(project: Path, words: tuple[str, ...], kind: str) -> None:
    assert pipes_json(project, "get", "small.ipynb", *words, code=2)["error"]["type"] == kind


def test_the_executed_notebook_has_each_steps_outputs_under_its_cell(project: Path) -> None:
    notebook = nbformat.read(project / "out.ipynb", as_version=4)
    nbformat.validate(notebook)
    load, total = notebook.cells[2], notebook.cells[3]
    assert load.outputs[0].text == "loaded 4\n"
    assert total.outputs[-1].data["text/plain"] == "6"
    assert notebook.cells[1].outputs == []


def test_the_executed_notebook_and_show_say_what_each_step_used(project: Path) -> None:
    notebook = nbformat.read(project / "out.ipynb", as_version=4)
    cells = dict(zip(("load", "total"), notebook.cells[2:4], strict=True))
    run = pipes_json(project, "show", cells["load"].metadata["jupyter_pipes"]["run"])
    for name, cell in cells.items():
        (attempt,) = next(step for step in run["steps"] if step["name"] == name)["attempts"]
        assert attempt["cpu_seconds"] > 0
        assert attempt["peak_memory"] > 2**20
        used = {fact: attempt[fact] for fact in ("seconds", "cpu_seconds", "peak_memory")}
        assert cell.metadata["jupyter_pipes"] == {"run": run["run"], "step": name, **used}
    assert {"cpu", "memory"} <= set(pipes(project, "show", run["run"]).stdout.splitlines()[2].split())


def test_a_cached_step_shows_in_the_executed_notebook_what_it_showed_when_it_ran(project: Path) -> None:
    pipes(project, "run", "small.ipynb", "-p", "rows=4", "--output", "again.ipynb")
    assert (project / "again.ipynb").read_text() == (project / "out.ipynb").read_text()


def test_a_failed_run_exits_with_1_and_tells_step_line_and_message(failed: tuple[Path, Any]) -> None:
    folder, ended = failed
    run = json.loads(ended.stdout)
    good, bad, rest = run["steps"]
    assert [step["status"] for step in run["steps"]] == ["completed", "failed", "skipped"]
    assert (bad["error"]["type"], bad["error"]["line"]) == ("ZeroDivisionError", 3)
    assert rest["reason"] == "bad failed"
    assert good["error"] is None
    assert "step bad, line 3: ZeroDivisionError: division by zero" in ended.stderr
    assert pipes_json(folder, "show", "last") == run


def test_a_failed_runs_notebook_shows_the_error_under_its_cell(failed: tuple[Path, Any]) -> None:
    notebook = nbformat.read(failed[0] / "out.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [output.output_type for output in notebook.cells[1].outputs] == ["stream", "error"]


def test_export_to_notebook_is_the_latest_runs(failed: tuple[Path, Any]) -> None:
    folder, _ = failed
    document = pipes_json(folder, "export", "broken.ipynb", "exported.ipynb", "--to", "notebook")
    assert document == {"path": str(folder / "exported.ipynb")}
    assert (folder / "exported.ipynb").read_text() == (folder / "out.ipynb").read_text()


def test_no_check_makes_a_failed_run_exit_with_0(failed: tuple[Path, Any]) -> None:
    assert pipes_json(failed[0], "run", "broken.ipynb", "--no-check")["status"] == "failed"


def test_an_invalid_pipeline_exits_with_2_lists_its_diagnostics_and_runs_nothing(tmp_path: Path) -> None:
    write_notebook(tmp_path / "invalid.ipynb", INVALID)
    ended = pipes(tmp_path, "run", "invalid.ipynb", "--json", "--output", "out.ipynb", code=2)
    error = json.loads(ended.stdout)["error"]
    assert error["type"] == "InvalidPipeline"
    assert [(each["step"], each["line"]) for each in error["diagnostics"]] == [("a", 2), ("b", 2)]
    assert all(each["code"] in ended.stderr for each in error["diagnostics"])
    assert not (tmp_path / "out.ipynb").exists()


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        ((), "UsageError", "needs a verb"),
        (("rum",), "UsageError", "did you mean run?"),
        (("weather", "a", "b"), "UsageError", "no verb 'weather'"),
        (("run",), "UsageError", "NOTEBOOK|MODULE"),
        (("run", "small.ipynb", "--forse"), "UsageError", "did you mean --force?"),
        (("run", "small.ipynb", "--retry", "2"), "UsageError", "did you mean %%step NAME --retries?"),
        (("plan", "small.ipynb", "--retries", "2"), "UsageError", "did you mean %%step NAME --retries?"),
        (("run", "small.ipynb", "--params", "rows=2"), "UsageError", "did you mean -p NAME=VALUE?"),
        (("run", "small.ipynb", "lode"), "UsageError", "load"),
        (("run", "small.ipynb", "-p", "rows"), "UsageError", "NAME=VALUE"),
        (("run", "small.ipynb", "-p", "rows=1.5"), "ParameterError", "rows"),
        (("run", "small.ipynb", "-p", "rose=1"), "ParameterError", "did you mean rows?"),
        (("run", "nowhere.ipynb"), "NotebookError", "there is no file"),
        (("run", "small.ipynb", "--output", "no/folder/out.ipynb"), "NotebookError", "no/folder"),
        (("export", "small.ipynb", "no/folder/out.py"), "NotebookError", "cannot write"),
    ],
)
def test_what_cannot_be_carried_out_exits_with_2_and_says_why(
    project: Path, refused: Callable[..., Any], words: tuple[str, ...], kind: str, says: str
) -> None:
    error, told = refused(project, *words)
    assert error["type"] == kind
    assert says in error["message"]
    assert says in told


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}'])
def test_a_file_that_is_no_notebook_is_refused(
    tmp_path: Path, refused: Callable[..., Any], text: str
) -> None:
    (tmp_path / "x.ipynb").write_text(text)
    assert refused(tmp_path, "plan", "x.ipynb")[0]["type"] == "NotebookError"


def test_a_notebook_without_steps_is_refused(tmp_path: Path, refused: Callable[..., Any]) -> None:
    write_notebook(tmp_path / "x.ipynb", ("x = 1",))
    assert "no steps" in refused(tmp_path, "run", "x.ipynb")[0]["message"]


def start(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **more,
    )


def lines_until(stream: Any, text: str) -> Iterator[str]:
    for line in stream:
        yield line
        if text in line:
            return
    raise AssertionError(f"never said {text!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_signal_cancels_the_run_and_exits_with_3(
    tmp_path: Path, number: signal.Signals, debug: tuple[str, ...]
) -> None:
    write_notebook(tmp_path / "slow.ipynb", SLOW)
    running = start(tmp_path, "run", "slow.ipynb", "--json", *debug)
    list(lines_until(running.stderr, "slow: running"))
    running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 3
    run = json.loads(out)
    assert run["status"] == "cancelled"
    assert run["steps"][0]["status"] == "cancelled"
    assert run["steps"][1]["status"] in ("cancelled", "skipped")


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    leaving = start(project, "get", "small.ipynb", "total", "-p", "rows=4")
    assert leaving.stdout is not None
    leaving.stdout.close()
    assert leaving.stderr is not None
    told = leaving.stderr.read()
    assert (leaving.wait(60), told) == (0, "")


def test_progress_that_nobody_reads_does_not_stop_the_run(project: Path) -> None:
    running = start(project, "run", "small.ipynb", "--force", "all", "--json")
    assert running.stderr is not None
    running.stderr.close()
    assert running.stdout is not None
    assert json.loads(running.stdout.read())["status"] == "completed"
    assert running.wait(60) == 0


def test_a_terminal_shows_a_live_table_with_status_words(project: Path) -> None:
    controller, terminal = pty.openpty()
    running = subprocess.Popen(
        [*PROGRAM, "run", "small.ipynb", "--force", "all"],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
    )
    os.close(terminal)
    shown = b"".join(iter(lambda: read_terminal(controller), b"")).decode()
    os.close(controller)
    assert running.wait(60) == 0
    assert "\x1b[" in shown
    assert "✓ completed" in shown
    assert "2 of 2 steps" in shown


def read_terminal(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:
        # Linux's way to say that the other end is closed.
        return b""


@pytest.mark.parametrize("verb", ["", "run", "plan", "show", "logs", "get", "export"])
def test_help_is_printed_on_stdout(tmp_path: Path, verb: str) -> None:
    ended = pipes(tmp_path, *([verb] if verb else []), "--help")
    assert "--json" in ended.stdout
    assert ended.stderr == ""


def test_the_installed_program_prints_its_version_without_loading_heavy_libraries(tmp_path: Path) -> None:
    program = [str(Path(sys.executable).with_name("jupyter-pipes"))]
    assert pipes(tmp_path, "--version", program=program).stdout == "0.2.0\n"
    heavy = "{'pandas', 'numpy', 'sqlalchemy', 'IPython', 'rich', 'nbformat', 'ipywidgets'}"
    check = f"import sys\nmain(['--help'])\nprint(sorted({heavy} & set(sys.modules)))"
    ended = pipes(
        tmp_path, "-c", f"from jupyter_pipes.cli.main import main\n{check}", program=[sys.executable]
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_module_gives_the_same_values_and_exports_to_itself(module: Path) -> None:
    run = pipes_json(module, "run", "small.py", "-p", "rows=4")
    assert run["status"] == "completed"
    assert pipes(module, "get", "small.py", "total", "-p", "rows=4").stdout == "6\n"
    pipes(module, "export", "small.py", "again.py")
    assert (module / "again.py").read_bytes() == (module / "small.py").read_bytes()


@pytest.mark.parametrize(
    ("words", "params", "steps"),
    [
        (["-p", "a=1", "b=2", "load"], ["a=1", "b=2"], ["load"]),
        (["load", "-p", "a=1", "-p", "b=2"], ["a=1", "b=2"], ["load"]),
        (["-p", "a=1", "load", "-p", "s.b=x=y"], ["a=1", "s.b=x=y"], ["load"]),
        (["one", "--force", "two", "three", "-p", "a="], ["a="], ["one"]),
    ],
)
def test_a_verbs_words_come_in_any_order(words: list[str], params: list[str], steps: list[str]) -> None:
    parser = VerbParser(prog="run")
    for add in parsers.PLANNED:
        add(parser)
    options = parser.parse(words)
    assert (options.params, options.steps) == (params, steps)


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    parser = VerbParser(prog="run")
    for add in parsers.PLANNED:
        add(parser)
    with pytest.raises(UsageError, match="did you mean --force"):
        parser.parse(["--forec", "all"])
