"""Rerun rules of what is kept and of what is asked for: whole outputs, failed attempts, `--force`, `--only`.

Steps that talk to a test through files put their names together: a literal would be part of the signature.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.history.surroundings import environment
from jupyter_pipes.runs import start as starting
from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project
from tests.acceptance.study import CELLS, STEPS, Study, edited, ran

MADE = {"C": "input b of B: other content; file made.txt: other content"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def study(folder: Path, request: pytest.FixtureRequest) -> Study:
    """Return the pipeline after its first run."""
    made = Study(folder, "".join(filter(str.isalnum, request.node.name)))
    made.run()
    return made


def statuses(study: Study, *words: str) -> dict[str, str]:
    """Return the status of each step of a run."""
    document = study.ask("run", f"{study.name}.ipynb", "--json", *words).document
    return {step["name"]: step["status"] for step in document["steps"]}


def delete(blob: Path) -> None:
    blob.unlink()


def flip_a_byte(blob: Path) -> None:
    """Damage a file as a bad disk does: same size, same times."""
    before = blob.stat()
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(content)
    os.utime(blob, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(blob: Path) -> None:
    blob.chmod(0o600)
    os.truncate(blob, blob.stat().st_size - 1)


DAMAGES = [delete, flip_a_byte, truncate]


@pytest.mark.parametrize(("name", "maker"), [("a", "A"), ("b", "B"), ("c", "C"), ("made.txt", "B")])
@pytest.mark.parametrize("damage", DAMAGES)
def test_an_output_that_is_missing_or_damaged_is_made_again_by_its_maker_alone(
    study: Study, damage: Callable[[Path], None], name: str, maker: str
) -> None:
    damage(study.blob(name))
    plan = study.plan()
    assert plan[maker] == ("run", f"output {name} is missing")
    assert study.run() == {maker: f"output {name} is missing"}
    assert study.run() == {}


@pytest.mark.parametrize("option", ["--only", "--from"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_output_is_never_fed_on(study: Study, damage: Callable[[Path], None], option: str) -> None:
    before = len(study.ask("runs", "--json").document["runs"])
    damage(study.blob("a"))
    answer = study.ask("run", f"{study.name}.ipynb", option, "B", "--force", "B", "--json")
    assert answer.code == 2
    assert answer.document["error"]["type"] == "ArtifactMissing"
    assert "A" in answer.document["error"]["message"]
    assert len(study.ask("runs", "--json").document["runs"]) == before


def test_a_file_that_a_step_made_is_put_back_without_running_it(study: Study) -> None:
    made = study.folder / "made.txt"
    content = made.read_text()
    for spoil in (made.unlink, lambda: made.write_text("other")):
        spoil()
        assert study.plan()["B"][0] == "cached"
        assert study.run() == {}
        assert made.read_text() == content


FORCED = {
    "--force B": {"B": "forced"},
    "--force A C": {"A": "forced", "C": "forced"},
    "--force all": dict.fromkeys(STEPS, "forced"),
    "B --force all": {"A": "forced", "B": "forced"},
}


@pytest.mark.parametrize("words", FORCED)
def test_force_runs_what_it_names(study: Study, words: str) -> None:
    assert {name for name, (_, why) in study.plan(*words.split()).items() if why == "forced"} == set(
        FORCED[words]
    )
    assert study.run(*words.split()) == FORCED[words]


def test_what_a_forced_step_gives_replaces_the_entry(project: NewProject) -> None:
    study = project("import time", "%%step A\nwhen = time.time_ns()", "%%step B\nlater = when + 1")

    def run(*words: str) -> tuple[dict[str, str], Any]:
        document = study.jupyter_pipes_here("run", "study.ipynb", "--json", *words).document
        values = study.jupyter_pipes_here("get", "study.ipynb", "when", "--json").document["values"]
        return ran(document["steps"]), values["when"]["repr"]

    _, first = run()
    forced, second = run("--force", "A")
    assert forced == {"A": "forced", "B": "input when of A: other content"}
    assert first != second
    assert run() == ({}, second)


def test_always_runs_each_time_and_never_cache_neither_looks_nor_keeps(project: NewProject) -> None:
    first = "first run"
    study = project("%%step A --always\na = 1", "%%step B --never-cache\nb = 1", "%%step C\nc = a + b")

    def run() -> dict[str, str]:
        return ran(study.jupyter_pipes_here("run", "study.ipynb", "--json").document["steps"])

    assert run() == {"A": "--always", "B": "--never-cache", "C": first}
    assert run() == {"A": "--always", "B": "--never-cache"}
    study.write("%%step A\na = 1", "%%step B\nb = 1", "%%step C\nc = a + b")
    assert run() == {"B": first}


@pytest.mark.timeout(60)
def test_a_cached_run_in_this_process_ends_though_it_is_over_before_anybody_listens(
    project: NewProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = project("%%step A\na = 1")
    study.run(debug=True)
    capture, start = environment.capture, starting._start
    is_over = threading.Event()

    def late_capture(*given: Any) -> Any:
        is_over.wait()
        return capture(*given)

    def start_and_miss_its_end(*given: Any, **said: Any) -> Any:
        run = start(*given, **said)
        while not run.status.is_final:
            time.sleep(0)
        threading.Timer(0.2, is_over.set).start()
        return run

    monkeypatch.setattr(environment, "capture", late_capture)
    monkeypatch.setattr(starting, "_start", start_and_miss_its_end)
    assert study.run(debug=True).steps["A"].status == "cached"


def test_skip_leaves_out_a_step_and_what_hangs_on_it(study: Study) -> None:
    assert statuses(study, "--skip", "B") == {"A": "cached", "B": "skipped", "C": "skipped"}
    assert study.run() == {}


def test_from_takes_the_present_outputs_of_earlier_steps(study: Study) -> None:
    study.write(edited(edited(CELLS, "A", "+ n ", "+ n + 1 "), "B", "+ BASE", "+ BASE + 1"))
    plan = study.plan("--from", "B")
    assert (plan["A"][0], plan["B"], plan["C"][0]) == ("cached", ("run", "code changed"), "depends")
    assert study.run("--from", "B") == {"B": "code changed", **MADE}


def test_only_runs_nothing_else(study: Study) -> None:
    study.write(edited(edited(CELLS, "A", "+ n ", "+ n + 1 "), "B", "+ BASE", "+ BASE + 1"))
    assert study.run("--only", "B") == {"B": "code changed"}
    assert "C" not in statuses(study, "--only", "B")


@pytest.mark.parametrize("option", ["--from", "--only"])
def test_outputs_that_are_to_be_taken_and_are_not_kept_are_an_error_before_anything_runs(
    folder: Path, option: str
) -> None:
    study = Study(folder, "fresh" + option.strip("-"))
    before = len(study.ask("runs", "--json").document["runs"])
    answer = study.ask("run", f"{study.name}.ipynb", option, "B", "--json")
    assert (answer.code, answer.document["error"]["type"]) == (2, "ArtifactMissing")
    assert len(study.ask("runs", "--json").document["runs"]) == before


def test_accepted_outputs_are_up_to_date_until_something_else_changes(study: Study) -> None:
    refactored = edited(CELLS, "B", "b = shift(a) % 4 + BASE", "moved = shift(a) % 4\nb = moved + BASE")
    study.write(refactored)
    assert study.plan()["B"] == ("run", "code changed")
    assert {decision for decision, _ in study.plan("--accept", "B").values()} == {"cached"}
    assert study.run() == {}
    study.write(edited(refactored, "helpers", "+ OFFSET", "+ OFFSET + 0"))
    assert study.run() == {"B": "helper shift changed"}
    study.write()
    assert study.run() == {}


FAILURES = {
    "failed": ("", "raise ValueError('no')", "failed", 1),
    "failed after all outputs were there": (
        "",
        "open('o' + 'ut', 'w').close()\nraise ValueError('no')",
        "failed",
        1,
    ),
    "timed out": ("--timeout 200ms", "import time; time.sleep(60)", "failed", 1),
    "killed": ("", "import os; os.kill(os.getpid(), 9)", "failed", 1),
    "ended": ("", "import os; os._exit(0)", "failed", 1),
}


@pytest.mark.parametrize(("options", "code", "status", "exit_code"), FAILURES.values(), ids=FAILURES.keys())
def test_an_attempt_that_did_not_complete_is_never_a_hit(
    project: NewProject, options: str, code: str, status: str, exit_code: int
) -> None:
    study = project("%%step A\na = 1", f"%%step B {options}\nb = a\n{code}", "%%step C\nc = b")
    for again in range(2):
        answer = study.jupyter_pipes_here("run", "study.ipynb", "--json")
        assert answer.code == exit_code
        assert answer.step("A")["status"] == ("cached" if again else "completed")
        assert (answer.step("B")["status"], len(answer.step("B")["attempts"])) == (status, 1)
        assert answer.step("C")["status"] == "skipped"


def test_a_cancelled_attempt_is_never_a_hit(project: NewProject) -> None:
    study = project(
        "%%step A\na = 1",
        "%%step B\nimport time\nfrom pathlib import Path\nb = a\nPath('the' + 're').touch()\n"
        "while not Path('g' + 'o').exists():\n    time.sleep(0.01)",
    )
    process = study.start("run", "study.ipynb", "--json")
    while not (study.folder / "there").exists():
        assert process.poll() is None
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 3
    (study.folder / "go").touch()
    assert list(ran(study.jupyter_pipes_here("run", "study.ipynb", "--json").document["steps"])) == ["B"]


def waiting_for(study: Project) -> str:
    """Return the reason of step A in the newest run of a notebook; "" while there is none."""
    answer = study.jupyter_pipes_here("show", "last", "--notebook", study.path.name, "--json")
    return answer.step("A")["reason"] if answer.code == 0 else ""


@pytest.mark.timeout(90)
def test_of_two_processes_with_the_same_signature_one_computes_and_the_other_takes_it(tmp_path: Path) -> None:
    cells = [
        "from pathlib import Path\nimport time",
        "%%step A\nwith open('l' + 'og', 'a') as log:\n    log.write('ran\\n')\n"
        "while not Path('g' + 'o').exists():\n    time.sleep(0.01)\na = 1",
    ]
    first = Project(tmp_path, *cells)
    second = Project(tmp_path, *cells)
    second.path = tmp_path / "copy.ipynb"
    second.write(*cells)
    one = first.start("run", "study.ipynb", "--json")
    while not (tmp_path / "log").exists():
        assert one.poll() is None
    two = second.start("run", "copy.ipynb", "--json")
    while "computes the same" not in waiting_for(second):
        assert two.poll() is None
    (tmp_path / "go").touch()
    outcomes = [process.communicate(timeout=60)[0] for process in (one, two)]
    assert [process.returncode for process in (one, two)] == [0, 0]
    assert (tmp_path / "log").read_text() == "ran\n"
    assert ['"completed"' in outcomes[0], '"cached"' in outcomes[1]] == [True, True]


def test_the_version_of_a_package_that_the_code_reaches_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"

    def install(name: str, version: str) -> None:
        for old in installed.glob(f"{name}-*"):
            (old / "METADATA").unlink()
            old.rmdir()
        (installed / name).mkdir(parents=True, exist_ok=True)
        (installed / name / "__init__.py").write_text("def answer():\n    return 42\n")
        folder = installed / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    monkeypatch.setenv("PYTHONPATH", str(installed))
    install("oracle", "1.0")
    install("bystander", "1.0")
    (tmp_path / "work").mkdir()
    study = Project(
        tmp_path / "work",
        "import oracle\nimport bystander",
        "def ask():\n    return oracle.answer()",
        "%%step A\na = 1",
        "%%step B\nb = ask() + a",
        "%%step C\nc = b",
    )

    def run() -> dict[str, str]:
        return ran(study.jupyter_pipes("run", "study.ipynb", "--json").document["steps"])

    assert list(run()) == ["A", "B", "C"]
    install("bystander", "2.0")
    assert run() == {}
    install("oracle", "1.1")
    assert run() == {"B": "oracle 1.0 → 1.1"}
    install("oracle", "1.0")
    assert run() == {}
