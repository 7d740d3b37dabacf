"""The example notebooks run to their end: in a kernel, through papermill, and on the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from nbclient import NotebookClient

from jupyter_pipes import Pipeline
from jupyter_pipes.runs.kept import find_run
from tests.execution.executors.cluster import running_cluster
from tests.waiting import until

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PIPES = str(Path(sys.executable).with_name("jupyter-pipes"))

TROUBLE = {
    "numbers": "completed",
    "raises": "failed",
    "skipped": "skipped",
    "skipped_too": "skipped",
    "in_helper": "failed",
    "asks": "failed",
    "flaky": "completed",
    "picky": "failed",
    "late": "failed",
    "killed": "failed",
    "exits": "failed",
    "crashes": "failed",
    "hungry": "failed",
    "makes_lock": "failed",
    "reads_lock": "skipped",
    "private_lock": "completed",
    "optional": "failed",
    "does_without": "completed",
}
"""How each step of trouble.ipynb ends."""

REASONS = {
    "raises": "ZeroDivisionError",
    "skipped": "raises failed",
    "asks": "%%params",
    "late": "timed out after 1 s",
    "killed": "SIGKILL",
    "exits": "exit code 3",
    "crashes": "SIGSEGV",
    "hungry": "--memory",
    "makes_lock": "guard",
    "reads_lock": "makes_lock failed",
    "optional": "no-such-file.txt",
}
"""A part of the reason that each of these steps gives."""

LINES = {"raises": 3, "in_helper": 3, "asks": 2, "picky": 2, "hungry": 2, "makes_lock": 3, "optional": 2}
"""The line of its cell on which each of these steps fails; the `%%step` line is 1."""


def copied(name: str, folder: Path) -> Path:
    """Return a copy of a notebook in a folder of its own, where its runs are kept as well."""
    source = NOTEBOOKS / f"{name}.ipynb"
    if source.parent != NOTEBOOKS:
        # What lies beside it is its own.
        shutil.copytree(source.parent, folder, dirs_exist_ok=True)
        return folder / source.name
    return Path(shutil.copy(source, folder))


def executed(path: Path) -> Any:
    """Return the notebook as a kernel leaves it that ran all cells; one that raises fails the test."""
    notebook = nbformat.read(path, 4)
    client = NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(path.parent)}})
    return client.execute()


def outputs_of(notebook: Any, cell_id: str) -> list[Any]:
    return next(cell for cell in notebook.cells if cell.id == cell_id).outputs


def printed(notebook: Any, cell_id: str) -> str:
    return "".join(output.get("text", "") for output in outputs_of(notebook, cell_id))


def shown(notebook: Any, cell_id: str) -> str:
    """Return all text and HTML below a cell."""
    return "\n".join(
        str(part)
        for output in outputs_of(notebook, cell_id)
        for part in (output.get("data") or output).values()
    )


def run_by_command(path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON document of `jupyter-pipes run`."""
    program = [PIPES, "run", str(path), "--json", *arguments]
    done = subprocess.run(program, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in document["steps"]}


