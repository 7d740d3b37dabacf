"""Changes that no code shows, as a user sees them: the values of one kernel, told, then cached."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import NewProject

ONE = "%%step load\nxs = [1]"
ADD = "import operator\nadd = operator.methodcaller('append', 2)"
LOAD = "%%step load\nxs = [1]\nys = xs"
CHANGE = f"%%step change\n{ADD}\nadd(xs)"
COUNT = "%%step count\nn = len(xs)"
NOTEBOOKS = {
    "a later reader": ([LOAD, CHANGE, COUNT], {"n": 2}),
    "another name of the object": ([LOAD, CHANGE, "%%step other\nm = len(ys), len(xs)"], {"m": (2, 2)}),
    "one change after the other": ([LOAD, CHANGE, CHANGE.replace("change", "again"), COUNT], {"n": 3}),
    "what hangs on a reader": ([LOAD, CHANGE, COUNT, "%%step double\nd = 2 * n"], {"d": 4}),
    "an earlier reader": (
        ["%%step load\nxs = [1]", COUNT, CHANGE, "%%step more\nm = len(xs)"],
        {"n": 1, "m": 2},
    ),
    "a parameter": (["%%params\nxs: list = [1]", CHANGE, COUNT], {"n": 2}),
    "a name bound anew": ([LOAD, CHANGE, "%%step anew\nxs = []", COUNT], {"n": 0}),
    "a list in a dict": (
        ["%%step load\nd = {'xs': [1]}\nxs = d['xs']", CHANGE, "%%step count\nn = len(d['xs'])"],
        {"n": 2},
    ),
    "a reader that failed on the old value": (
        [LOAD, CHANGE, "%%step check\nassert len(xs) == 2\nok = True"],
        {"ok": True},
    ),
    "--out has the last word": ([LOAD, CHANGE.replace("change", "change --out add", 1), COUNT], {"n": 1}),
}


@pytest.mark.parametrize(("cells", "values"), NOTEBOOKS.values(), ids=NOTEBOOKS.keys())
def test_the_values_are_those_of_one_kernel_and_nothing_runs_twice(
    project: NewProject, cells: list[str], values: dict[str, object]
) -> None:
    study = project(*cells)
    run = study.run()
    assert {name: run[name] for name in values} == values
    assert study.ran() == []


def test_what_was_seen_is_told_and_forgotten_with_the_code_that_did_it(project: NewProject) -> None:
    study = project(ONE, CHANGE, COUNT)
    run = study.run()
    note = "changed xs in place, which its code does not show: later steps that read xs wait for it"
    assert note in run.steps["change"].notes
    study.write(ONE.replace("[1]", "[0]"), CHANGE, COUNT)
    plan = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert plan.step("count")["reads"] == {"xs": "change"}
    assert "reads xs of change, as runs showed" in plan.step("count")["reasons"]
    assert "reads xs of change, as runs showed" in study.jupyter_pipes_here("why", "study.ipynb", "count").out
    study.write(ONE, "%%step change\nk = len(xs)", COUNT)
    study.run()
    assert study.jupyter_pipes_here("plan", "study.ipynb", "--json").step("count")["reads"] == {"xs": "load"}
    assert study.run()["n"] == 1


def test_each_parameter_value_has_its_own_edges(project: NewProject) -> None:
    study = project("%%params\nhow: bool = True", LOAD, f"%%step change\n{ADD}\nif how: add(xs)", COUNT)
    values = [study.run(params={"how": how})["n"] for how in (True, False, True, False)]
    assert values == [2, 1, 2, 1]


def test_the_version_stays(project: NewProject) -> None:
    study = project(LOAD, CHANGE, COUNT)
    assert {study.run().view.version for _ in range(2)} == {"1.0.0"}


def test_steps_that_use_one_file_keep_their_order_from_the_second_run_on(project: NewProject) -> None:
    write = "%%step write\nname = 'made' + '.txt'\nopen(name, 'w').write('{}');"
    read = "%%step read {}\nx = open('made' + '.txt').read()"
    study = project(write.format(1), read.format("--after write"))
    assert study.run()["x"] == "1"
    study.write(write.format(2), read.format(""))
    plan = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert plan.step("read")["after"] == ["write"]
    assert "waits for write, as both use made.txt" in plan.step("read")["reasons"]
    assert study.run()["x"] == "2"
    assert study.ran() == []


SHOWN_BY_CODE = {
    "a text file": ("open('out.csv', 'w').write('a');", "text = open('out.csv').read()"),
    "a path in parts": (
        "from pathlib import Path\nPath('.', 'out.csv').write_text('a');",
        "from pathlib import Path\nfolder = Path('.')\ntext = (folder / 'out.csv').read_text()",
    ),
    "a database": (
        "import sqlite3\nwith sqlite3.connect('d.db') as db: "
        "db.execute(\"create table a as select 'a' as x\");",
        "import sqlite3\nwith sqlite3.connect('d.db') as db: "
        "text = db.execute('select x from a').fetchone()[0]",
    ),
}


@pytest.mark.parametrize(("write", "read"), SHOWN_BY_CODE.values(), ids=SHOWN_BY_CODE.keys())
def test_steps_whose_code_names_a_file_that_one_may_write_keep_their_order(
    project: NewProject, write: str, read: str
) -> None:
    study = project(f"%%step write\nimport time\ntime.sleep(0.3)\n{write}", f"%%step read\n{read}")
    plan = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert plan.step("read")["after"] == ["write"]
    assert study.run()["text"] == "a"
    assert study.ran() == []


TOO_EARLY = {
    "a file that is not there yet": (
        "open('out' + str(1), 'w').write('a');",
        "text = open('out' + str(1)).read()",
    ),
    "a database without its table": (
        "import sqlite3\nwith sqlite3.connect('d' + str(1)) as db: "
        "db.execute(\"create table a as select 'a' as x\");",
        "import sqlite3\nwith sqlite3.connect('d' + str(1)) as db: "
        "text = db.execute('select x from a').fetchone()[0]",
    ),
}


@pytest.mark.parametrize(("write", "read"), TOO_EARLY.values(), ids=TOO_EARLY.keys())
def test_a_reader_that_came_too_early_reads_again_and_waits_from_then_on(
    project: NewProject, write: str, read: str
) -> None:
    study = project(f"%%step write\nimport time\ntime.sleep(1)\n{write}", f"%%step read\n{read}")
    run = study.run()
    assert run["text"] == "a"
    assert any("write wrote" in reason for reason in run.steps["read"].decision_reasons)
    assert study.ran() == []
    plan = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert plan.step("read")["after"] == ["write"]


def test_a_file_that_several_steps_write_is_for_each_reader_what_the_notebook_has_there(
    project: NewProject,
) -> None:
    write = "%%step {}\nopen('t.txt', 'w').write('{}');"
    read = "%%step {0}\n{0} = open('t.txt').read()"
    rest = (read.format("first"), write.format("again", 5), read.format("second"))
    study = project(write.format("write", 1), *rest)
    run = study.run()
    assert (run["first"], run["second"]) == ("1", "5")
    assert study.ran() == [], "what a later step left there is no news for an earlier reader"
    study.write(write.format("write", 2), *rest)
    run = study.run()
    assert (run["first"], run["second"]) == ("2", "5")
    assert run.steps["again"].decision_reasons == ("write wrote t.txt, which it writes as well",)
    assert study.ran() == []


@pytest.mark.parametrize(
    "add",
    [
        "with open('t.txt', 'a') as f: f.write('{}')",
        "old = open('t.txt').read()\nopen('t.txt', 'w').write(old + '{}');",
    ],
)
def test_a_step_that_adds_once_more_to_what_others_wrote_is_told_so_with_the_remedy(
    project: NewProject, add: str
) -> None:
    rest = ("%%step write\nopen('t.txt', 'w').write('1');", "%%step read\ntext = open('t.txt').read()")
    study = project(rest[0], "%%step add\n" + add.format(2), rest[1])
    assert study.run()["text"] == "12"
    study.write(rest[0], "%%step add\n" + add.format(3), rest[1])
    told = "t.txt holds its last change already: --force write begins anew"
    plan = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert told in plan.step("add")["reasons"]
    run = study.run(force=["write"])
    assert run["text"] == "13"
    assert told not in run.steps["add"].decision_reasons
