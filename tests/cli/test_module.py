"""Exported modules as programs: real processes, called with words of every kind, away from the package."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_pipes.export.write import write
from jupyter_pipes.runs.pipeline import Pipeline

pytestmark = pytest.mark.slow

NOTEBOOKS = {
    "bare": ["%%step only\nx = 1"],
    "typed": [
        "from datetime import date, datetime, time, timedelta\nfrom pathlib import Path\n"
        "from typing import Annotated, Any, Literal, Optional",
        "%%params\n"
        "rows: int = 5  # 100% of the rows\n"
        "rate: Annotated[float, Range(-1.5, 1)] = 0.1\n"
        "label: str = 'a'\n"
        "quiet: bool = False\n"
        "no_cache: bool = True\n"
        "kind: Literal['a', 'b', 3] = 'a'\n"
        "maybe: Optional[int] = None\n"
        "flag: bool | None = None\n"
        "either: int | str = 1\n"
        "sizes: list[int] = [1, 2]\n"
        "pair: tuple[int, str] = (1, 'a')\n"
        "names: set[str] = {'a'}\n"
        "table: dict[str, int] = {'a': 1}\n"
        "place: Path = Path('a')\n"
        "day: date = date(2026, 1, 31)\n"
        "moment: datetime = datetime(2026, 1, 31, 12)\n"
        "at: time = time(12)\n"
        "pause: timedelta = timedelta(seconds=3)\n"
        "anything: Any = None\n"
        "plain = 3\n"
        "half: int = rows // 2\n",
        "%%step idle\nx = 1",
        "%%step rows-of.2\ny = list(range(rows))",
    ],
    "colliding": [
        "%%params\n"
        + "\n".join(
            f"{name}: int = 0"
            for name in (
                *(
                    "force",
                    "skip",
                    "from_",
                    "only",
                    "of",
                    "debug",
                    "plan",
                    "json",
                    "help",
                    "h",
                    "p",
                    "no_check",
                ),
                *("steps", "params", "accept", "output", "given", "prog", "name", "main", "step", "pipeline"),
            )
        )
        + "\nquiet: bool = False\nno_quiet: bool = False\na_b: int = 0\n_c: int = 0\ngröße: int = 0",
        "%%step idle\nx = 1",
    ],
    "shadowing": [
        "def main(x):\n    return x\nstep = 3\nclass Pipeline: ...\njson = re = int",
        "%%step main\nx = main(step)",
        "%%step step\njupyter_pipes = 1",
        "%%step pipeline\ny = Pipeline.__name__, json(2)",
    ],
    "clashing": [
        "import datetime\nimport time\ndef Literal(x):\n    return x",
        "%%params\nat: time = time(12)\nday: date = date(2026, 1, 2)\nkind: Literal['a', 'b'] = 'a'\n"
        "date: int = day.day",
        "%%step Path\ntime.sleep(0)\nx = Literal(kind), at.hour, date, datetime.datetime(2026, 1, 2).day",
    ],
    "star": ["from pylab import *", "%%step draw\nx = pi"],
    "my-study": ["K = 2\ndef helper(x):\n    return x * K", "%%step use\nx = helper(3)"],
    "class": ["%%step use\nx = 1"],
    "broken": ["%%step good\nx = 1", "%%step bad\ny = x / 0", "%%step rest\nz = y"],
    "slow": ["%%step slow\nimport time\nwhile True:\n    time.sleep(0.05)"],
}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exported modules and nothing else."""
    folder, notebooks = tmp_path_factory.mktemp("modules"), tmp_path_factory.mktemp("notebooks")
    for name, sources in NOTEBOOKS.items():
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), notebooks / f"{name}.ipynb")
        write(Pipeline.from_notebook(notebooks / f"{name}.ipynb"), folder / f"{name}.py", None, None)
    return folder


