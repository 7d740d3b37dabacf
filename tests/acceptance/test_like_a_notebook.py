"""What a step's cell shows and sees is what it shows and sees in a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_rules_values import Chain

pytestmark = pytest.mark.slow

CELLS = [
    "import asyncio\nimport matplotlib.pyplot as plt\nimport pandas as pd\nimport plotly.express as px",
    "own, axes = plt.subplots()",
    "class Bad:\n    def __repr__(self):\n        raise ValueError('no repr')",
    "%%step draw\nfig, ax = plt.subplots()\nplt.close(fig)",
    "%%step last\nfig",
    "%%step handed\ndisplay(fig)",
    "%%step plain\nown",
    "%%step bad\nBad()",
    "%%step plotly\npx.line(y=[1, 2])",
    "%%step wide\nframe = pd.DataFrame({f'column_{i}': range(2) for i in range(14)})\nn = len(str(frame))",
    "%%step asks\nshell = get_ipython()\nname = [type(shell).__name__, hasattr(shell, 'kernel')]",
    "%%step loop\nseen = []\nasync def work():\n    seen.append(asyncio.get_running_loop().is_running())\n"
    "task = asyncio.create_task(work())",
    "%%step awaits\nwaited = await asyncio.sleep(0, 5)",
    "%%step starts\nasync def f():\n    return 3\nstarted = asyncio.run(f())",
]


def test_every_cell_of_a_step_shows_what_is_its_own(tmp_path: Path) -> None:
    cells = [
        "%%step load\nn = 3\nprint('one', end='')\nn + 1",
        "%%step load --append\n!echo two\nn + 2",
        "# in between",
        "%%step load --append\ndisplay(n)\nprint('three')\nn + 3",
    ]
    Chain(tmp_path, *cells).run("--output", "out.ipynb")
    assert _texts(tmp_path / "out.ipynb") == [["one", "4"], ["two", "5"], [], ["3", "three", "6"]]


def test_a_cell_clears_what_it_has_shown_itself(tmp_path: Path) -> None:
    clearing = "for i in range(3):\n    clear_output(wait=True)\n    print(i)\n    display(i)"
    chain = Chain(
        tmp_path,
        "from IPython.display import clear_output",
        "%%step load\nprint('stays')",
        f"%%step load --append\nprint('goes')\n{clearing}",
    )
    chain.run("--output", "out.ipynb")
    assert _texts(tmp_path / "out.ipynb") == [[], ["stays"], ["2", "2"]]


def test_an_error_stands_under_the_cell_in_which_it_came(tmp_path: Path) -> None:
    cells = ["%%step load\nprint('one')", "%%step load --append\n1 / 0", "%%step load --append\nprint('no')"]
    chain = Chain(tmp_path, *cells)
    chain._ask("run", "study.ipynb", "--output", "out.ipynb")
    assert _texts(tmp_path / "out.ipynb") == [["one"], ["ZeroDivisionError"], []]


def _texts(path: Path) -> list[list[str]]:
    """Return the text of each output of each cell."""
    return [
        [
            "".join(output.get("text") or output.get("ename") or output["data"]["text/plain"]).strip()
            for output in cell["outputs"]
        ]
        for cell in json.loads(path.read_text("utf-8"))["cells"]
    ]


def test_an_error_in_a_cell_that_continues_a_step_has_its_line(tmp_path: Path) -> None:
    chain = Chain(tmp_path, "%%step load\nn = 3", "%%step load --append\nn + 2\n1 / 0")
    error = chain._ask("run", "study.ipynb", "--json").document["steps"][0]["error"]
    assert (error["type"], error["line"]) == ("ZeroDivisionError", 5)


def test_a_step_is_like_a_cell(tmp_path: Path) -> None:
    chain = Chain(tmp_path, *CELLS)
    chain.run("--output", "out.ipynb")
    text = (tmp_path / "out.ipynb").read_text("utf-8")
    assert len(text) < 200_000
    shown: dict[str, list[Any]] = {}
    for cell in json.loads(text)["cells"]:
        shown["".join(cell["source"]).partition("\n")[0].removeprefix("%%step ")] = cell["outputs"]
    for name in ("last", "handed", "plain"):
        assert [sorted(output["data"]) for output in shown[name]] == [["image/png", "text/plain"]], name
    assert "ValueError" in "".join(shown["bad"][0]["text"])
    assert any("application/vnd.plotly.v1+json" in output["data"] for output in shown["plotly"])
    assert chain.get("n") == 459
    assert chain.get("name") == ["ZMQInteractiveShell", True]
    assert chain.get("seen") == [True]
    assert (chain.get("waited"), chain.get("started")) == (5, 3)
