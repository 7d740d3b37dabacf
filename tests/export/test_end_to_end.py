"""An exported module, seen from outside: what its commands print, and that its values are the notebook's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PIPES = str(Path(sys.executable).with_name("jupyter-pipes"))

COMPARE = """\
import sys
import joblib
import numpy as np
from jupyter_pipes import Pipeline

def content(value):
    # A class of the notebook and the same of the module are two classes; figures draw the same.
    if type(value).__module__.startswith("matplotlib"):
        return type(value).__name__
    if isinstance(value, (list, tuple)):
        return [content(each) for each in value]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [content(each) for each in value.flat]
    if type(value).__module__ in ("__main__", sys.argv[2].removesuffix(".py")):
        return type(value).__name__, content(list(vars(value).items()))
    return joblib.hash(value)

def kept(path):
    pipeline = Pipeline.load(path)
    found = pipeline.kept(params=dict(word.split("=") for word in sys.argv[3:]))
    return {
        (step, artifact.name): (artifact.digest, pipeline.workspace.store.get(artifact))
        for step, artifacts in found.items()
        for artifact in artifacts
    }

notebook, module = kept(sys.argv[1]), kept(sys.argv[2])
assert notebook.keys() == module.keys(), notebook.keys() ^ module.keys()
for place, (digest, value) in notebook.items():
    other_digest, other = module[place]
    if digest != other_digest:
        assert content(value) == content(other), (place, value, other)
print(len(notebook), "equal")
"""

STUDY = [
    """
import asyncio
import statistics
import numpy as np

calls = 0
def count():
    global calls
    calls += 1
    return calls

def tell(x):
    print("told", x)

class Point:
    def __init__(self, x):
        self.x = x
""",
    '%%params\nrows: int = 5  # rows to load\nkind: Literal["a", "b"] = "a"',
    '%%setup\nimport os, sys\nsys.path.insert(0, "lib")\nos.environ["STUDY_LEVEL"] = "3"',
    "import study_lib",
    "# Loading\n\nThe rows.",
    "%%step load\nxs = np.arange(rows) * study_lib.factor()\nfor i in range(3):\n    last = i\nxs",
    "%%step body\nn = 3\nclass A:\n    n = n\n    m = n + 1\npair = (A.n, A.m, count(), count())\npair",
    "%%step guarded\nif __name__ == '__main__':\n    text = '''one\n    two'''\ntell(text)",
    "%%step waits --retries 1\nawait asyncio.sleep(0)\nwaited = [await asyncio.sleep(0, v) for v in pair]",
    "%%step shell\n%%bash\necho from bash $STUDY_LEVEL",
    "%%step timed\n%%time\ntotal = int(xs.sum())\ntotal",
    "%%step lines\nword = 'hi'\nsaid = !echo {word} {rows}\n!echo shouted {word}\n"
    "said = list(said)\nlevel = %env STUDY_LEVEL",
    "%%step late --after timed\npoint = Point(last)\nwords = f'{statistics.mean(waited)} {kind}'\ncount()",
]
LIBRARY = "import os\nLEVEL = int(os.environ['STUDY_LEVEL'])\ndef factor():\n    return LEVEL\n"


def call(folder: Path, *words: str, expect: int = 0) -> str:
    """Run a program in the folder and return what it printed."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == expect, done.stderr
    return done.stdout


def python(folder: Path, *words: str, expect: int = 0) -> str:
    return call(folder, sys.executable, *words, expect=expect)


def statuses(document: str) -> dict[str, str]:
    return {step["name"]: step["status"] for step in json.loads(document)["steps"]}