def python(folder: Path, *words: str, code: int = 0) -> Any:
    """Run Python from the folder's parent; return the ended process, whose exit code is as expected."""
    command = [sys.executable, *words]
    ended = subprocess.run(
        command, cwd=folder.parent, capture_output=True, encoding="utf-8", check=False, timeout=200
    )
    assert ended.returncode == code, ended.stderr
    assert code != 2 or "Traceback" not in ended.stderr
    return ended


def run(folder: Path, module: str, *words: str, code: int = 0) -> Any:
    """Run a module with `--json`; return its document."""
    return json.loads(python(folder, str(folder / f"{module}.py"), *words, "--json", code=code).stdout)


@pytest.mark.parametrize(
    ("module", "shown"),
    [
        ("bare", "x = 1\n"),
        ("typed", "y = [0, 1, 2, 3, 4]\n"),
        ("colliding", "x = 1\n"),
        ("shadowing", "y = ('Pipeline', 2)\n"),
        ("clashing", "x = ('a', 12, 2, 2)\n"),
        ("star", "x = 3.14"),
        ("my-study", "x = 6\n"),
        ("class", "x = 1\n"),
    ],
)
def test_a_module_runs_bare_whatever_it_defines_and_is_called(module: str, shown: str, modules: Path) -> None:
    ended = python(modules, str(modules / f"{module}.py"))
    assert shown in ended.stdout
    assert "completed" in ended.stderr


TYPED = (
    "--kind 3 --maybe 4 --flag no --either x --sizes [3] --pair '(2, \"b\")' --names '{\"b\"}' --place b/c "
    "--table '{\"b\": 2}' --pause 10m --anything '{\"x\": 1}' --day 2026-02-01 --at 13:30 "
    "--moment 2026-02-01T10:00"
)
AS_JSON: dict[str, Any] = {
    "kind": 3, "maybe": 4, "flag": False, "either": "x", "sizes": [3], "pair": [2, "b"], "names": ["b"],
    "place": "b/c", "table": {"b": 2}, "pause": "PT600S", "anything": {"x": 1}, "day": "2026-02-01",
    "moment": "2026-02-01T10:00:00", "at": "13:30:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("module", "words", "params"),
    [
        ("typed", "", {"rows": 5, "quiet": False, "no_cache": True, "half": 2}),
        ("typed", "--rows 6 idle -p rows=7 label=b", {"rows": 6, "label": "b", "half": 3}),
        ("typed", "--rate -1e-5 --plain -3 --label=-x", {"rate": -1e-5, "plain": -3, "label": "-x"}),
        ("typed", "--quiet idle --no-cache False", {"quiet": True, "no_cache": False}),
        ("typed", "idle --quiet true --no-cache", {"quiet": True, "no_cache": True}),
        ("typed", "--no-quiet --no-no-cache idle", {"quiet": False, "no_cache": False}),
        ("typed", TYPED, AS_JSON),
        ("typed", "--maybe None --flag none --either 2", {"maybe": None, "flag": None, "either": 2}),
        (
            "colliding",
            "-p force=1 json=2 help=3 of=4 plan=5",
            {"force": 1, "json": 2, "help": 3, "of": 4, "plan": 5},
        ),
        (
            "colliding",
            "--steps 1 --params 2 --accept 3 --output 4",
            {"steps": 1, "params": 2, "accept": 3, "output": 4},
        ),
        (
            "colliding",
            "--h 1 --p 2 --prog 3 --main 4 --step 5",
            {"h": 1, "p": 2, "prog": 3, "main": 4, "step": 5},
        ),
        (
            "colliding",
            "--a-b 1 --_c 2 --größe 3 --no-quiet",
            {"a_b": 1, "_c": 2, "größe": 3, "no_quiet": True},
        ),
        (
            "colliding",
            "--a_b 1 ---c 2 --quiet --no-no-quiet",
            {"a_b": 1, "_c": 2, "quiet": True, "no_quiet": False},
        ),
    ],
)
def test_every_parameter_is_an_option(module: str, words: str, params: dict[str, Any], modules: Path) -> None:
    """Of its own type; a switch may have its value behind it, and a name that is ours is reached by -p."""
    document = run(modules, module, *shlex.split(words))
    assert document["status"] == "completed"
    assert {name: document["params"][name] for name in params} == params


