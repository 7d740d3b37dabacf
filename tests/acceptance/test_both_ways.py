"""The same notebook means the same in a kernel and on the command line: small notebooks, both ways."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_pipes.kernel.magics import PipesMagics
from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.runs.pipeline import Pipeline
from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project
from tests.kernels import run_cells

VALUES: dict[str, tuple[list[str], dict[str, object]]] = {
    "names between cells": (
        ["import math", "%%step a\nx = math.sqrt(4)", "%%step b\ny = x + 1\nx = 0"],
        {"a.x": 2.0, "y": 3.0, "x": 0},
    ),
    "values bound again": (
        ["%%step a\nx = [1]", "%%step b\nx.append(2)", "%%step c\nx += [3]\nn = len(x)"],
        {"a.x": [1], "b.x": [1, 2], "c.x": [1, 2, 3], "n": 3},
    ),
    "the prelude of several cells": (
        ["import math\nK = 3", "def f(v):\n    return math.floor(v) + K", "%%step a\nx = f(2.5)"],
        {"x": 5},
    ),
    "definitions of a step's cell": (
        ["%%step a\ndef f(v):\n    return v + 1\nx = f(1)", "%%step b\ny = f(x)"],
        {"y": 3},
    ),
    "classes, decorators and await": (
        [
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    v: int = 1\n\n"
            "    def there(self):\n        return get_ipython() is not None",
            "async def later():\n    return P(2)",
            "%%step a\np = await later()\nx = p.v + p.there()\ndel p",
        ],
        {"x": 3},
    ),
    "set-up": (["%%setup\nimport os\nSALT = 1", "%%step a\nx = os.sep * SALT"], {"x": "/"}),
    "parameters": (
        ["%%params\nn: int = 2  # how many\nm = n * 2", "def f():\n    return n", "%%step a\nx = f() + m"],
        {"x": 6},
    ),
    "parameters of papermill": (
        ["%%params\nn: int = 2", "\n# Parameters\nn = 5", "%%step a\nx = n"],
        {"x": 5},
    ),
    "options": (
        [
            "%%step a --stage 's t' --tags t,u --retries 1 --timeout 1h --version 2 --out x\nx = q = 1",
            "%%step b --in x --after a --on-fail ignore --always\ny = x",
        ],
        {"y": 1},
    ),
    "a cell that goes on": (
        ["%%step a\nx = 1", "%%step b\ny = 2", "%%step a --append\nz = x + 1"],
        {"x": 1, "z": 2},
    ),
    "comments above the line": (
        ["# why\n%%step a\nx = 1", "\n# of %%step\n\n   # more\n%%step b --retries 1\ny = x + 1"],
        {"y": 2},
    ),
    "comments above parameters and set-up": (
        ["# knobs\n%%params\nn: int = 2", "# first\n\n%%setup\nS = 1", "# %%\n%%step a\nx = n + S"],
        {"x": 3},
    ),
    "blank lines above and below": (
        ["\n\n%%step a\n\n\nx = 1\n\n", "\n\nK = 1\n", "%%step b\ny = x + K  "],
        {"y": 2},
    ),
    "an indented cell": (["    # why\n    %%step a\n    x = 1", "  K = 2", "%%step b\ny = x + K"], {"y": 3}),
    "magics in cells": (
        [
            "%%step a\nwords = !echo hello\nwords = list(words)",
            "%%step b\n%%time\ny = 1",
            "%%step c\n%%capture out\nprint(3)",
            "%%step d\nz = out.stdout",
        ],
        {"words": ["hello"], "y": 1, "z": "3\n"},
    ),
    "cells that are no Python": (
        ["!true", "%%bash\ntrue", "%%html\n<b>x</b>", "len?", "pwd", "%%time\nK = 4", "%%step a\nx = K"],
        {"x": 4},
    ),
    "display": (
        ["def shown(v):\n    display(v)\n    return v", "%%step a\nx = shown(3)\nx", "%%step b\nx;"],
        {"x": 3},
    ),
    "lines that drive the pipeline": (
        [
            "%load_ext jupyter_pipes\nimport math",
            "%%step a\nx = math.floor(1.5)",
            "%pipeline plan",
            "plan = %pipeline plan",
            "%%step b\ny = x",
        ],
        {"y": 1},
    ),
    "names that hide builtins": (["sum = 3", "%%step a\nx = sum", "%%step b\nlen = x\ny = len"], {"y": 3}),
    "a star import": (["from math import *", "%%step a\nx = floor(4.5)"], {"x": 4}),
    "a future import": (
        ["%%step a\nfrom __future__ import annotations\ndef f(v: Nope):\n    return 1\nx = f(1)"],
        {"x": 1},
    ),
    "a cell that raises": (["def f():\n    return 1\nraise ValueError(1)", "%%step a\nx = f()"], {"x": 1}),
    "Markdown and empty cells": (["# A title", "", "   ", "%%step a\nx = 1"], {"x": 1}),
    "names of any script": (["%%step späße.v-2\nwört = 1", "%%step b\ny = wört"], {"y": 1}),
    "Windows' line ends": (["%%step a\r\nx = 1\r\n", "%%step b\ny = x"], {"y": 1}),
}
DIAGNOSTICS: dict[str, tuple[list[str], list[str]]] = {
    "a name that nothing defines": (["%%step a\nx = nowhere"], ["JP010"]),
    "the same in a helper": (["def f():\n    return nowhere", "%%step a\nx = f()"], ["JP010"]),
    "the same in a helper, defined later": (
        ["def f():\n    return g()", "%%step a\nx = f()", "def g():\n    return 1"],
        ["JP010"],
    ),
    "a name of the kernel's alone": (
        ["def f():\n    return Out", "%%step a\nx = f(), _, runfile"],
        ["JP010"] * 3,
    ),
    "written later": (["%%step a\nx = y", "%%step b\ny = 1"], ["JP011"]),
    "untagged code needs a step": (["%%step a\nx = 1", "z = x + 1", "%%step b\ny = z"], ["JP012"]),
    "untagged code binds a step's name": (["%%step a\nx = 1", "x = 5", "%%step b\ny = x"], ["JP013"]),
    "steps that wait for each other": (["%%step a --after b\nx = 1", "%%step b --after a\ny = 1"], ["JP014"]),
    "--after, --in and --out of nothing": (
        ["%%step a\nx = 1", "%%step b --after c --in q --out r\ny = x"],
        ["JP016", "JP017", "JP017"],
    ),
    "nothing to go on with": (["%%step a --append\nz = 1"], ["JP018"]),
    "files made twice and by patterns": (
        ["%%step a --out-file f\nx = 1", "%%step b --out-file f --out-file g*\ny = 1"],
        ["JP022", "JP024"],
    ),
    "a file that is not there": (["%%step a --file nothing.csv\nx = 1"], []),
    "an option that there is not": (["# why\n%%step a --retrys 2\nx = 1", "%%step b\ny = x"], ["JP030"]),
    "words behind %%params": (["%%params now\nn = 1", "%%step a\nx = n"], ["JP030"]),
    "a parameter that does not fit": (["%%params\nn: int = 'x'\nm = 1", "%%step a\nx = m"], ["JP031"]),
    "no Python in a step": (["# why\n\n%%step a\nx = (", "%%step b\ny = 1"], ["JP001"]),
    "no Python in another cell": (["x = (", "y = 1\n%%step c\nz = 1", "%%step b\ny = 1"], ["JP001"]),
    "warnings and notes": (
        [
            "import sys",
            "%%step a\nexec('x = 1')\nwith open('f'):\n    sys.path.append('k')\nsum = 2",
            "%%step b\nfrom math import *",
        ],
        ["JP002", "JP003", "JP004", "JP005"],
    ),
}
NOTEBOOKS = {name: cells for table in (VALUES, DIAGNOSTICS) for name, (cells, _) in table.items()}

RunInKernel = Callable[..., PipesMagics]


@pytest.fixture
def run_in_kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunInKernel]:
    """Return what runs a project's cells in a fresh shell and gives its magics."""
    main = sys.modules["__main__"]
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    monkeypatch.setattr(InteractiveShell, "_instance", None)

    def run(project: Project, cells: Sequence[str], *, knows_its_file: bool) -> PipesMagics:
        monkeypatch.chdir(project.folder)
        monkeypatch.setenv("JPY_SESSION_NAME", str(project.path) if knows_its_file else "")
        shell: Any = InteractiveShell.instance(config=config)
        sys.modules["__main__"] = main
        shell.extension_manager.load_extension("jupyter_pipes")
        for number, source in enumerate(cells, 1):
            if not source.startswith("# A title"):
                shell.run_cell(source, store_history=True, cell_id=f"c{number}" if knows_its_file else None)
        (heard,) = (
            each.__self__ for each in shell.events.callbacks["pre_run_cell"] if hasattr(each, "__self__")
        )
        assert isinstance(heard, PipesMagics)
        return heard

    yield run
    sys.modules["__main__"] = main