def write_study(folder: Path) -> None:
    cells = [
        nbformat.v4.new_markdown_cell(cell) if cell.startswith("# ") else nbformat.v4.new_code_cell(cell)
        for cell in STUDY
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "study.ipynb")
    (folder / "lib").mkdir()
    (folder / "lib" / "study_lib.py").write_text(LIBRARY)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook that does what notebooks do, run, and its module, run."""
    folder = tmp_path_factory.mktemp("study")
    write_study(folder)
    call(folder, PIPES, "export", "study.ipynb", "train.py")
    (folder / "notebook.json").write_text(call(folder, PIPES, "run", "study.ipynb", "--json"))
    (folder / "module.json").write_text(python(folder, "train.py", "--json"))
    return folder


def log(folder: Path, document: str, step: str) -> str:
    run = json.loads((folder / document).read_text())["run"]
    return call(folder, PIPES, "logs", run, step)


def test_the_module_keeps_the_values_that_the_notebook_keeps(study: Path) -> None:
    assert statuses((study / "module.json").read_text()) == statuses((study / "notebook.json").read_text())
    assert "equal" in python(study, "-c", COMPARE, "study.ipynb", "train.py")


@pytest.mark.parametrize("step", ["guarded", "shell", "lines"])
def test_the_module_prints_what_the_notebook_prints(step: str, study: Path) -> None:
    printed = log(study, "module.json", step)
    assert printed == log(study, "notebook.json", step) != ""


def test_a_module_run_again_has_nothing_to_do(study: Path) -> None:
    """However it is run."""
    assert set(statuses(python(study, "train.py", "--json")).values()) == {"cached"}
    assert set(statuses(call(study, PIPES, "run", "train.py", "--json")).values()) == {"cached"}
    plan: dict[str, Any] = json.loads(call(study, PIPES, "plan", "train.py", "--json"))
    assert {step["decision"] for step in plan["steps"]} == {"cached"}


def test_parameters_are_options_and_steps_are_arguments(study: Path) -> None:
    document = json.loads(python(study, "train.py", "--rows", "10", "timed", "--json"))
    assert [(step["name"], step["status"]) for step in document["steps"]] == [
        ("load", "completed"),
        ("timed", "completed"),
    ]
    assert document["params"] == {"rows": 10, "kind": "a"}
    assert "rows to load" in python(study, "train.py", "--help")
    assert (
        "kind" in json.loads(python(study, "train.py", "--kind", "c", "--json", expect=2))["error"]["message"]
    )


def test_exporting_again_changes_nothing(study: Path) -> None:
    call(study, PIPES, "export", "study.ipynb", "second.py")
    call(study, PIPES, "export", "train.py", "again.py")
    module = (study / "train.py").read_bytes()
    assert (study / "second.py").read_bytes() == module
    assert (study / "again.py").read_bytes() == module


def test_the_module_is_clean_code(study: Path) -> None:
    """By ruff's own rules, and by pyright as far as our names go."""
    python(study, "-m", "ruff", "check", "--isolated", "train.py")
    types = "from train import load\n\nrows: int = 1\nload(rows)\nload('many')\n"
    (study / "types_of.py").write_text(types)
    (study / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic", "extraPaths": ["lib"]}')
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "train.py", "types_of.py"],
        cwd=study,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    errors = [
        (Path(each["file"]).name, each["range"]["start"]["line"])
        for each in found
        if each["severity"] == "error"
    ]
    assert errors == [("types_of.py", 4)], found


def test_an_edit_reruns_the_steps_that_reach_it_and_no_others(tmp_path: Path) -> None:
    write_study(tmp_path)
    call(tmp_path, PIPES, "export", "study.ipynb", "train.py")
    python(tmp_path, "train.py", "load", "guarded", "timed", "--json")
    module = tmp_path / "train.py"
    module.write_text(module.read_text().replace('print("told", x)', 'print("said", x)'))
    after_helper = statuses(python(tmp_path, "train.py", "load", "guarded", "timed", "--json"))
    assert after_helper == {"load": "cached", "guarded": "completed", "timed": "cached"}
    module.write_text(module.read_text().replace("int(xs.sum())", "int(xs.sum() + 1)"))
    after_step = statuses(python(tmp_path, "train.py", "load", "guarded", "timed", "--json"))
    assert after_step == {"load": "cached", "guarded": "cached", "timed": "completed"}


# Two runs of a real study: minutes on a busy machine of two cores.
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("quickstart", {"trees": 20}), ("model_selection", {"trees": 10, "folds": 2})],
)
def test_the_example_notebooks_give_the_same_values_as_modules(
    name: str, parameters: dict[str, int], tmp_path: Path
) -> None:
    shutil.copy(NOTEBOOKS / f"{name}.ipynb", tmp_path)
    call(tmp_path, PIPES, "export", f"{name}.ipynb", "train.py")
    python(tmp_path, "-m", "ruff", "check", "--isolated", "train.py")
    given = [f"{key}={value}" for key, value in parameters.items()]
    call(tmp_path, PIPES, "run", f"{name}.ipynb", *(word for each in given for word in ("-p", each)))
    options = [word for key, value in parameters.items() for word in (f"--{key}", str(value))]
    python(tmp_path, "train.py", *options)
    assert "equal" in python(tmp_path, "-c", COMPARE, f"{name}.ipynb", "train.py", *given)
