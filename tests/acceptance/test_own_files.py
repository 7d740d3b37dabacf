"""What a step wrote itself is never its input; what it read is, by whichever library."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.project import Project

WRITERS = {
    "a table": "import pandas as pd\npd.DataFrame({'a': [1]}).to_csv('out.csv')\nx = 1",
    "parquet": "import polars as pl\npl.DataFrame({'a': [1]}).write_parquet('out.parquet')\nx = 1",
    "a figure with a date": "import time\nwith open('plot.pdf', 'w') as f: f.write(str(time.time()))\nx = 1",
    "a database": "import sqlite3\nwith sqlite3.connect('out.db') as c:\n"
    "    c.execute('create table if not exists t (x)'); c.execute('insert into t values (1)')\n"
    "c.close(); del c\nx = 1",
    "a log": "with open('app.log', 'a') as log: log.write('done\\n')\nx = 1",
    "a counter": "from pathlib import Path\np = Path('count.txt')\n"
    "n = int(p.read_text()) + 1 if p.exists() else 1\np.write_text(str(n));",
    "a scratch file": "with open('scratch.txt', 'w') as f: f.write('a')\nx = open('scratch.txt').read()",
    "a file outside": "import time\nwith open('../out.txt', 'w') as f: f.write(str(time.time()))\nx = 1",
    "a command": "!date +%N > out.txt\nx = 1",
    "in a new folder": "import os, polars as pl\nos.makedirs('figures/a', exist_ok=True)\n"
    "pl.DataFrame({'a': [1]}).write_csv('figures/a/out.csv')\nx = 1",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


def test_a_step_is_not_rerun_for_what_it_wrote(folder: Path) -> None:
    steps = [f"%%step s{place}\n{body}" for place, body in enumerate(WRITERS.values())]
    project = Project(folder, *steps)
    # Some are there before: the notebook ran plainly once.
    for name in ("out.csv", "count.txt", "scratch.txt"):
        (folder / name).write_text("0")
    assert len(project.ran()) == len(WRITERS)
    assert project.ran() == []
    assert project.ran() == []


def test_what_a_step_takes_out_of_a_folder_is_no_news_until_it_comes_again(folder: Path) -> None:
    inbox = folder / "inbox"
    take = "for path in Path('inbox').iterdir():\n    taken[path.name] = path.read_text()\n    path.unlink()"
    project = Project(folder, f"%%step take\nfrom pathlib import Path\ntaken = {{}}\n{take}")
    inbox.mkdir()
    (inbox / "a.txt").write_text("a")
    assert project.run()["taken"] == {"a.txt": "a"}
    assert project.ran() == []
    for came in ({"b.txt": "b"}, {"a.txt": "again"}):
        for name, text in came.items():
            (inbox / name).write_text(text)
        assert project.run()["taken"] == came
    assert project.ran() == []


def test_a_file_that_is_gone_is_told_and_made_again_when_that_is_asked_for(folder: Path) -> None:
    project = Project(folder, f"%%step table\n{WRITERS['a log']}")
    run = project.run()
    (folder / "app.log").unlink()
    note = "app.log, which it wrote, is gone: --force table makes it again, --out-file app.log keeps it"
    (planned,) = project.jupyter_pipes_here("plan", "study.ipynb", "--json").document["steps"]
    assert (planned["decision"], planned["reasons"]) == (
        "cached",
        [f"nothing changed since run {run.id}", note],
    )


def test_a_file_that_a_later_step_writes_is_no_news_for_an_earlier_one(folder: Path) -> None:
    check = "%%step check\nfrom pathlib import Path\nis_there = Path('cache.txt').exists()"
    project = Project(folder, check, "%%step write\nwith open('cache.txt', 'w') as f: f.write('a')\nx = 1")
    assert project.ran() == ["check", "write"]
    assert project.ran() == []


def test_a_named_file_that_comes_to_be_there_is_news(folder: Path) -> None:
    project = Project(folder, "%%step check\nfrom pathlib import Path\nis_there = Path('extra.txt').exists()")
    assert (project.ran(), project.ran()) == (["check"], [])
    (folder / "extra.txt").write_text("a")
    assert project.run().steps["check"].decision_reasons == ("file extra.txt is new",)
    assert project.ran() == []


def test_what_comes_into_a_folder_that_a_step_lists_is_news(folder: Path) -> None:
    (folder / "data").mkdir()
    project = Project(
        folder, "%%step check\nimport os\nnames = sorted(os.listdir('-'.join(['data'])))\nn = len(names)"
    )
    assert (project.ran(), project.ran()) == (["check"], [])
    (folder / "data" / "a.csv").write_text("1")
    (reason,) = project.run().steps["check"].decision_reasons
    assert reason == "data/a.csv, in a folder that it lists, is new"
    assert project.ran() == []
    (folder / "data" / "a.csv").unlink()
    assert project.ran() == [], "what is kept of the empty folder is right again"


def test_what_later_steps_leave_in_a_folder_is_no_news_for_one_that_lists_it(folder: Path) -> None:
    check = "%%step check\nimport os\nn = len([name for name in os.listdir() if name.endswith('.csv')])"
    write = "%%step write\nopen('-'.join(['a', 'b.csv']), 'w').close()\nx = 1"
    project = Project(folder, check, write)
    assert sorted(project.ran()) == ["check", "write"]
    assert project.ran() == []


def test_who_lists_a_folder_runs_again_when_an_earlier_step_leaves_other_files_there(folder: Path) -> None:
    make = "import os\nos.makedirs('d', exist_ok=True)"
    write = f"%%step write\n{make}\nfor i in range({{}}):\n    open('d/' + str(i), 'w').close()"
    check = "%%step check\nimport os\nn = len(os.listdir('-'.join(['d'])))"
    assert Project(folder, write.format(2), check).run()["n"] == 2
    assert Project(folder, write.format(2), check).ran() == []
    assert Project(folder, write.format(3), check).run()["n"] == 3


def test_a_named_file_that_is_gone_is_news_too(folder: Path) -> None:
    (folder / "extra.txt").write_text("a")
    project = Project(folder, "%%step check\nfrom pathlib import Path\nis_there = Path('extra.txt').exists()")
    assert (project.ran(), project.ran()) == (["check"], [])
    (folder / "extra.txt").unlink()
    assert project.run().steps["check"].decision_reasons == ("file extra.txt is gone",)


def test_undoing_the_change_of_a_file_finds_the_earlier_result(folder: Path) -> None:
    (folder / "data.csv").write_text("1")
    project = Project(folder, "%%step load\nx = open('data.csv').read()")
    assert (project.ran(), project.ran()) == (["load"], [])
    (folder / "data.csv").write_text("22")
    assert (project.ran(), project.ran()) == (["load"], [])
    (folder / "data.csv").write_text("1")
    assert project.ran() == []


def test_steps_that_leave_nothing_are_kept_each_under_its_own_name(folder: Path) -> None:
    body = "print('x', file=open('a' + '.log', 'a'))"
    project = Project(folder, f"%%step one\n{body}", f"%%step two --after one\n{body}")
    assert project.ran() == ["one", "two"]
    assert ((folder / "a.log").read_text(), project.ran()) == ("x\nx\n", [])


def test_a_step_whose_last_try_failed_says_so(folder: Path) -> None:
    project = Project(folder, "%%step a\nx = 1 / 0")
    first = project.run(check=False)
    assert first.steps["a"].decision_reasons == ("first run",)
    second = project.run(check=False)
    assert second.steps["a"].decision_reasons == (f"failed in run {first.id}",)
    project.write("%%step a\nx = 1 / 1")
    assert project.run().steps["a"].decision_reasons == (f"failed in run {second.id}",)


@pytest.mark.parametrize(
    "body", ["a = 1\na + 1;", "%time a = 1", "!echo a", "def f():\n    return 'a'\nf();"]
)
def test_comments_blank_lines_and_kinds_of_quotes_do_not_count(folder: Path, body: str) -> None:
    project = Project(folder, f"%%step one\n{body}")
    assert project.ran() == ["one"]
    for other in (f"{body}  # why", f"# above\n\n{body}\n# below\n\n", body.replace("'", '"'), f"{body}   "):
        if not other.startswith("%time") or "#" not in other:
            project.write(f"%%step one\n{other}")
            assert project.ran() == [], other


def test_a_semicolon_counts(folder: Path) -> None:
    project = Project(folder, "%%step one\na = 1\na + 1;  # hidden")
    assert project.ran() == ["one"]
    project.write("%%step one\na = 1\na + 1  # not hidden;")
    assert project.ran() == ["one"]
