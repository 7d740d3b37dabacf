"""Names that no cell binds mean the same wherever they stand and however the notebook is run."""

from __future__ import annotations

import builtins

import pytest

from jupyter_pipes.analysis.cell.scopes import ALWAYS_THERE, NOTEBOOK_NAMES, PROMPT_NAMES
from tests.acceptance.conftest import NewProject
from tests.kernels import run_cells

IN_CLASSES_ONLY = {"__annotations__", "__class__", "__module__", "__qualname__"}
ALL = "len([" + ", ".join(sorted(ALWAYS_THERE - IN_CLASSES_ONLY)) + "])"
COUNT = len(ALWAYS_THERE - IN_CLASSES_ONLY)
CELLS = [
    f"def helper():\n    display('shown')\n    return {ALL}",
    f"class Helper:\n    there = {ALL}\n\n    def method(self):\n        return {ALL}",
    f"plain = {ALL}\nlater = lambda: {ALL}",
    f"%%step direct\ninside = {ALL}",
    "%%step reached\nnumbers = [inside, helper(), Helper().method(), Helper.there, plain, later()]\nnumbers",
]
NUMBERS = [COUNT] * 6


def test_the_set_has_what_python_and_notebooks_have() -> None:
    own = {name for name in dir(builtins) if not name.startswith("_")}
    assert own - {"execfile", "runfile"} <= ALWAYS_THERE
    assert NOTEBOOK_NAMES.keys() | PROMPT_NAMES <= ALWAYS_THERE


def test_on_the_command_line(project: NewProject) -> None:
    study = project(*CELLS)
    answer = study.jupyter_pipes("run", "study.ipynb")
    assert answer.code == 0, answer.err
    assert study.pipeline().run()["numbers"] == NUMBERS


def test_in_a_kernel(project: NewProject) -> None:
    cells = ["%load_ext jupyter_pipes", *CELLS, "run = %pipeline run\nprint(run['numbers'])"]
    executed = run_cells(project().folder, cells)
    assert [executed.error(cell) for cell in range(len(cells))] == [("", "")] * len(cells)
    assert str(NUMBERS) in executed.text(len(cells) - 1)


def test_in_an_exported_module(project: NewProject) -> None:
    study = project(*CELLS)
    assert study.jupyter_pipes("export", "study.ipynb", "made.py").code == 0
    code = "import made\nrun = made.pipeline.run()\nprint(run['numbers'])"
    assert study.python("-c", code).out.splitlines()[-1:] == [str(NUMBERS)]


@pytest.mark.parametrize("name", ["__IPYTHON__", "In", "Out", "_", "__file__", "runfile"])
def test_what_only_a_kernel_has_is_not_there_for_steps(project: NewProject, name: str) -> None:
    """Whether the analysis runs in a kernel, which has these names, makes no difference."""
    cells = [f"def helper():\n    return {name}", f"%%step a\nx = {name}\ny = helper()"]
    refused = project(*cells).jupyter_pipes_here("plan", "study.ipynb", "--json")
    assert {each["code"] for each in refused.document["error"]["diagnostics"]} == {"JP010"}