@pytest.mark.parametrize("name", ["quickstart", "model_selection", "trouble", "control", "catalog/catalog"])
def test_committed_notebooks_are_valid_and_without_outputs(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_the_quickstart_has_ten_cells_of_code_and_a_word_above_most() -> None:
    cells = nbformat.read(NOTEBOOKS / "quickstart.ipynb", 4).cells
    assert sum(cell.cell_type == "code" for cell in cells) == 10
    assert sum(cell.cell_type == "markdown" for cell in cells) >= 8


def test_quickstart_runs_in_a_kernel_and_prints_its_result(tmp_path: Path) -> None:
    notebook = executed(copied("quickstart", tmp_path))
    assert "The forest is right on" in printed(notebook, "result")
    assert "completed" in shown(notebook, "run")
    assert "image/png" in shown(notebook, "seasons")


def test_quickstart_takes_a_parameter_from_papermill(tmp_path: Path) -> None:
    path, executed_path = copied("quickstart", tmp_path), str(tmp_path / "executed.ipynb")
    notebook = papermill.execute_notebook(
        str(path), executed_path, parameters={"trees": 20}, cwd=str(tmp_path), progress_bar=False
    )
    assert "The forest is right on" in printed(notebook, "result")
    history = Pipeline.from_notebook(path).workspace.history
    (kept,) = history.runs()
    assert history.view(kept.run).parameters["trees"] == 20


def test_quickstart_runs_on_the_command_line_and_the_second_time_from_what_is_kept(tmp_path: Path) -> None:
    path = copied("quickstart", tmp_path)
    code, document = run_by_command(path, "-p", "trees=20")
    assert code == 0
    assert set(statuses(document).values()) == {"completed"}
    assert next(step for step in document["steps"] if step["name"] == "fit")["metrics"]["accuracy"] > 0.5
    code, again = run_by_command(path, "-p", "trees=20")
    assert code == 0
    assert set(statuses(again).values()) == {"cached"}


def test_another_parameter_runs_only_what_reads_it(tmp_path: Path) -> None:
    path = copied("quickstart", tmp_path)
    run_by_command(path, "-p", "trees=20")
    _, document = run_by_command(path, "-p", "trees=20", "-p", "test_year=2014")
    ran = {name for name, status in statuses(document).items() if status == "completed"}
    assert ran == {"fit", "report"}


def test_the_study_runs_on_the_command_line(tmp_path: Path) -> None:
    path = copied("model_selection", tmp_path)
    code, document = run_by_command(path, "-p", "trees=30", "-p", "folds=3")
    assert code == 0
    assert set(statuses(document).values()) == {"completed"}
    assert len(document["steps"]) >= 12
    assert {step["stage"] for step in document["steps"]} == {"data", "candidates", "choice", "report"}


def test_the_study_runs_in_a_kernel_and_gives_objects_of_its_class_back(tmp_path: Path) -> None:
    path = copied("model_selection", tmp_path)
    notebook = nbformat.read(path, 4)
    notebook.cells.append(
        nbformat.v4.new_code_cell("assert isinstance(best, Candidate), type(best)\nprint(best)", id="check")
    )
    nbformat.write(notebook, path)
    done = executed(path)
    assert "Best of 4:" in printed(done, "result")
    assert "l/100 km" in printed(done, "check")


def test_the_catalog_writes_files_that_it_puts_back_and_keeps_types(tmp_path: Path) -> None:
    done = executed(copied("catalog/catalog", tmp_path))
    assert printed(done, "files").split() == ["chart_rain.png", "days.csv", "months.parquet", "wettest.json"]
    assert "csv loses the category dtype of weather" in shown(done, "plan")
    assert "CategoricalDtype" in shown(done, "get")
    assert printed(done, "back") == "12"
    assert printed(done, "both").split() == ["2014", "2015", "weather.db"]
    assert "date  precipitation" in shown(done, "look")


def test_trouble_ends_as_each_step_says_and_the_notebook_runs_to_its_end(tmp_path: Path) -> None:
    notebook = executed(copied("trouble", tmp_path))
    assert printed(notebook, "logs") == "what was printed before is kept\n"
    assert printed(notebook, "get") == "42 no weather today\n"
    told = printed(notebook, "invalid")
    assert told.count("InvalidPipeline") == 2
    assert all(word in told for word in ("undefined_name", "made_later", "third", "chicken"))


def test_trouble_on_the_command_line_tells_each_failure(tmp_path: Path) -> None:
    code, document = run_by_command(copied("trouble", tmp_path))
    assert code == 1
    assert document["status"] == "failed"
    assert statuses(document) == TROUBLE
    steps = {step["name"]: step for step in document["steps"]}
    assert {name: part for name, part in REASONS.items() if part not in steps[name]["reason"]} == {}
    assert {name: steps[name]["error"]["line"] for name in LINES} == LINES
    assert [attempt["status"] for attempt in steps["flaky"]["attempts"]] == ["failed", "failed", "completed"]
    assert len(steps["picky"]["attempts"]) == 1
    assert any("private" in note for note in steps["private_lock"]["notes"])


def test_control_waits_for_approval_and_each_of_its_means_does_what_the_text_says(tmp_path: Path) -> None:
    copied("quickstart", tmp_path)
    notebook = executed(copied("control", tmp_path))
    assert printed(notebook, "done") == "72% right with 3 levels; rain on 80% of the last days\n"
    assert printed(notebook, "results").splitlines() == [
        "2013: February, rain on 64% of the days",
        "2014: February, rain on 68% of the days",
        "2015: December, rain on 81% of the days",
    ]
    assert printed(notebook, "wait") == "Is this good enough for 1095 days of weather?\n"
    reasons = printed(notebook, "reasons")
    assert "warn: skipped: rainy.mean() > often" in reasons
    assert "outlook: failed: ConnectionError: [Errno 410]" in reasons, "503 was tried again"
    assert "recent: completed: parameter last_days 30 → ${load.days.rows}" in printed(notebook, "references")
    summary, *parts = printed(notebook, "parts").splitlines()
    assert summary.startswith("The forest is right on 72% of the days of 2015")
    steps = ("load", "clean", "fit", "seasons", "report")
    assert parts == [f"forest[{name}]: completed" for name in steps]
    assert printed(notebook, "monitored").splitlines() == [
        "8 leaves on the run",
        "30 points that TensorBoard was told",
    ]
    (model,) = Pipeline.from_notebook(tmp_path / "control.ipynb").models()
    assert (model.name, model.version, model.step) == ("rain_tree", 1, "keep")
    assert "max_depth=3, random_state=0" in shown(notebook, "models")
    assert "4 runs: 4 completed" in shown(notebook, "sweep")
    assert printed(notebook, "debug").splitlines()[-1] == "True completed"
    assert "<svg" in (tmp_path / "control.html").read_text()


def test_remote_gives_the_same_though_a_worker_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "project"
    place.mkdir()
    path = copied("remote", place)
    with running_cluster(tmp_path) as cluster, ThreadPoolExecutor(1) as beside:
        (place / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
        ask = partial(subprocess.check_output, [PIPES, "queues"], cwd=place, text=True)
        until(lambda: "2 workers" in ask(), "the workers")
        running = beside.submit(executed, path)
        victim = until(
            lambda: next(filter(_has_a_step, cluster.workers.values()), None), "a step on a worker"
        )
        victim.kill()
        notebook = running.result()
    assert "2 workers" in outputs_of(notebook, "queues")[0].text
    assert "best forest: 7" in outputs_of(notebook, "best")[0].text
    run = find_run(Pipeline.from_notebook(path).workspace, "last")
    assert {step.status for step in run.steps.values()} == {"completed"}
    assert sorted(len(step.attempts) for step in run.steps.values()) == [1, 1, 1, 2]


def _has_a_step(worker: subprocess.Popen[bytes]) -> bool:
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(worker.pid).children(recursive=True)
        return any("jupyter_pipes.execution.worker" in child.cmdline() for child in children)
    return False
