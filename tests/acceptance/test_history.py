"""Kept runs: versions, questions, comparisons, taking up and repeating, labels and progress."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Answer, Project

CELLS = [
    "from pathlib import Path\nfrom jupyter_pipes import current",
    "%%params\nn: int = 1\nlr: float = 0.1",
    "def double(x):\n    return x * 2",
    "%%step load\nxs = list(range(n))",
    "%%step train --after load\nmodel = double(sum(xs))\ncurrent.metric('auc', lr + 0.5)",
    "%%step report\ntext = f'{model}'",
]


def changed(place: int, old: str, new: str) -> list[str]:
    """Return the cells with a change in one of them."""
    assert old in CELLS[place]
    return [cell.replace(old, new) if at == place else cell for at, cell in enumerate(CELLS)]


def run(study: Project, *words: str, code: int = 0) -> Any:
    """Run the notebook in this process and return the document."""
    answer = study.jupyter_pipes_here("run", "study.ipynb", "--json", *words)
    assert answer.code == code, answer.out + answer.err
    return answer.document


def ask(study: Project, *words: str) -> Any:
    """Carry out a command in this process and return its document."""
    answer = study.jupyter_pipes_here(*words, "--json")
    assert answer.code == 0, answer.out + answer.err
    return answer.document


def found(study: Project, *query: str) -> list[str]:
    """Return the ids of the runs that a query finds, the oldest first."""
    return sorted(each["run"] for each in ask(study, "runs", *query)["runs"])


VERSIONS = [
    ("nothing", CELLS, "1.0.0"),
    ("a comment and layout", changed(4, "model =", "# why\nmodel  ="), "1.0.0"),
    ("code of a step", changed(4, "double(sum(xs))", "double(sum(xs)) + 1"), "1.0.1"),
    ("a helper", changed(2, "x * 2", "2 * x"), "1.0.2"),
    ("a default", changed(1, "n: int = 1", "n: int = 2"), "1.0.3"),
    ("the graph", [*CELLS, "%%step late --after report\nend = 1"], "1.0.4"),
    ("an edge", changed(5, "%%step report", "%%step report --after load"), "1.0.5"),
    ("all as at first", CELLS, "1.0.0"),
    ("the helper again", changed(2, "x * 2", "2 * x"), "1.0.2"),
    ("something new", changed(2, "x * 2", "x + x"), "1.0.6"),
]


def test_the_version_goes_up_with_code_graph_and_defaults_and_comes_back_with_them(
    project: NewProject,
) -> None:
    study = project(*CELLS)
    for what, cells, version in VERSIONS:
        study.write(*cells)
        assert run(study)["version"] == version, what
    assert run(study, "-p", "n=5")["version"] == "1.0.6"
    listed = {each["version"] for each in ask(study, "runs")["runs"]}
    assert listed == {version for _, _, version in VERSIONS}


def test_runs_answers_queries(project: NewProject) -> None:
    study = project(*CELLS, "%%step frail --after train\nassert n < 3, 'too many'")
    first, second = run(study)["run"], run(study, "-p", "n=2", "lr=0.3")["run"]
    failed = run(study, "-p", "n=3", code=1)["run"]
    ask(study, "tag", first, "work", "fun-stuff")
    ask(study, "tag", second, "work")
    ask(study, "rename", second, "higher", "rate")
    answers = {
        "status:failed": [failed],
        "params.lr:0.3": [second],
        "metrics.auc:[0.7 TO 1]": [second],
        "metrics.auc:{0.6 TO 1]": [second],
        "params.n:{1 TO 3}": [second],
        'tags:(+work -"fun-stuff")': [second],
        "tags:fun*": [first],
        "steps.frail.status:failed": [failed],
        "steps.train.status:completed AND NOT status:failed": [first, second],
        "version:1.0.0": [first, second, failed],
        "status:fialed~": [failed],
        "started:[2000-01-01 TO 2001-01-01]": [],
        "higher": [second],
    }
    for query, runs in answers.items():
        assert found(study, query) == sorted(runs), query
    broken = study.jupyter_pipes_here("runs", "status:(failed", "--json")
    assert (broken.code, broken.document["error"]["type"]) == (2, "UsageError")
    assert "^" in broken.err or "status:(failed" in broken.err


def test_compare_tells_only_what_differs(project: NewProject) -> None:
    study = project(*CELLS)
    a = run(study, "-p", "n=3")["run"]
    study.write(*changed(2, "x * 2", "x * 3"))
    b = run(study, "-p", "n=3", "lr=0.2")["run"]
    document = ask(study, "compare", a, b)
    assert document["runs"] == [a, b]
    differences = {(each["step"], each["what"], each["name"]): each for each in document["differences"]}
    # It was reused by the second run, and has no other difference.
    assert not [
        key for key in differences if key[0] == "load" and key[1] not in ("decision", "status", "seconds")
    ]
    parameter = next(each for key, each in differences.items() if key[2] == "lr")
    assert (parameter["a"], parameter["b"]) == (0.1, 0.2)
    assert any("x * 3" in each["diff"] and "x * 2" in each["diff"] for each in differences.values())
    metric = next(each for key, each in differences.items() if key[2] == "auc")
    assert (metric["a"], metric["b"]) == (0.6, 0.7)
    assert any(key[0] == "train" and key[2].startswith("model") for key in differences)
    assert ("1.0.0", "1.0.1") in [(each["a"], each["b"]) for each in differences.values()]
    assert ask(study, "compare", a, a)["differences"] == []


FRAIL = [
    "from pathlib import Path",
    "%%params\nn: int = 1",
    "%%step a\na = n\nwith open('l' + 'og', 'a') as log:\n    log.write('a\\n')",
    "%%step b\nif not Path('g' + 'o').exists():\n    raise RuntimeError('not yet')\nb = a + 1",
    "%%step c\nc = b + 1",
]


def test_a_failed_run_is_taken_up_again_under_its_id_and_what_completed_is_not_repeated(
    project: NewProject,
) -> None:
    study = project(*FRAIL)
    failed = run(study, "-p", "n=5", code=1)
    (study.folder / "go").touch()
    study.write("%%step other\nx = 1")
    resumed = ask(study, "resume", failed["run"], "--notebook", "study.ipynb")
    assert (resumed["run"], resumed["status"]) == (failed["run"], "completed")
    assert {step["name"]: len(step["attempts"]) for step in resumed["steps"]} == {"a": 1, "b": 2, "c": 1}
    assert (study.folder / "log").read_text() == "a\n"
    assert ask(study, "get", "study.ipynb", "c", "--run", failed["run"])["values"]["c"]["repr"] == "7"
    again = study.jupyter_pipes_here("resume", failed["run"], "--json")
    assert again.code == 2


SLOW = [
    "from pathlib import Path\nimport time\nfrom jupyter_pipes import current",
    "%%step a\na = 1\nwith open('l' + 'og', 'a') as log:\n    log.write('a\\n')",
    "%%step b\ncurrent.progress(1, 2)\nPath('the' + 're').touch()\n"
    "while not Path('g' + 'o').exists():\n    time.sleep(0.01)\nb = a + 1",
    "%%step c\nc = b + 1",
    "%%step d\nd = c + 1",
]


@pytest.fixture
def under_way(project: NewProject) -> Any:
    """Return a project whose run is in the middle of its second step, and the process of the run."""
    study = project(*SLOW)
    process = study.start("run", "study.ipynb", "--json")
    while not (study.folder / "there").exists():
        assert process.poll() is None, process.communicate()
    yield study, process
    (study.folder / "go").touch()
    process.communicate(timeout=60)


UnderWay = tuple[Project, "subprocess.Popen[str]"]


@pytest.mark.timeout(120)
def test_a_run_whose_process_was_killed_is_interrupted_and_taken_up_again(under_way: UnderWay) -> None:
    study, process = under_way
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (listed,) = ask(study, "runs")["runs"]
    assert listed["status"] == "interrupted"
    (study.folder / "go").touch()
    resumed = ask(study, "resume", "last")
    assert (resumed["run"], resumed["status"]) == (listed["run"], "completed")
    assert (study.folder / "log").read_text() == "a\n"
    assert ask(study, "get", "study.ipynb", "d")["values"]["d"]["repr"] == "4"


@pytest.mark.timeout(120)
def test_a_run_under_way_is_watched_and_labelled_from_another_process(under_way: UnderWay) -> None:
    study, process = under_way
    progress = 0.0
    while progress < 0.3:
        # One of four steps has ended, and half of another is done.
        (listed,) = ask(study, "runs")["runs"]
        assert listed["status"] == "running"
        assert progress <= listed["progress"] < 0.5
        progress = listed["progress"]
    assert progress == pytest.approx(1.5 / 4)
    other = study.jupyter_pipes("tag", "last", "watched", "--json")
    assert other.code == 0
    assert study.jupyter_pipes_here("rename", "last", "a", "title").code == 0
    assert study.jupyter_pipes_here("archive", "last").code == 0
    assert ask(study, "runs")["runs"] == []
    assert study.jupyter_pipes_here("archive", "last", "--undo").code == 0
    assert study.jupyter_pipes_here("resume", "last", "--json").code == 2
    (study.folder / "go").touch()
    out, _ = process.communicate(timeout=60)
    assert Answer(process.returncode, out, "").document["status"] == "completed"
    (listed,) = ask(study, "runs", "tags:watched")["runs"]
    assert (listed["title"], listed["tags"]) == ("a title", ["watched"])
    assert (listed["status"], listed["progress"]) == ("completed", 1)


def test_a_kept_run_is_repeated_with_its_own_code_and_other_values(project: NewProject) -> None:
    study = project(*CELLS)
    first = run(study, "-p", "n=3")
    study.write(*changed(2, "x * 2", "x * 100"))
    assert ask(study, "get", "study.ipynb", "model", "--run", first["run"])["values"]["model"]["repr"] == "6"
    repeated = run(study, "--of", first["run"], "-p", "n=4")
    assert repeated["run"] != first["run"]
    assert (repeated["version"], repeated["params"]) == (first["version"], {"n": 4, "lr": 0.1})
    values = ask(study, "get", "study.ipynb", "model", "--run", repeated["run"])["values"]
    assert values["model"]["repr"] == "12"
    assert run(study, "-p", "n=4")["version"] == "1.0.1"


def test_the_commit_and_the_packages_of_a_run_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"

    def install(version: str) -> None:
        folder = installed / f"oracle-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: oracle\nVersion: {version}\n")

    def commit(text: str) -> str:
        (folder / "notes.txt").write_text(text)
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["add", "notes.txt"], [*who, "commit", "-qm", text]):
            subprocess.run(["git", *words], cwd=folder, check=True)
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True)
        return head.stdout.decode().strip()

    folder = tmp_path / "work"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    study = Project(folder, "%%step a\nx = 1")
    runs: list[str] = []
    commits: list[str] = []
    for number in ("1.0", "1.1"):
        for old in installed.glob("*"):
            (old / "METADATA").unlink()
            old.rmdir()
        install(number)
        commits.append(commit(number))
        runs.append(study.jupyter_pipes("run", "study.ipynb", "--json").document["run"])
    pairs = [(each["a"], each["b"]) for each in ask(study, "compare", *runs)["differences"]]
    assert ("1.0", "1.1") in pairs
    assert any(str(a) and commits[0].startswith(str(a)) and commits[1].startswith(str(b)) for a, b in pairs)
