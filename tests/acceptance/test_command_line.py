"""The command line from outside: JSON documents field by field, exit codes, and what goes where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Answer, Project

CELLS = [
    "# Title\nSome text.",
    "import math",
    "%%params\nrows: int = 3  # rows to make\nscale: float = 2.0",
    "def root(x):\n    return math.sqrt(x) * scale",
    "%%step load --stage data --tags a,b\nvalues = list(range(rows))\nprint('loading', rows)",
    "%%step roots --after load --retries 1\nfrom jupyter_pipes import current\n"
    "current.metric('size', len(values))\n"
    "result = [root(v) for v in values]\nresult",
    "%%step Größe\ncount = len(result)",
]


class Session:
    """One story told on the command line, its answers by name."""

    def __init__(self, folder: Path) -> None:
        self.project = study = Project(folder, *CELLS)
        ask = study.jupyter_pipes
        self.plan = ask("plan", "study.ipynb", "--json")
        self.run = ask("run", "study.ipynb", "--json", "--output", "out.ipynb")
        self.again = ask("run", "study.ipynb", "roots", "-p", "rows=3", "--json")
        self.show = ask("show", self.run.document["run"], "--json")
        self.logs = ask("logs", "last", "load")
        self.get = ask("get", "study.ipynb", "result", "values", "--json")
        self.written = ask("get", "study.ipynb", "result", "--output", "result.json")
        self.text = ask("run", "study.ipynb")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(tmp_path_factory.mktemp("session"))


def test_everything_of_a_good_session_exits_with_0(session: Session) -> None:
    answers = [value for value in vars(session).values() if isinstance(value, Answer)]
    assert [answer.code for answer in answers] == [0] * 8


def test_the_document_of_a_plan(session: Session) -> None:
    assert session.plan.document == {
        "steps": [
            {
                "name": "load",
                "decision": "run",
                "reasons": ["first run"],
                "reads": {"rows": "params"},
                "writes": ["values"],
                "after": [],
            },
            {
                "name": "roots",
                "decision": "run",
                "reasons": ["first run"],
                "reads": {"scale": "params", "values": "load"},
                "writes": ["result"],
                "after": ["load"],
            },
            {
                "name": "Größe",
                "decision": "run",
                "reasons": ["first run"],
                "reads": {"result": "roots"},
                "writes": ["count"],
                "after": [],
            },
        ]
    }


def test_the_document_of_a_run(session: Session) -> None:
    document = session.run.document
    assert list(document) == ["run", "pipeline", "version", "status", "params", "seconds", "metrics", "steps"]
    assert (document["pipeline"], document["version"]) == ("study", "1.0.0")
    assert (document["status"], document["metrics"]) == ("completed", {})
    assert document["params"] == {"rows": 3, "scale": 2.0}
    assert document["seconds"] > 0


def test_the_document_of_a_step(session: Session) -> None:
    found = session.run.step("roots")
    (attempt,) = found.pop("attempts")
    (artifact,) = found.pop("artifacts")
    assert found.pop("seconds") > 0
    assert found == {
        "name": "roots",
        "status": "completed",
        "reason": "first run",
        "notes": [],
        "queue": "local",
        "stage": None,
        "tags": [],
        "reads": {"scale": "params", "values": "load"},
        "writes": ["result"],
        "after": ["load"],
        "metrics": {"size": 3},
        "error": None,
    }
    assert (attempt["number"], attempt["status"], attempt["reason"]) == (1, "completed", "")
    assert attempt["pid"] > 0
    assert attempt["host"]
    used = ["cpu_seconds", "peak_memory"]
    assert list(attempt) == ["number", "status", "reason", "seconds", "pid", "host", *used]
    assert all(attempt[name] > 0 for name in used)
    assert list(artifact) == ["name", "type", "bytes", "digest", "uri"]
    assert (artifact["name"], artifact["type"]) == ("result", "list")
    assert artifact["uri"].startswith(f"file://{session.project.folder}/")
    assert Path(artifact["uri"].removeprefix("file://")).stat().st_size == artifact["bytes"]
    assert session.run.step("load")["stage"] == "data"
    assert session.run.step("load")["tags"] == ["a", "b"]


def test_a_cached_step_has_no_seconds_and_no_attempts_and_unasked_steps_are_left_out(
    session: Session,
) -> None:
    steps = session.again.document["steps"]
    assert [(s["name"], s["status"], s["seconds"], s["attempts"]) for s in steps] == [
        ("load", "cached", 0, []),
        ("roots", "cached", 0, []),
    ]
    assert all(session.run.document["run"] in s["reason"] for s in steps)
    assert session.again.step("roots")["metrics"] == {"size": 3}


def test_show_gives_the_document_that_the_run_gave(session: Session) -> None:
    assert session.show.document == session.run.document


def test_logs_prints_what_the_step_printed(session: Session) -> None:
    assert session.logs.out == "loading 3\n"


def test_the_document_of_values(session: Session) -> None:
    values = session.get.document["values"]
    assert list(values) == ["result", "values"]
    assert list(values["values"]) == ["type", "repr", "digest", "uri"]
    assert (values["values"]["type"], values["values"]["repr"]) == ("list", "[0, 1, 2]")
    (artifact,) = session.run.step("load")["artifacts"]
    assert values["values"]["digest"] == artifact["digest"]


def test_get_writes_a_file(session: Session) -> None:
    written = json.loads((session.project.folder / "result.json").read_text())
    assert written == [0.0, 2.0, pytest.approx(2 * 2**0.5)]
    assert session.written.out == ""


def test_progress_goes_to_standard_error(session: Session) -> None:
    assert "load" in session.text.err
    assert "cached" in session.text.err
    assert "loading" not in session.text.out


def test_the_executed_notebook_is_valid_with_outputs_under_their_cells(session: Session) -> None:
    notebook: Any = nbformat.read(session.project.folder / "out.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == CELLS
    assert notebook.cells[4].outputs[0].text == "loading 3\n"
    (shown,) = notebook.cells[5].outputs
    assert (shown.output_type, shown.data["text/plain"]) == (
        "execute_result",
        "[0.0, 2.0, 2.8284271247461903]",
    )
    assert notebook.cells[1].outputs == []


def test_a_failed_run_exits_with_1_and_tells_line_and_traceback(project: NewProject) -> None:
    answer = project("%%step a\nx = 1\n\n1 / 0", "%%step b --after a\ny = 1").jupyter_pipes(
        "run", "study.ipynb", "--json"
    )
    error = answer.step("a")["error"]
    assert (answer.code, answer.document["status"], answer.step("b")["status"]) == (1, "failed", "skipped")
    assert (error["type"], error["message"], error["line"]) == ("ZeroDivisionError", "division by zero", 4)
    assert "1 / 0" in error["traceback"]
    assert "\x1b" not in error["traceback"]
    assert "a" in answer.step("b")["reason"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_with_3_and_its_steps_end(
    project: NewProject, number: signal.Signals
) -> None:
    study = project("%%step a\nimport time\ntime.sleep(100)")
    process = study.start("run", "study.ipynb", "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if "a: running" in line:
            break
    os.kill(process.pid, number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    document = json.loads(out)
    assert (document["status"], document["steps"][0]["status"]) == ("cancelled", "cancelled")
    assert document["steps"][0]["reason"]


def test_a_step_in_the_background_of_a_script_is_ended_by_its_timeout(project: NewProject) -> None:
    """What a shell's script starts with `&` ignores interrupts, and debugged steps end by one."""
    study = project("%%step a --timeout 1s\nimport time\ntime.sleep(600)")
    program = [sys.executable, "-m", "jupyter_pipes", "run", "study.ipynb", "--debug"]
    script = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *program]
    done = subprocess.run(script, cwd=study.folder, timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "timed out after 1 s" in done.stderr


REFUSED = {
    "an unknown verb": (["rum", "study.ipynb"], "run"),
    "a verb that there is not": (["nonesuch"], "nonesuch"),
    "an unknown option": (["run", "study.ipynb", "--forse", "all"], "--force"),
    "an option of a later version": (["run", "study.ipynb", "--gpus", "1"], "--gpus"),
    "an unknown step": (["run", "study.ipynb", "lod"], "load"),
    "an unknown parameter": (["run", "study.ipynb", "-p", "row=1"], "rows"),
    "a value that does not fit": (["run", "study.ipynb", "-p", "rows=many"], "whole number"),
    "an assignment without =": (["run", "study.ipynb", "-p", "rows"], "rows"),
    "no such notebook": (["run", "nowhere.ipynb"], "nowhere.ipynb"),
    "no such run": (["show", "20200101"], "no runs are kept"),
}


@pytest.mark.parametrize(("words", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_usage_exits_with_2_and_one_document(project: NewProject, words: list[str], hint: str) -> None:
    answer = project(*CELLS).jupyter_pipes_here(*words, "--json")
    assert answer.code == 2
    error = answer.document["error"]
    assert list(error) == ["type", "message", "diagnostics"]
    assert hint in error["message"]
    assert "Traceback" not in answer.err


BAD_FILES = {
    "no JSON": ("{ not json", "JSON"),
    "empty": ("", "JSON"),
    "JSON of something else": ('{"a": 1}', "notebook"),
    "cells that are none": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}',
        "valid notebook",
    ),
    "no cells": ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "%%step"),
    "Markdown only": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
        '[{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["%%step a"]}]}',
        "%%step",
    ),
}


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_file_that_is_no_pipeline_exits_with_2(tmp_path: Path, content: str, words: str) -> None:
    study = Project(tmp_path)
    study.path.write_text(content)
    answer = study.jupyter_pipes_here("run", "study.ipynb", "--json")
    assert answer.code == 2
    assert words in answer.document["error"]["message"]


def test_an_invalid_pipeline_lists_code_step_line_and_message(project: NewProject) -> None:
    answer = project("%%step a\nx = nowhere", "%%step bad/name\ny = 1").jupyter_pipes(
        "run", "study.ipynb", "--json"
    )
    assert answer.code == 2
    found = answer.document["error"]["diagnostics"]
    assert [list(problem) for problem in found] == [["code", "step", "line", "message"]] * 2
    assert {(problem["code"], problem["step"], problem["line"]) for problem in found} >= {("JP010", "a", 2)}
    assert "bad/name" in answer.document["error"]["message"]
