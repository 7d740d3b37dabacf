"""What version 0.2.0 kept is listed, told, loaded, compared, taken up and repeated, wherever it is now.

`kept/version_0_2_0.tar.gz` is a folder `study` as that version left it, run under Python 3.11:

- `study.ipynb`, run with rows=5, and with rows=7 and the tag `first`;
- `study_module.py`, its export, run with rows=5: the version 1.0.1 of the same pipeline;
- `functions.ipynb`, whose steps are functions of a kernel;
- `failing.ipynb`, the same as `study.ipynb` but that its last step raises.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.runs.run import Run

pytestmark = pytest.mark.slow

ARCHIVE = Path(__file__).with_name("kept") / "version_0_2_0.tar.gz"
FIVE, SEVEN = "20261126-173511-4d4b", "20261126-173512-eb48"
MODULE, FUNCTIONS, FAILED = "20261126-173512-fef0", "20261126-173510-8a41", "20261126-173515-d4f6"
STUDIES = {FIVE: 5, SEVEN: 7, MODULE: 5}

PIPES = [sys.executable, "-m", "jupyter_pipes"]
same_python = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="values of a notebook's classes hold byte code of Python 3.11"
)


def unpacked(folder: Path) -> Path:
    shutil.unpack_archive(ARCHIVE, folder)
    return folder / "study"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, for tests that only read."""
    return unpacked(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The folder, for tests that run something."""
    return unpacked(tmp_path)


def call(folder: Path, *words: str, code: int = 0, program: list[str] = PIPES) -> str:
    """Run a program in the folder; return its standard output."""
    ended = subprocess.run(
        [*program, *words], cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=200
    )
    assert ended.returncode == code, ended.stderr
    return ended.stdout


def pipes(folder: Path, *words: str, code: int = 0) -> Any:
    """Run `jupyter pipes … --json`; return the document."""
    return json.loads(call(folder, *words, "--json", code=code))


def values_of(folder: Path, run: str) -> dict[str, Any]:
    workspace = Workspace(folder)
    artifacts = (each for step in Run(workspace, run).steps.values() for each in step.artifacts)
    return {artifact.name: workspace.store.get_whole(artifact) for artifact in artifacts}


def statuses(run: Any) -> list[str]:
    return [step["status"] for step in run["steps"]]


def test_its_runs_are_listed_and_found_by_what_they_are(kept: Path) -> None:
    listed = {
        each["run"]: (each["pipeline"], each["version"], each["status"], each["params"], each["tags"])
        for each in pipes(kept, "runs")["runs"]
    }
    assert listed == {
        FIVE: ("study", "1.0.0", "completed", {"rows": 5, "label": "a"}, []),
        SEVEN: ("study", "1.0.0", "completed", {"rows": 7, "label": "a"}, ["first"]),
        MODULE: ("study", "1.0.1", "completed", {"rows": 5, "label": "a"}, []),
        FUNCTIONS: ("functions", "1.0.0", "completed", {}, []),
        FAILED: ("failing", "1.0.0", "failed", {"rows": 5, "label": "a"}, []),
    }
    assert [each["run"] for each in pipes(kept, "runs", "tags:first OR status:failed")["runs"]] == [
        FAILED,
        SEVEN,
    ]
    assert len(pipes(kept, "runs", "--notebook", "study.ipynb")["runs"]) == 3


def test_a_run_tells_its_steps_errors_logs_and_reasons(kept: Path) -> None:
    shown = pipes(kept, "show", FAILED)
    assert statuses(shown) == ["cached", "cached", "failed"]
    error = shown["steps"][-1]["error"]
    assert (error["type"], error["message"], error["line"]) == ("ValueError", "not today", 5)
    assert (shown["steps"][1]["stage"], shown["steps"][1]["tags"]) == ("work", ["a", "b"])
    assert call(kept, "logs", SEVEN, "load") == "loaded 7\n"
    why = pipes(kept, "why", "study.ipynb", "load", "--run", SEVEN)
    assert why["reasons"] == ["parameter rows 5 → 7"]


def test_two_of_its_runs_are_compared_by_content(kept: Path) -> None:
    differences = pipes(kept, "compare", FIVE, SEVEN)["differences"]
    said = {(each["step"], each["what"], each["name"]): each["diff"] for each in differences}
    assert (None, "parameter", "rows") in said
    assert said["scale", "artifact", "total"] == "total: 6247500.0 → 12246500.0"
    assert said["report", "artifact", "report.txt"] == "other content"
    assert ("scale", "artifact", "names") not in said, "it is the same set"


@same_python
@pytest.mark.parametrize("run", STUDIES)
def test_every_value_is_loaded_as_it_was(run: str, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays, sets, dicts, files, and instances of the notebook's class, which no cell has defined here."""
    monkeypatch.syspath_prepend(str(kept))
    values, rows = values_of(kept, run), STUDIES[run]
    numbers = np.arange(rows * 500, dtype="float64")
    np.testing.assert_array_equal(values["numbers"], numbers)
    np.testing.assert_array_equal(values["scaled"], numbers * 2)
    assert (type(values["account"]).__name__, values["account"].balance) == ("Account", rows)
    total = float(numbers.sum() * 2)
    assert (values["names"], values["total"]) == ({"a", "b", "c"}, total)
    assert values["summary"] == {"total": total, "names": ["a", "b", "c"]}
    assert values["report.txt"] == f"{total} {rows} ['a', 'b', 'c']".encode()


def test_values_of_functions_and_of_failed_runs_are_loaded(kept: Path) -> None:
    assert values_of(kept, FUNCTIONS) == {"value": 7, "squared": 49}
    assert values_of(kept, FAILED).keys() == {"account", "numbers", "names", "total", "scaled"}


@pytest.mark.parametrize("source", ["study.ipynb", "study_module.py"])
def test_nothing_reruns_of_what_did_not_change(source: str, kept: Path) -> None:
    """But for other versions of the packages that a step imports, as ever."""
    for step in pipes(kept, "plan", source)["steps"]:
        changed = {part["part"] for part in pipes(kept, "why", source, step["name"])["parts"]}
        assert step["decision"] == "cached" or changed <= {"package", "python", "input"}, step


@same_python
def test_equal_values_have_the_digests_that_they_had(study: Path) -> None:
    """So what reads them does not rerun; but instances of the notebook's classes name their Python since."""
    before = _artifacts(pipes(study, "show", FIVE))
    again = pipes(study, "run", "study.ipynb", "--force", "all")
    assert statuses(again) == ["completed"] * 3
    after = _artifacts(again)
    assert {name for name in before if after[name] != before[name]} == {("load", "account")}
    assert after.keys() == before.keys()


def _artifacts(run: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(step["name"], each["name"]): each for step in run["steps"] for each in step["artifacts"]}


def test_a_failed_run_is_taken_up_with_its_own_code(study: Path) -> None:
    """It fails again, under its own id: what was done stays done."""
    resumed = pipes(study, "resume", FAILED, code=1)
    assert (resumed["run"], statuses(resumed)) == (FAILED, ["cached", "cached", "failed"])
    assert resumed["steps"][-1]["error"]["message"] == "not today"
    assert pipes(study, "show", FAILED)["status"] == "failed"


@pytest.mark.parametrize(("source", "run"), [("study.ipynb", FIVE), ("study_module.py", MODULE)])
def test_a_run_is_repeated_with_other_parameters_in_the_folder_that_is_its_own_now(
    source: str, run: str, study: Path
) -> None:
    repeated = pipes(study, "run", source, "--of", run, "-p", "rows=6")
    assert (repeated["status"], repeated["params"]["rows"]) == ("completed", 6)
    assert (study / "report.txt").read_text() == "8997000.0 6 ['a', 'b', 'c']"


@same_python
def test_steps_from_functions_of_a_kernel_are_repeated(study: Path) -> None:
    """Their code names `jupyter_pipes.functions`. Without their results they have to run."""
    steps = pipes(study, "show", FUNCTIONS)["steps"]
    for artifact in (each for step in steps for each in step["artifacts"]):
        Path(artifact["uri"].removeprefix("file://")).unlink()
    repeated = pipes(study, "run", "study.ipynb", "--of", FUNCTIONS)
    assert statuses(repeated) == ["completed", "completed"]
    assert values_of(study, repeated["run"]) == {"value": 7, "squared": 49}


def test_the_exported_module_runs(study: Path) -> None:
    """It ends in `pipeline.main()`."""
    program = [sys.executable, "study_module.py"]
    call(study, program=program)
    assert (study / "report.txt").read_text() == "6247500.0 5 ['a', 'b', 'c']"
    assert "20245500.0" in call(study, "--rows", "9", program=program)
    assert "rows to make (int; default: 5)" in " ".join(call(study, "--help", program=program).split())
