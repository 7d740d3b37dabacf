"""What runs in a notebook runs as steps as well, as it is written; or a diagnostic says what to write."""

from __future__ import annotations

import nbformat
import pytest

from jupyter_pipes.model.errors import InvalidPipeline
from tests.acceptance.conftest import NewProject

ADD = "def add(x):\n    global total\n    total += x"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        pytest.param(
            ["total = 0", ADD, "%%step a\nadd(5)", "%%step b\nadd(3)", "%%step c\nr = total"],
            {"total": 8, "r": 8},
            id="a global that a helper adds to, of a plain cell",
        ),
        pytest.param(
            ["%%step z\ntotal = 1", f"{ADD}\ndef twice(x):\n    add(x)\n    add(x)", "%%step a\ntwice(5)"],
            {"total": 11},
            id="the same through another helper, of a step",
        ),
        pytest.param(
            ["%%step a\ndef init():\n    global cfg\n    cfg = 5", "%%step b\ninit()\nx = cfg + 1"],
            {"cfg": 5, "x": 6},
            id="a function that only might bind a global, which another step calls",
        ),
        pytest.param(
            ["class Bad(Exception): pass", "%%step a\ntry:\n    raise Bad\nexcept Bad:\n    r = 1"],
            {"r": 1},
            id="an exception of a plain cell",
        ),
        pytest.param(
            ["%%step a\ntry:\n    r = 1\nexcept DoesNotExist:\n    r = 2"],
            {"r": 1},
            id="an exception that nobody knows, and nobody raises",
        ),
        pytest.param(
            [
                "import pandas as pd",
                "%%step a\nf = pd.DataFrame({'x': [1, 2, 3]})\nlimit = 1",
                "%%step b\nq = 'x > @limit'\nr = len(f.query(q))\ns = int(pd.eval('f.x + limit').sum())",
            ],
            {"r": 2, "s": 9},
            id="queries of pandas that name variables",
        ),
        pytest.param(
            [
                "def value_of(name):\n    return eval(name)",
                "%%step a\na = 5",
                "%%step b\nr = value_of('a') + 1\ns = [value_of(name) for name in ('a * 2', 'r')]",
            ],
            {"r": 6, "s": [10, 6]},
            id="a helper that evaluates what it is given",
        ),
        pytest.param(
            [
                "def display(x): return ('mine', x)\ndef filter(xs): return xs[:1]\nmax = 5",
                "%%step a\nr = (display(1), filter([1, 2]), max)",
            ],
            {"r": (("mine", 1), [1], 5)},
            id="helpers named like builtins",
        ),
        pytest.param(
            ["%%step a\ng = (x for x in [1, 2])\nf = open('study.ipynb')\nu = 1", "%%step b\nr = u"],
            {"r": 1},
            id="generators and open files that nobody reads later",
        ),
        pytest.param(
            ["%%step a\na = 5", "%%step b\nr = '{a}'.format(**globals())\ns = '%(a)s' % globals()"],
            {"r": "5", "s": "5"},
            id="templates filled in with all names",
        ),
        pytest.param(
            [
                "%%step constants\nDates = set\nDATES = Dates(['May 15', 'June 17'])",
                "def told(part) -> Dates:\n    return {d for d in DATES if part in d}",
                "%%step ask\nr = told('May')",
            ],
            {"r": {"May 15"}},
            id="a type that a step names, in an annotation",
        ),
        pytest.param(
            [
                "%%step a\nN = 3\ndef own(x=N): return x\nBase = type('Base', (), {'z': 1})",
                "def f(x, n=N): return x * n\ndef g(x): return f(x)\nclass D(Base): k = N\nclass E(D): pass",
                "%%step b\nr = (g(2), E.k, E().z, own())",
            ],
            {"r": (6, 3, 1, 3)},
            id="defaults, base classes and bodies of classes that need a step's output",
        ),
        pytest.param(
            [
                "%%step a\nimport functools\nonce = functools.lru_cache()",
                "@once\ndef f(x): return x + 1",
                "%%step b\nr = f(2)",
            ],
            {"r": 3},
            id="a decorator that a step makes",
        ),
    ],
)
def test_values_are_those_of_the_notebook(
    project: NewProject, cells: list[str], values: dict[str, object]
) -> None:
    run = project(*cells).run()
    assert {name: run[name] for name in values} == values


