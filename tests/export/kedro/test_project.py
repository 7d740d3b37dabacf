"""Rules of an export to Kedro: the project that a user of Kedro would have written, or a refusal in words."""

from __future__ import annotations

import difflib

import pytest
from msgspec.structs import replace

from jupyter_pipes.export.kedro import export_kedro
from jupyter_pipes.export.plain.preparation import Exported
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.storage.catalog.entries import NOTHING, Catalog, Entry


def exported(*sources: str, catalog: Catalog = NOTHING, loads: tuple[str, ...] = ()) -> dict[str, str]:
    cells = [cell_from_source(f"c{n}", n, source, "code")[0] for n, source in enumerate(sources, start=1)]
    parameters = parameter_cells.read(cells)[0]
    graph = build(cells, [parameter.spec for parameter in parameters])
    # As a pipeline has it whose settings have the catalog: each step loads what it reads of that.
    steps = [replace(step, loads=tuple(name for name in loads if name in step.body)) for step in graph.steps]
    graph = replace(graph, steps=tuple(steps), diagnostics=() if loads else graph.diagnostics)
    return export_kedro(Exported(graph, cells, parameters, catalog, "study", "study.ipynb", "Rain in May"))


NAMED = Catalog(
    (
        Entry("rows", "csv", "in/rows.csv"),
        Entry("table", "parquet", "out/table.parquet", versioned=True),
        Entry("told", "json", "out/{params.n}.json"),
        Entry("late", "json", "out/{run}.json"),
    )
)


def test_the_catalog_becomes_datasets_or_code() -> None:
    """An input is given to the nodes that read it; a place with a parameter stands in the function."""
    files = exported(
        "%%params\nn: int = 2",
        "%%step load\ntable = rows[:1]\ntold = {'n': 1}",
        "%%step use\nsize = len(table)",
        catalog=NAMED,
        loads=("rows",),
    )
    text = files["conf/base/catalog.yml"]
    assert "rows:\n  type: pandas.CSVDataset\n  filepath: in/rows.csv\n" in text
    assert "table:\n  type: pandas.ParquetDataset\n  filepath: out/table.parquet\n  versioned: true" in text
    nodes = files["src/rain_in_may/pipelines/study/nodes.py"]
    assert "def load(rows, n: int):" in nodes
    assert 'pathlib.Path(f"out/{n}.json").open("w", encoding="utf-8")' in nodes
    assert 'inputs=["rows", "params:n"]' in files["src/rain_in_may/pipelines/study/pipeline.py"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("%%step load\nlate = 1", "its output late, but its place is named after a run or a signature"),
        (
            "%%step load\ntold = n\nn = 3",
            "the place of its output told names the parameter n, which it binds",
        ),
    ],
)
def test_an_output_of_the_catalog_that_nothing_writes_is_refused(cell: str, why: str) -> None:
    with pytest.raises(NotebookError, match=r"step load \(cell 2\) cannot be exported to Kedro") as raised:
        exported("%%params\nn: int = 2", cell, catalog=NAMED)
    assert why in str(raised.value)


NOTEBOOK = (
    "%%params\nn: Annotated[int, Range(1, 9)] = 2  # how many\nlr = 1e-05\nname = 'a b'\nxs: list[int] = [1]",
    '%%step load --stage "raw data" --tags big --retries 2\nrows = [n, lr, name, *xs]',
    "%%step grow\nrows.append(1)\nwith open('log') as file:\n    text = file.read()",
    "%%step tell\nkey = lambda row: -row\nprint(sorted(rows, key=key))",
)
NODES = """\
            # No place in Kedro: --retries 2
            Node(
                nodes.load,
                inputs=["params:n", "params:lr", "params:name", "params:xs"],
                outputs="load_rows",
                name="load",
                tags=["raw-data", "big"],
            ),
            Node(
                nodes.grow,
                inputs="load_rows",
                outputs=["grow_rows", "file", "text"],
                name="grow",
            ),
            Node(
                nodes.tell,
                inputs="grow_rows",
                outputs="key",
                name="tell",
            ),
"""
PARAMETERS = """\
# Exported from study.ipynb by jupyter_pipes.
# how many
# a whole number from 1 to 9
n: 2

# a number
lr: 1.0e-05

# a text
name: "a b"

# a value of type list[int]
xs: [1]
"""
CATALOG = """\
# Exported from study.ipynb by jupyter_pipes.
load_rows:
  type: pickle.PickleDataset
  filepath: data/load_rows.pkl
  metadata: {kedro-viz: {layer: "raw data"}}

grow_rows:
  type: pickle.PickleDataset
  filepath: data/grow_rows.pkl

text:
  type: pickle.PickleDataset
  filepath: data/text.pkl

key:
  type: pickle.PickleDataset
  filepath: data/key.pkl
  backend: cloudpickle
"""


def test_the_export_reads_as_a_user_of_kedro_would_have_written_it() -> None:
    """A name that several steps leave is several datasets; what `with` opened is no file of the catalog."""
    files = exported(*NOTEBOOK)
    assert NODES in files["src/rain_in_may/pipelines/study/pipeline.py"]
    assert files["conf/base/parameters.yml"] == PARAMETERS
    assert files["conf/base/catalog.yml"] == CATALOG
    assert "def grow(rows):" in files["src/rain_in_may/pipelines/study/nodes.py"]
    assert '    "cloudpickle",\n' in files["pyproject.toml"]
    assert '"grow": ["load"]' in files["tests/test_pipeline.py"]


def test_exporting_again_changes_what_the_edit_changed() -> None:
    before = exported(*NOTEBOOK)
    assert before == exported(*NOTEBOOK)
    after = exported(*(source.replace("append(1)", "append(2)") for source in NOTEBOOK))
    changed = [
        line
        for name, text in before.items()
        for line in difflib.ndiff(text.splitlines(), after[name].splitlines())
        if line[0] in "+-"
    ]
    assert changed == ["-     rows.append(1)", "+     rows.append(2)"]


REFUSED = {
    "a map": (["%%step a\nxs = [1]", "%%step b --map 'x in xs'\ny = x"], r"step b \(cell 2\).*--map"),
    "a condition": (
        ["%%params\nn = 1", '%%step a --when "n > 0"\nx = 1'],
        r'step a \(cell 2\).*--when "n > 0"',
    ),
    "an order without values": (
        ["%%step a\nx = 1", "%%step b --after a\ny = 1"],
        r"step b \(cell 2\).*comes after a",
    ),
    "nothing read or left": (["%%step a\nprint(1)"], r"step a \(cell 1\).*neither reads nor leaves"),
    "None": (["%%step a\nx = None"], r"step a \(cell 1\).*None under x"),
    "None on some path": (
        ["%%params\nn = 1", "%%step a\nif n:\n    x = 1"],
        r"a \(cell 2\).*None under x",
    ),
    "what YAML has not": (
        ["%%params\nday = date(2024, 1, 1)", "%%step a\nx = day"],
        r"day \(cell 1, line 2\)",
    ),
    "waiting": (["import asyncio", "%%step a\nx = await asyncio.sleep(0, 1)"], r"step a \(cell 2\).*awaits"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_kedro_cannot_say_is_refused_with_its_cell(what: str) -> None:
    cells, words = REFUSED[what]
    with pytest.raises(NotebookError, match=words):
        exported(*cells)
