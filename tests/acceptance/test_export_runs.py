"""An exported module runs without Jupyter and gives the notebook's values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.project import Project

CELLS = [
    "%load_ext jupyter_pipes",
    "import pandas as pd\nfrom dataclasses import dataclass",
    "%%params\nrows: int = 50  # rows to make\nkind: Literal['mean', 'sum'] = 'mean'",
    "%%setup\npd.set_option('display.width', 100)",
    "@dataclass\nclass Summary:\n    name: str\n    value: float",
    "FACTOR = 3\n\ndef enrich(frame):\n    return frame.assign(b=frame['a'] * FACTOR)",
    "# Load\nMakes the table.",
    "%%step load\ndf = pd.DataFrame({'a': range(rows), 'g': ['x', 'y'] * (rows // 2)})\ndf.head()",
    "%%step enrich_table\ndf = enrich(df)\ndf['c'] = df['b'] + 1",
    "%%step clean\ndf = df[df['c'] > 4]\nkept = len(df)",
    "%%step group\ngrouped = df.groupby('g')['c'].agg(kind)",
    "%%step report\nsummaries = []\nfor name, value in grouped.items():\n    "
    "summaries.append(Summary(name, float(value)))\ntotal = sum(s.value for s in summaries)\nprint(total)",
    "%pipeline run",
]
VALUES = ("kept", "total")


def plain(rows: int) -> dict[str, object]:
    """Run the cells as a notebook without magics does: one namespace, from first to last."""
    space: dict[str, object] = {"__name__": "__main__"}
    for cell in CELLS:
        if cell.startswith(("# Load", "%load", "%pipeline")):
            continue
        body = cell.partition("\n")[2] if cell.startswith("%%") else cell
        exec("from typing import Literal\n" + body, space)
        if cell.startswith("%%params"):
            space["rows"] = rows
    return space


class Export:
    """The notebook run, exported, and run as a module in three ways."""

    def __init__(self, folder: Path) -> None:
        self.project = study = Project(folder, *CELLS)
        self.notebook = study.jupyter_pipes("run", "study.ipynb", "-p", "rows=10", "--json")
        self.exported = study.jupyter_pipes("export", "study.ipynb", "train.py")
        self.text = (folder / "train.py").read_text()
        self.program = study.python("train.py", "--rows", "10")
        self.module = study.jupyter_pipes("run", "train.py", "-p", "rows=10", "--json")
        self.values = study.jupyter_pipes("get", "train.py", *VALUES, "-p", "rows=10", "--json")
        study.jupyter_pipes("export", "study.ipynb", "train.py")
        self.help = study.python("train.py", "--help")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return Export(tmp_path_factory.mktemp("export"))


def test_the_pipeline_gives_what_the_cells_give_in_one_plain_kernel(export: Export) -> None:
    import pandas as pd

    expected = plain(50)
    run = export.project.run()
    pd.testing.assert_frame_equal(run["df"], expected["df"])  # pyright: ignore[reportArgumentType]
    pd.testing.assert_series_equal(run["grouped"], expected["grouped"])  # pyright: ignore[reportArgumentType]
    assert [run[name] for name in VALUES] == [expected[name] for name in VALUES]
    assert [(s.name, s.value) for s in run["summaries"]] == [
        (s.name, s.value)
        for s in expected["summaries"]  # pyright: ignore[reportGeneralTypeIssues]
    ]


def test_all_commands_succeed(export: Export) -> None:
    answers = [export.notebook, export.exported, export.program, export.module, export.values, export.help]
    assert [(answer.code, answer.err if answer.code else "") for answer in answers] == [(0, "")] * 6


def test_the_module_gives_the_notebooks_values(export: Export) -> None:
    expected = plain(10)
    found = export.values.document["values"]
    assert {name: found[name]["repr"] for name in VALUES} == {name: repr(expected[name]) for name in VALUES}


def test_the_module_keeps_the_same_artifacts(export: Export) -> None:
    def kept(answer_steps: list[dict]) -> dict[str, list[str]]:  # pyright: ignore[reportMissingTypeArgument]
        return {step["name"]: sorted(a["name"] for a in step["artifacts"]) for step in answer_steps}

    assert kept(export.module.document["steps"]) == kept(export.notebook.document["steps"])


def test_the_program_runs_once_and_the_module_run_reuses_it(export: Export) -> None:
    assert {step["status"] for step in export.module.document["steps"]} == {"cached"}


def test_exporting_again_changes_nothing(export: Export) -> None:
    assert (export.project.folder / "train.py").read_text() == export.text


def test_the_module_is_what_a_colleague_would_write(export: Export) -> None:
    assert "import pandas as pd" in export.text.split("def ")[0]
    assert "def load(rows: int" in export.text
    assert "Makes the table." in export.text
    assert "%" not in export.text.replace("%%", "")
    assert "--rows" in export.help.out
    assert "rows to make" in export.help.out