def test_a_formula_finds_helpers_and_modules_of_the_notebook(project: NewProject) -> None:
    study = project(
        "import numpy as np, pandas as pd\nimport statsmodels.formula.api as smf",
        "def scale(v): return v - v.mean()",
        "FORMULA = 'y ~ scale(x) + np.log(x)'\ndef fit(frame): return smf.ols(FORMULA, data=frame).fit()",
        "%%step make\ndf = pd.DataFrame({'x': np.arange(1., 9.), 'y': np.arange(1., 9.) ** 1.5})",
        "%%step fit\ncoef = smf.ols('y ~ np.log(x)', data=df).fit().params.round(3).tolist()",
        "%%step helper\ncount = len(fit(df).params)",
    )
    run = study.run()
    assert (run["coef"], run["count"]) == ([-2.8, 10.038], 3)


def test_sql_reads_the_frames_that_it_names(project: NewProject) -> None:
    study = project(
        "import duckdb, pandas as pd",
        "%%step a\nframe = pd.DataFrame({'v': [1, 2, 3]})",
        "%%step b\nr = duckdb.sql('SELECT sum(v) FROM frame').fetchall()[0][0]",
        "%%step c\nprint('SELECT v FROM frame')\ns = 1",
    )
    run = study.run()
    assert run["r"] == 6
    assert run.steps["c"].planned.reads == {}


@pytest.mark.parametrize("name", ["_", "__", "_5", "Out", "In", "_i", "_i3"])
def test_what_a_kernel_keeps_of_its_prompts_is_refused_with_what_to_write(
    project: NewProject, name: str
) -> None:
    code = f"{name}[3]" if name.isalpha() else name
    (problem,) = project("%%step a\n1 + 1", f"%%step b\nr = {code}").pipeline().graph.errors
    assert problem.code == "JP010"
    assert "write that code" in problem.message or "give the value a name" in problem.message


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        pytest.param("JP006", "%%step b\nr = [eval(n) for n in names]", "--in names a", id="eval"),
        pytest.param("JP002", "%%step b\nexec('r = ' + names[0])", "--in names a --out r", id="exec"),
    ],
)
def test_what_the_advice_says_ends_the_diagnostic(
    project: NewProject, code: str, before: str, after: str
) -> None:
    cells = ["%%step a\na = 5\nnames = ['a']", before]
    assert [problem.code for problem in project(*cells).pipeline().graph.diagnostics] == [code]
    cells[1] = cells[1].replace("%%step b", f"%%step b {after}")
    assert project(*cells).pipeline().graph.diagnostics == ()
    assert project(*cells).run()["r"] in (5, [5])


def test_advice_about_untagged_cells_names_all_that_must_be_tagged_and_each_cause_is_told_once(
    project: NewProject,
) -> None:
    cells = ["%%step a\nx = 1", "y = x + 1", "z = y + 1"]
    cells += [f"%%step s{number}\nr{number} = z" for number in range(5)]
    with pytest.raises(InvalidPipeline) as caught:
        project(*cells).run()
    (problem,) = caught.value.diagnostics
    assert "Cells 2 and 3" in problem.message
    assert "The same in s1, s2, s3, s4" in problem.message
    tagged = [f"%%step t{number}\n{cell}" if number in (1, 2) else cell for number, cell in enumerate(cells)]
    assert project(*tagged).run()["r4"] == 3


