"""Files that pass from step to step, as a user sees them: order, reruns, notes, refusals."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.project import Project
from tests.waiting import until

LOAD = "%%step load --out-file out.csv\nfrom pathlib import Path\nPath('out.csv').write_text('a\\n{}\\n');"
USE = "%%step use\nfrom pathlib import Path\nn = len(Path('out.csv').read_text())"


def test_the_file_orders_the_steps_and_is_shown_as_data(tmp_path: Path) -> None:
    project = Project(tmp_path, LOAD.format(1), USE)
    assert project.jupyter_pipes_here("plan", "study.ipynb", "--json").step("use")["reads"] == {
        "out.csv": "load"
    }
    answer = project.jupyter_pipes("run", "study.ipynb", "use", "--json")
    assert answer.code == 0, answer.err
    assert answer.step("use")["reads"] == {"out.csv": "load"}
    (kept,) = answer.step("load")["artifacts"]
    assert (kept["name"], kept["type"], kept["bytes"]) == ("out.csv", "file", 4)


def test_a_kept_file_is_written_as_it_is_whatever_the_ending(tmp_path: Path) -> None:
    project = Project(tmp_path, LOAD.format(1))
    project.run()
    for name in ("copy.csv", "copy.json", "copy"):
        answer = project.jupyter_pipes("get", "study.ipynb", "out.csv", "--output", name)
        assert answer.code == 0, answer.err
        assert (tmp_path / name).read_bytes() == b"a\n1\n"


def test_a_file_is_put_back_and_only_another_content_reruns_its_readers(tmp_path: Path) -> None:
    project = Project(tmp_path, LOAD.format(1), USE)
    assert project.ran() == ["load", "use"]
    (tmp_path / "out.csv").unlink()
    assert project.ran() == []
    assert (tmp_path / "out.csv").read_text() == "a\n1\n"
    (tmp_path / "out.csv").write_text("by hand")
    assert project.ran() == []
    assert (tmp_path / "out.csv").read_text() == "a\n1\n"
    project.write(f"{LOAD.format(1)}\nx = 1", USE)
    assert project.ran() == ["load"]
    project.write(LOAD.format(2), USE)
    assert project.ran() == ["load", "use"]


def test_what_read_another_content_than_it_was_handed_is_not_taken_for_the_result(tmp_path: Path) -> None:
    """Two runs with other parameters at once, or people, write it between the decision and the reading."""
    use = (
        "%%step use\nimport os, time\nfrom pathlib import Path\nPath('begun').touch()\n"
        "while not os.path.exists('g' + 'o'):\n    time.sleep(0.01)\nn = Path('out.csv').read_text()"
    )
    project = Project(tmp_path, LOAD.format(1), use)
    run = project.pipeline().start()
    until((tmp_path / "begun").exists, "the step's begin")
    (tmp_path / "out.csv").write_text("theirs")
    (tmp_path / "go").touch()
    assert run.wait()["n"] == "theirs"
    (planned,) = [step for step in project.pipeline().plan().steps if step.name == "use"]
    assert planned.reasons == ("file out.csv had other content while it ran",)
    assert project.ran() == ["use"]
    assert project.run()["n"] == "a\n1\n"
    assert project.ran() == []


def test_a_file_that_nobody_said_is_noted(tmp_path: Path) -> None:
    write = "%%step load\nname = 'out' + '.csv'\nopen(name, 'w').write('1')\nx = 1"
    project = Project(tmp_path, write, "%%step use --after load\ny = open('out' + '.csv').read()")
    expected = "it read out.csv, which step load writes: say --out-file out.csv on load"
    assert [note.startswith(expected) for note in project.run().steps["use"].notes] == [True]


def test_a_file_that_neither_is_there_nor_is_made_is_told_before_anything_runs(tmp_path: Path) -> None:
    project = Project(tmp_path, "%%step a\nx = 1", "%%step b --file none.csv\ny = x")
    answer = project.jupyter_pipes_here("run", "study.ipynb", "--json")
    assert answer.code == 2
    (problem,) = answer.document["error"]["diagnostics"]
    assert (problem["code"], problem["step"], problem["line"]) == ("JP025", "b", 1)
    assert "none.csv" in problem["message"]
    assert project.jupyter_pipes_here("plan", "study.ipynb", "a").code == 0


def test_a_module_exported_has_the_same_edges(tmp_path: Path) -> None:
    project = Project(tmp_path, LOAD.format(1), USE)
    assert project.jupyter_pipes_here("export", "study.ipynb", "flow.py").code == 0
    answer = project.jupyter_pipes_here("plan", "flow.py", "--json")
    assert answer.step("use")["reads"] == {"out.csv": "load"}