def meaning(pipeline: Pipeline, *, numbers: bool) -> tuple[Sequence[object], ...]:
    """Return steps with all that they hang on, problems and parameters; cells' numbers only if said."""

    def piece(code: CodePiece) -> CodePiece:
        return code if numbers else msgspec.structs.replace(code, label="")

    def plain(step: Step) -> Step:
        setup, prelude = (tuple(map(piece, pieces)) for pieces in (step.setup, step.prelude))
        starts = tuple(step.continued.values()) if numbers else ()
        changed = msgspec.structs.replace(
            step, doc="", cell_id=None, continued=dict(enumerate(starts)), setup=setup, prelude=prelude
        )
        return changed if numbers else msgspec.structs.replace(changed, label="", cell=0)

    problems = [
        (each.code, each.step, each.line, each.severity, each.cell if numbers else 0)
        for each in pipeline.graph.diagnostics
    ]
    return [*map(plain, pipeline.graph.steps)], problems, [each.spec for each in pipeline.parameters]


def test_a_step_without_a_right_name_is_a_problem_of_a_file_and_none_that_a_kernel_took(
    project: NewProject, run_in_kernel: RunInKernel
) -> None:
    """A kernel refuses such a cell when it is run: nothing of it is left."""
    cells = ["%%step\nx = 1", "%%step a/b\nx = 1", "%%step params\nx = 1", "%%step b\ny = 1"]
    study = project(*cells)
    kernel = run_in_kernel(study, cells, knows_its_file=False).session.pipeline()
    assert [each.code for each in study.pipeline().graph.diagnostics] == ["JP030"] * 3
    assert ([step.name for step in kernel.graph.steps], kernel.graph.diagnostics) == (["b"], ())


