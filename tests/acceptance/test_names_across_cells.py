"""Names across cells: what a plain notebook does is what the pipeline does, step by step in own processes."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import InvalidPipeline
from tests.acceptance.conftest import NewProject


def names_of(project: NewProject, *cells: str) -> dict[str, list[str]]:
    """Return what the prelude of each step binds."""
    return {
        step.name: sorted(name for piece in step.prelude for name in piece.names)
        for step in project(*cells).pipeline().graph.steps
    }


def test_setup_runs_before_every_step_with_its_names(project: NewProject) -> None:
    study = project(
        "%%setup\nimport os\nos.environ['SEED'] = '7'\nbase = 10",
        "%%step a\nx = base + int(os.environ['SEED'])",
        "%%step b\ny = os.environ['SEED'], x",
    )
    run = study.run()
    assert (run["x"], run["y"]) == (17, ("7", 17))


def test_imports_functions_and_classes_come_from_any_earlier_cell_and_only_those_reached(
    project: NewProject,
) -> None:
    found = names_of(
        project,
        "import math\nimport json as js",
        "limit = 3\nunused = 4\ndef helper(x):\n    return inner(x) + limit",
        "def inner(x):\n    return math.floor(x)",
        "class Point:\n    def __init__(self, x):\n        self.x = helper(x)",
        "%%step a\np = Point(2.5).x\ndef late(): return js.dumps(p0)\np0 = 1",
        "%%step b\nq = p",
        "%%step c\nr = late()",
    )
    assert found == {"a": ["Point", "helper", "inner", "js", "limit", "math"], "b": [], "c": ["js", "late"]}


def test_a_helper_of_a_step_cell_serves_later_steps_and_its_free_names_are_reads(project: NewProject) -> None:
    study = project(
        "%%step a\nfactor = 3\ndef scaled(x):\n    return x * factor",
        "%%step b\ny = scaled(2)",
        "%%step c\nfactor = 10\nz = scaled(2)",
    )
    run = study.run()
    assert (run["y"], run["z"]) == (6, 20)
    assert run.steps["b"].planned.reads == {"factor": "a"}


def test_a_name_bound_again_by_several_steps_is_each_readers_nearest(project: NewProject) -> None:
    study = project(
        "%%step a\ndf = [1]",
        "%%step b\nfirst = list(df)",
        "%%step c\ndf = df + [2]",
        "%%step d\nsecond = list(df)",
        "%%step e\ndf = [3]",
        "%%step f\nthird = list(df)",
    )
    run = study.run()
    assert [run["first"], run["second"], run["third"]] == [[1], [1, 2], [3]]
    reads = {name: step.planned.reads for name, step in run.steps.items()}
    assert (reads["b"], reads["d"], reads["e"], reads["f"]) == ({"df": "a"}, {"df": "c"}, {}, {"df": "e"})


MUTATIONS = {
    "item": ("x = {}", "x['k'] = 1", {"k": 1}),
    "append": ("x = [1]", "x.append(2)", [1, 2]),
    "augmented": ("x = 1", "x += 1", 2),
    "deleted item": ("x = {'a': 1, 'b': 2}", "del x['a']", {"b": 2}),
    "attribute": (
        "import types\nx = types.SimpleNamespace(v=1)",
        "x.v = 2",
        __import__("types").SimpleNamespace(v=2),
    ),
    "method of an unknown kind": (
        "import collections\nx = collections.Counter('a')",
        "x.update('a')",
        {"a": 2},
    ),
    "by a helper": ("x = []\ndef add(v):\n    x.append(v)", "add(5)", [5]),
    "through an alias": ("x = [1]", "y = x\ny.append(2)", [1, 2]),
    "in a loop": ("x = [[1], [2]]", "for part in x:\n    part.append(0)", [[1, 0], [2, 0]]),
    "sorting in place": ("x = [2, 1]", "x.sort()", [1, 2]),
}


@pytest.mark.parametrize(("made", "changed", "expected"), MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_change_in_place_is_seen_by_later_steps_and_not_by_those_in_between(
    project: NewProject, made: str, changed: str, expected: object
) -> None:
    study = project(
        f"%%step make\n{made}",
        "%%step before\nimport copy\nold = copy.deepcopy(x)",
        f"%%step change\n{changed}",
        "%%step after\nnew = x",
    )
    run = study.run()
    assert run["new"] == expected
    assert run["old"] != expected
    assert run.steps["after"].planned.reads == {"x": "change"}


def test_a_frame_that_gets_a_column_is_a_new_output(project: NewProject) -> None:
    study = project(
        "import pandas as pd",
        "%%step load\ndf = pd.DataFrame({'a': [1, 2]})",
        "%%step more\ndf['b'] = df['a'] * 2",
        "%%step drop\ndf.drop(columns='a', inplace=True)",
        "%%step look\ndf.plot.box\ndf.head()\ndf.describe()\ncolumns = list(df.columns)",
    )
    run = study.run()
    assert run["columns"] == ["b"]
    assert run.steps["look"].planned.writes == ("columns",)
    assert study.ran() == []


def test_plotting_changes_no_frame(project: NewProject) -> None:
    study = project(
        "import matplotlib\nmatplotlib.use('agg')\nimport pandas as pd",
        "%%step load\ndf = pd.DataFrame({'a': [1, 2]})",
        "%%step plot\ndf.plot.box()\ndf.plot.line()\ndf['a'].plot.hist()\n"
        "ax = df.plot()\nax.set_title('t')\nNone",
        "%%step use\nn = len(df)",
    )
    steps = {step.name: step for step in study.pipeline().graph.steps}
    assert steps["plot"].writes == ("ax",)
    assert steps["use"].reads == {"df": "load"}


def test_loop_counters_are_no_outputs_unless_read(project: NewProject) -> None:
    study = project(
        "%%step a\nn = 0\nfor i in range(3):\n    n += i",
        "%%step b\nfor j in range(4): pass",
        "%%step c\nk = j",
    )
    run = study.run()
    assert run.steps["a"].planned.writes == ("n",)
    assert run["k"] == 3


def test_the_last_word_on_paths_that_bind_only_sometimes(project: NewProject) -> None:
    study = project(
        "%%step a\nx = 1",
        "%%step b\nif x > 5:\n    x = 100",
        "%%step c\ny = x",
        "%%step d\nif y == 1:\n    z = 5",
    )
    run = study.run()
    assert run["y"] == 1
    assert "z" in {artifact.name for artifact in run.steps["d"].artifacts}


def test_an_output_that_a_path_did_not_bind_fails_its_step_and_names_it(project: NewProject) -> None:
    study = project("%%params\nbig: bool = False", "%%step a\nif big:\n    x = 1", "%%step b\ny = x")
    run = study.run(check=False)
    assert (run.steps["a"].status, run.steps["b"].status) == ("failed", "skipped")
    assert "x" in run.steps["a"].reason
    assert "without a value" in run.steps["a"].reason
    assert study.run(params={"big": True})["y"] == 1


def test_modules_are_code_and_what_is_set_in_them_holds_in_later_steps(project: NewProject) -> None:
    study = project(
        "import os", "%%step a\nos.environ['JP_ACC'] = '1'\nx = 1", "%%step b\ny = os.environ.get('JP_ACC')"
    )
    run = study.run()
    assert run["y"] == "1"
    assert run.steps["b"].planned.reads == {}


def test_local_modules_beside_the_notebook_can_be_imported(project: NewProject) -> None:
    study = project("import mine_acc", "%%step a\nx = mine_acc.double(4)")
    (study.folder / "mine_acc.py").write_text("def double(x):\n    return 2 * x\n")
    assert study.run()["x"] == 8
    assert study.ran() == []
    (study.folder / "mine_acc.py").write_text("def double(x):\n    return 3 * x\n")
    assert study.run()["x"] == 12


def test_ipython_syntax_works_in_steps(project: NewProject) -> None:
    study = project(
        "%%step shell\nlines = !echo one; echo two\nwhat = 'three'\nmore = !echo {what}",
        "%%step timed\n%time n = len(lines)",
        "%%step waits\nimport asyncio\nawait asyncio.sleep(0)\nm = n + 1",
        "%%step cellmagic\n%%time\nk = m + 1",
        "%%step last\nif (v := k) > 3:\n    w = f'{v=}'",
    )
    run = study.run()
    assert (list(run["lines"]), list(run["more"]), run["w"]) == (["one", "two"], ["three"], "v=4")


def test_an_instance_of_a_class_of_the_notebook_goes_from_step_to_step(project: NewProject) -> None:
    study = project(
        "from dataclasses import dataclass",
        "@dataclass\nclass Point:\n    x: int\n    def doubled(self):\n        return Point(2 * self.x)",
        "%%step a\np = Point(2)",
        "%%step b\nq = p.doubled()\nsame = q == Point(4)\nkind = isinstance(p, Point)",
    )
    run = study.run()
    assert (run["same"], run["kind"], run["q"].x) == (True, True, 4)


BAD = {
    "an undefined name": (["%%step a\nx = nowhere + 1"], "nowhere", ("a", 2)),
    "a name only a later step writes": (["%%step a\nx = y", "%%step b\ny = 1"], "b", ("a", 2)),
    "a near miss": (["%%step a\nvalues = 1", "%%step b\nz = valuse"], "values", ("b", 2)),
    "a cycle through --after": (["%%step a --after b\nx = 1", "%%step b\ny = x"], "a → b", ("a", 1)),
    "a duplicate name": (["%%step a\nx = 1", "%%step a\ny = 1"], "a", ("a", 1)),
    "an unknown step in --after": (["%%step a\nx = 1", "%%step b --after aa\ny = 1"], "aa", ("b", 1)),
    "an unknown name in --in": (["%%step a --in q\ny = 1"], "q", ("a", 1)),
    "an unknown name in --out": (["%%step a --out q\ny = 1"], "q", ("a", 1)),
    "untagged code on a step's output": (
        ["%%step a\nx = 1", "y = x + 1", "%%step b\nz = y"],
        "tag",
        ("b", 2),
    ),
    "a syntax error": (["%%step a\nx = 1\ny = ("], "", ("a", 3)),
}


@pytest.mark.parametrize(("cells", "words", "place"), BAD.values(), ids=BAD.keys())
def test_a_problem_is_told_with_code_step_line_and_remedy_and_nothing_runs(
    project: NewProject, cells: list[str], words: str, place: tuple[str, int]
) -> None:
    study = project(*cells)
    with pytest.raises(InvalidPipeline) as caught:
        study.run()
    found = caught.value.diagnostics[0]
    assert words in found.message
    assert found.code.startswith("JP0")
    assert found.step in place[0] or place[0] in str(found.step)
    assert found.line == place[1]
    assert not (study.folder / ".jupyter_pipes" / "artifacts").exists()


def test_all_problems_are_told_together(project: NewProject) -> None:
    with pytest.raises(InvalidPipeline) as caught:
        project("%%step a\nx = one", "%%step b\ny = two", "%%step c --after d\nz = 1").run()
    assert [found.step for found in caught.value.diagnostics] == ["a", "b", "c"]


def test_problems_of_steps_that_are_not_asked_for_do_not_stop_the_others(project: NewProject) -> None:
    assert project("%%step a\nx = 1", "%%step b\ny = nowhere").run("a")["x"] == 1