def test_a_definition_that_needs_an_output_sees_it_as_it_was_or_is_refused(project: NewProject) -> None:
    cells = ["%%step a\nn = 1", "def f(x=n): return x", "%%step b\nn = 2", "%%step c\nr = f()"]
    (problem,) = project(*cells).pipeline().graph.errors
    assert (problem.code, problem.step) == ("JP012", "c")
    cells[1] = "def f(x=1): return x"
    assert project(*cells).run()["r"] == 1


EXTENSION = """
def load_ipython_extension(shell):
    def sql(line, cell=""):
        name, _, query = f"{line}\\n{cell}".partition("<<")
        shell.user_ns[name.strip()] = [query.strip()]
    shell.register_magic_function(lambda line, cell: print(cell.upper()), "cell", "shout")
    shell.register_magic_function(sql, "line_cell", "sql")
"""


def test_a_step_in_another_language_runs_with_the_extension_that_brings_its_magic(
    project: NewProject,
) -> None:
    study = project(
        "%load_ext myext",
        "%%sql\nthis one << it's no step, and breaks nothing",
        "%%step shouting --in --out\n%%shout\nselect it's name FROM t WHERE x = 1",
        "%%step ask\n%%sql\nrows << SELECT 1",
        "%%step other --out told --in\n%sql told << SELECT 2",
        "%%step b\nr = (rows, told)",
    )
    (study.folder / "myext.py").write_text(EXTENSION)
    run = study.run()
    assert run["r"] == (["SELECT 1"], ["SELECT 2"])
    assert "SELECT IT'S NAME" in run.logs("shouting")
    assert study.pipeline().graph.diagnostics == ()


SCRIPTS = {
    "mine.py": "import math\nK = 1\ndef helper(x):\n    return x + K\n",
    "defs.py": "import math\ndef area(r): return math.floor(math.pi * r * r)\n",
    "inter.py": "z = base + 1\n",
    "other.ipynb": nbformat.writes(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("w = 9\ndef nine(): return w")])
    ),
}


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        pytest.param(
            ["%%setup\n%run mine.py", "%%step a\nv = helper(1)", "%%step b\n%run mine.py\nw = helper(2)"],
            {"v": 2, "w": 3},
            id="in set-up and in a step",
        ),
        pytest.param(
            [
                "%run defs",
                "%%step a\nv = area(1)",
                "%%step b\n%run defs.py\nw = area(2)",
                "%%step c\nx = area(3)",
            ],
            {"v": 3, "w": 12, "x": 28},
            id="in a plain cell, and definitions of a step's cell",
        ),
        pytest.param(
            [
                "%run mine.py",
                "%%step a\nbase = 4",
                "%%step b\n%run -i inter.py",
                "%%step c\nr = (z, helper(z))",
            ],
            {"z": 5, "r": (5, 6)},
            id="with the notebook's names",
        ),
        pytest.param(["%%step a\n%run other.ipynb\nx = nine()"], {"w": 9, "x": 9}, id="another notebook"),
        pytest.param(
            ["%%step a\n%run mine.py", "%%step b\nr = helper(math.floor(1.5)) + K"], {"r": 3}, id="as values"
        ),
    ],
)
def test_scripts_that_cells_run_bind_their_names(
    project: NewProject, cells: list[str], values: dict[str, object]
) -> None:
    study = project(*cells)
    for name, text in SCRIPTS.items():
        (study.folder / name).write_text(text)
    assert study.pipeline().graph.diagnostics == ()
    run = study.run()
    assert {name: run[name] for name in values} == values
    assert {step.status for step in study.run().steps.values()} == {"cached"}


def test_a_script_counts_by_what_it_does(project: NewProject) -> None:
    study = project("%run mine.py", "%%step a\nv = helper(1)")
    script = study.folder / "mine.py"
    script.write_text(SCRIPTS["mine.py"])
    study.run()
    script.write_text("# comment\n" + SCRIPTS["mine.py"])
    assert study.run().steps["a"].status == "cached"
    script.write_text(SCRIPTS["mine.py"].replace("K = 1", "K = 2"))
    assert "mine.py changed" in str(study.pipeline().plan())
    assert study.run()["v"] == 3
