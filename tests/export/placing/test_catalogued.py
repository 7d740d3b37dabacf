"""Each option of the catalog in each export: it is said there, is a comment, or is refused with its cell."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import fields, replace

from jupyter_pipes.export.clearml.engine import CLEARML
from jupyter_pipes.export.kedro.engine import KEDRO
from jupyter_pipes.export.kedro.entries import lines_of
from jupyter_pipes.export.luigi.engine import LUIGI
from jupyter_pipes.export.placing.catalogued import Use, catalogued
from jupyter_pipes.export.plain.options import Engine
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.storage.catalog.entries import Catalog, Entry
from jupyter_pipes.storage.catalog.reading import code_of

CELLS: dict[Use, tuple[str, ...]] = {
    "loaded": ("%%step one\ny = len(x)",),
    "left": ("%%step one\nx = 1",),
    "handed on": ("%%step one\nx = 1", "%%step two\ny = x"),
}
RUN = "refused: its place is named after a run or a signature"
VERSIONS = "refused: it has versions, which jupyter_pipes counts"
NEWEST = "refused: it loads the newest version of x"
STRICT = "# No place in {}: strict (csv may lose types)"

OPTIONS: list[tuple[str, Use, dict[str, Any], str, str]] = [
    ("name", "left", {"name": "x*", "path": "{name}.csv"}, "x.to_csv('x.csv'", "x.to_csv('x.csv'"),
    ("format", "loaded", {"format": "json", "path": "a"}, "json.loads(", "type: json.JSONDataset"),
    ("format", "left", {"format": "text", "path": "a"}, "file.write(x)", "type: text.TextDataset"),
    ("format", "left", {"format": "npy", "path": "a"}, "numpy.save(", "numpy.save("),
    ("format", "handed on", {"path": "a.csv"}, "x.to_csv('a.csv'", "x.to_csv('a.csv'"),
    ("path", "loaded", {"path": "s3://b/x.csv"}, "'s3://b/x.csv'", 'filepath: "s3://b/x.csv"'),
    ("path", "loaded", {"path": "{params.n}.csv"}, 'f"{n}.csv"', 'f"{n}.csv"'),
    ("path", "left", {"path": "{params.n}/{step}.csv"}, 'f"{n}/one.csv"', 'f"{n}/one.csv"'),
    ("path", "left", {"path": "{env.P}/x.csv"}, "os.environ['P']", "os.environ['P']"),
    ("path", "left", {"path": "{run}.csv"}, RUN, RUN),
    ("path", "left", {"path": "{signature}.csv"}, RUN, RUN),
    ("table", "loaded", {"format": "sql", "path": "sqlite:///a", "table": "t"}, "_table('t'", "_table('t'"),
    ("table", "left", {"format": "sql", "path": "sqlite:///a", "table": "t"}, "to_sql('t'", "to_sql('t'"),
    ("library", "loaded", {"library": "polars", "path": "a"}, "polars.read_csv", "polars.EagerPolarsDataset"),
    ("library", "left", {"library": "polars", "path": "a"}, "x.write_csv", "polars.EagerPolarsDataset"),
    ("library", "left", {"library": "pyarrow", "path": "a"}, "pyarrow.csv.write", "pyarrow.csv.write"),
    ("load", "loaded", {"load": {"sep": ";"}, "path": "a"}, "sep=';'", 'load_args: {"sep": ";"}'),
    ("save", "left", {"save": {"sep": ";"}, "path": "a"}, "sep=';'", "sep=';'"),
    ("save", "left", {"save": {"index": True}, "path": "a"}, "index=True", 'save_args: {"index": true}'),
    ("versioned", "loaded", {"versioned": True, "path": "a"}, NEWEST, "versioned: true"),
    ("versioned", "loaded", {"versioned": True, "path": "a", "format": "npy"}, NEWEST, NEWEST),
    ("versioned", "left", {"versioned": True, "path": "a"}, VERSIONS, VERSIONS),
    ("versioned", "left", {"versioned": True, "path": "a", "format": "parquet"}, VERSIONS, "versioned: true"),
    ("strict", "left", {"strict": True, "path": "a"}, STRICT, STRICT),
    ("strict", "left", {"strict": True, "path": "a", "save": {"index": False}}, STRICT, STRICT),
    ("strict", "handed on", {"strict": True, "path": "a"}, STRICT, STRICT),
]
"""Option, use, entry, and what it becomes in Luigi and ClearML, whose steps write code, and in Kedro."""


def became(entry: Entry, use: Use, engine: Engine) -> str:
    """What an export has of an entry: its dataset, its code, or why it is refused."""
    cells = [cell_from_source(f"c{n}", n, source, "code")[0] for n, source in enumerate(CELLS[use], start=1)]
    graph = build(cells, [])
    loads = ("x",) if use == "loaded" else ()
    graph = replace(graph, steps=tuple(replace(step, loads=loads) for step in graph.steps))
    try:
        came = catalogued(graph, Catalog((entry,)), engine.keeps, engine.refuse, engine.name)
    except NotebookError as error:
        return f"refused: {error.message}"
    if came.datasets:
        return "\n".join(lines_of(next(iter(came.datasets.values()))))
    return came.behind.get("one") or code_of(entry)


@pytest.mark.parametrize("engine", [LUIGI, CLEARML, KEDRO], ids=lambda engine: engine.name)
@pytest.mark.parametrize(("option", "use", "said", "in_code", "in_kedro"), OPTIONS)
def test_nothing_that_the_catalog_says_is_lost(
    option: str, use: Use, said: dict[str, Any], in_code: str, in_kedro: str, engine: Engine
) -> None:
    entry = Entry(**{"name": "x", "format": "csv", **said})
    expected = (in_kedro if engine is KEDRO else in_code).replace("{}", engine.name)
    text = became(entry, use, engine)
    refused = f"refused: step one (cell 1) cannot be exported to {engine.name}"
    assert text.startswith(refused) == expected.startswith("refused"), option
    assert expected.removeprefix("refused: ") in text


def test_the_table_has_every_option() -> None:
    assert {option for option, *_ in OPTIONS} == {field.name for field in fields(Entry)}


@pytest.mark.parametrize("engine", [LUIGI, CLEARML, KEDRO], ids=lambda engine: engine.name)
def test_strict_says_nothing_of_what_is_read(engine: Engine) -> None:
    """Nothing is lost by reading."""
    assert "strict" not in became(Entry("x", "csv", "a", strict=True), "loaded", engine)