@pytest.mark.parametrize("knows_its_file", [True, False])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_steps_edges_and_problems_are_the_same(
    project: NewProject, run_in_kernel: RunInKernel, name: str, knows_its_file: bool
) -> None:
    study = project(*NOTEBOOKS[name])
    magics = run_in_kernel(study, NOTEBOOKS[name], knows_its_file=knows_its_file)
    kernel, file = magics.session.pipeline(), study.pipeline()
    assert meaning(kernel, numbers=knows_its_file) == meaning(file, numbers=knows_its_file)


@pytest.mark.parametrize("name", VALUES)
def test_the_kernel_finds_done_what_the_command_line_ran(
    project: NewProject, run_in_kernel: RunInKernel, name: str
) -> None:
    """Equal signatures: code, prelude, inputs, parameters and options count the same."""
    cells, values = VALUES[name]
    study = project(*cells)
    ran = study.jupyter_pipes_here("run", "study.ipynb", "--json")
    assert ran.code == 0, ran.out + ran.err
    magics = run_in_kernel(study, cells, knows_its_file=True)
    run = magics.session.start((), {}).wait(60)
    always = {step.name for step in study.pipeline().graph.steps if step.options.always}
    assert {name: step.status for name, step in run.steps.items()} == {
        each["name"]: "completed" if each["name"] in always else "cached" for each in ran.document["steps"]
    }
    assert {name: run[name] for name in values} == values


@pytest.mark.parametrize(
    "name",
    ["magics in cells", "comments above parameters and set-up", "an indented cell", "a cell that goes on"],
)
def test_so_does_a_kernel_of_its_own(project: NewProject, name: str) -> None:
    cells, values = VALUES[name]
    study = project(*cells)
    assert study.jupyter_pipes_here("run", "study.ipynb").code == 0
    asked = "\n".join(f"print(run[{name!r}] == {value!r})" for name, value in values.items())
    show = f"run = %pipeline run\nprint({{step.status.value for step in run.steps.values()}})\n{asked}"
    executed = run_cells(study.folder, ["%load_ext jupyter_pipes", *cells, "%pipeline name study", show])
    assert "{'cached'}" in executed.text(len(cells) + 2)
    assert executed.text(len(cells) + 2).count("True") == len(values)


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_the_kernel_refuses_what_the_command_line_refuses(
    project: NewProject, run_in_kernel: RunInKernel, name: str
) -> None:
    cells, codes = DIAGNOSTICS[name]
    study = project(*cells)
    assert sorted(each.code for each in study.pipeline().graph.diagnostics) == codes
    answer = study.jupyter_pipes_here("plan", "study.ipynb", "--json")
    refused = answer.document.get("error", {}).get("diagnostics", [])
    magics = run_in_kernel(study, cells, knows_its_file=True)
    try:
        magics.session.pipeline().plan()
        problems = ()
    except InvalidPipeline as error:
        problems = error.diagnostics
    assert [(each["code"], each["step"], each["line"]) for each in refused] == [
        (each.code, each.step, each.line) for each in problems
    ]


def test_a_second_cell_of_a_name_is_the_one_difference(
    project: NewProject, run_in_kernel: RunInKernel
) -> None:
    """An error in a file; in a kernel, where cells are edited, it replaces the first with a warning."""
    cells = ["%%step a\nx = 1", "%%step a\nx = 2", "%%step b\ny = x"]
    study = project(*cells)
    (error,) = study.pipeline().graph.diagnostics
    kernel = run_in_kernel(study, cells, knows_its_file=True).session.pipeline()
    (warning,) = kernel.graph.diagnostics
    assert [(each.code, each.severity) for each in (error, warning)] == [
        ("JP015", "error"),
        ("JP015", "warning"),
    ]
    assert kernel.run()["y"] == 2