def test_help_tells_the_steps_and_each_parameter_with_type_default_and_text(modules: Path) -> None:
    shown = " ".join(python(modules, str(modules / "typed.py"), "--help").stdout.split())
    assert "Run the pipeline typed: idle, rows-of.2." in shown
    assert "--rows ROWS 100% of the rows (int; default: 5)" in shown
    assert "--quiet [true|false] (bool; default: False)" in shown
    assert "--kind KIND (a | b | 3; default: 'a')" in shown
    assert "--half HALF (int; default: computed)" in shown
    assert "--no-quiet" not in shown, "it is understood, and need not be said for every switch"
    colliding = python(modules, str(modules / "colliding.py"), "-h").stdout
    assert "--force [STEP ...]" in colliding
    assert "--force FORCE" not in colliding


def test_steps_are_arguments_and_plan_runs_nothing(modules: Path) -> None:
    words = ["--rows", "11", "rows-of.2"]
    plan = run(modules, "typed", *words, "--plan")
    assert [(step["name"], step["decision"]) for step in plan["steps"]] == [("rows-of.2", "run")]
    assert "rows-of.2  run" in python(modules, str(modules / "typed.py"), *words, "--plan").stdout
    steps = run(modules, "typed", *words, "--force", "all")["steps"]
    assert [(step["name"], step["status"]) for step in steps] == [("rows-of.2", "completed")]


@pytest.mark.parametrize(
    ("module", "words", "error"),
    [
        ("typed", ["--rows"], "argument --rows: expected one argument"),
        ("typed", ["--rows", "x"], "parameter rows: 'x' does not fit"),
        ("typed", ["--kind", "c"], "use one of 'a', 'b', 3"),
        ("typed", ["--rate", "2"], "from -1.5 to 1"),
        ("typed", ["--quiet=maybe"], "use true or false"),
        ("typed", ["--row", "3"], "unknown argument --row; did you mean --rows?"),
        ("typed", ["idel"], "There is no step 'idel'"),
        ("typed", ["--of", "nosuch"], "nosuch"),
        ("bare", ["-p", "x=1"], "x"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(module: str, words: list[str], error: str, modules: Path) -> None:
    assert error in run(modules, module, *words, code=2)["error"]["message"]


def test_a_file_name_that_no_step_can_import_is_refused(modules: Path, tmp_path: Path) -> None:
    dotted = tmp_path / "my.study.py"
    dotted.write_bytes((modules / "bare.py").read_bytes())
    assert "without dots" in python(modules, str(dotted), code=2).stderr


def test_a_step_that_fails_ends_with_1_and_shows_where(modules: Path) -> None:
    ended = python(modules, str(modules / "broken.py"), code=1)
    assert "step bad, line 1: ZeroDivisionError" in ended.stderr
    assert "y = x / 0" in ended.stderr
    statuses = [step["status"] for step in run(modules, "broken", code=1)["steps"]]
    assert statuses == ["cached", "failed", "skipped"]
    python(modules, str(modules / "broken.py"), "--no-check")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_ends_with_3(number: signal.Signals, modules: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(modules / "slow.py")], stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stderr is not None
    assert any("slow: running" in line for line in process.stderr)
    process.send_signal(number)
    _, told = process.communicate(timeout=100)
    assert (process.returncode, "cancelled" in told) == (3, True)


def test_a_module_is_called_by_its_name_from_another_and_by_the_method_of_0_2_0(modules: Path) -> None:
    """And `python -m` runs it in its own folder."""
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import typed, jupyter_pipes\n"
    by_main = "jupyter_pipes.main(typed.pipeline, ['idle', '--plan'])"
    assert "idle" in python(modules, "-c", code + by_main, str(modules)).stdout
    by_method = "typed.pipeline.main()"
    assert "idle" in python(modules, "-c", code + by_method, str(modules), "idle", "--plan").stdout
