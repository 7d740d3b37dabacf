"""Verbs that read run nothing of a notebook: neither its cells nor what lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project

pytestmark = pytest.mark.slow

TRAP = "open(r'{sprung}', 'a').write('{name} ')"

CELLS = [
    "# Title",
    "%load_ext trapping\n%run trapped_script.py",
    "!echo shell >> '{sprung}'\nlines = !echo lines >> '{sprung}'",
    "import pkg.sub.deep\nfrom pkg.sub import thing\nfrom beside import *\nimport decimal, fractions\n{trap}",
    "class Meta(type):\n    def __new__(m, *a, **k):\n        {trap}\n        return type.__new__(m, *a)\n"
    "class Own(metaclass=Meta):\n    {trap}\n    def __reduce__(self): {trap}",
    "def trap(*a, **k):\n    {trap}\n    return a[0] if a else 3\ndef date(*a): return trap(7)",
    "@trap\ndef decorated(x: trap(1) = trap(2)): return x",
    "from enum import Enum\nclass Color(Enum):\n    RED = trap(1)\nclass Calm(Enum):\n    A = 1\n"
    "    @trap\n    def label(self): {trap}",
    "%%params\nrows = trap(3)\nhalf: trap(int) = rows // 2\nday = date(2024, 1, 1)\n"
    "color: Color = Color.RED\ncalm: Calm = Calm.A\nmoney = decimal.Decimal(1)\nthing2 = thing\n"
    "texts = [str(x) for x in [trap()]]\nplain: int = 5\nkeyed = sorted([1], key=trap)\n"
    "name = f'{trap():>3}'\nlazy = (lambda: trap())()",
    "%%setup\n{trap}\nimport sys; sys.path.append('elsewhere')",
    "%%step load\nimport pkg\nx = trap(rows) + half",
    "%%step first\nu = plain",
    "%%step shown\nfrom beside import value\ny = decorated(x)\n!echo step >> '{sprung}'\ny",
]
BESIDE = {
    "pkg/__init__.py": TRAP,
    "pkg/sub/__init__.py": f"thing = 1\n{TRAP}",
    "pkg/sub/deep.py": TRAP,
    "beside.py": f"value = 1\n{TRAP}",
    "decimal.py": TRAP,
    "fractions.py": TRAP,
    "trapping.py": f"{TRAP}\ndef load_ipython_extension(ip): {TRAP}",
    "trapped_script.py": TRAP,
    "sitecustomize.py": TRAP,
    "usercustomize.py": TRAP,
    "conftest.py": TRAP,
    "ruff.py": TRAP,
    "nbformat.py": TRAP,
    "rich.py": TRAP,
    "pandas.py": TRAP,
    "readline.py": TRAP,
}
READING = [
    ["plan", "study.ipynb"],
    ["plan", "study.ipynb", "--json", "-p", "plain=6", "--force", "all"],
    ["plan", "study.ipynb", "load", "-p", "rows=7"],
    ["why", "study.ipynb", "load"],
    ["why", "study.ipynb", "first", "-p", "first.plain=2"],
    ["get", "study.ipynb", "u"],
    ["export", "study.ipynb", "out.py"],
    ["export", "study.ipynb", "out.ipynb", "--to", "notebook"],
    ["runs"],
    ["show", "last", "--json"],
    ["logs", "last", "first"],
    ["compare"],
    ["gc", "--dry-run"],
    ["run", "study.ipynb", "--help"],
    ["plan", "study.ipynb", "no-such-step"],
]


@pytest.fixture
def trapped(project: NewProject, tmp_path: Path) -> Project:
    """A notebook in a folder full of traps; each writes its name into `sprung.txt`."""
    sprung = tmp_path / "sprung.txt"
    study = project("%%params\nplain: int = 5", "%%step first\nu = plain")
    study.run()
    study.run(params={"plain": 4})
    for name, text in BESIDE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{sprung}", str(sprung)).replace("{name}", name) + "\n")
    trap = TRAP.replace("{sprung}", str(sprung)).replace("{name}", "cell")
    filled = (text.replace("{trap}", trap).replace("{sprung}", str(sprung)) for text in CELLS)
    study.write(*filled)
    return study


def sprung(study: Project) -> str:
    path = study.folder / "sprung.txt"
    return path.read_text() if path.exists() else ""


def test_no_verb_that_reads_springs_a_trap(trapped: Project) -> None:
    for words in READING:
        # As `jupyter pipes` has it: the folder of the notebook is not Python's own.
        code = "import sys; from jupyter_pipes.cli.main import program; sys.exit(program())"
        answer = trapped.python("-P", "-c", code, *words)
        assert sprung(trapped) == "", words
        assert "Traceback" not in answer.err, (words, answer.err)
        assert answer.code in (0, 2), (words, answer.err)


def test_python_reads_a_notebook_without_running_it(trapped: Project) -> None:
    pipeline = Pipeline.from_notebook(trapped.path)
    assert [step.name for step in pipeline.graph.steps] == ["load", "first", "shown"]
    assert pipeline.graph.errors == ()
    assert [step.decision for step in pipeline.plan().steps] == ["run", "run", "run"]
    assert "half" in pipeline.values({}).to_come
    assert sprung(trapped) == ""


def test_the_traps_are_traps(trapped: Project) -> None:
    trapped.run(check=False)
    assert "cell" in sprung(trapped)
