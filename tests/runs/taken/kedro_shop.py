"""A Kedro project, and programs that take it in: Kedro sets up logging and paths of the whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

NODES = '''
from dataclasses import dataclass

import pandas as pd

from shop.text import tidy


@dataclass
class Options:
    share: float
    alpha: float


def clean(companies: pd.DataFrame) -> pd.DataFrame:
    """Tidies names."""
    return companies.assign(name=companies["name"].map(tidy).astype("category"))


def join(companies, shuttles, columns):
    return shuttles.merge(companies, on="id")[columns]


def start():
    return {"rows": (1, 2)}


def show(seeds, parameters):
    print("shown", seeds, sorted(parameters))


def split(table, options: Options):
    cut = int(len(table) * options.share)
    return table[:cut], table[cut:]


def fit(train, alpha):
    return {"mean": float(train["price"].mean()) * alpha}


def score(model, test, lines):
    return {"score": model["mean"] - float(test["price"].mean()), "lines": len(lines)}


def gather(parts, lines):
    return {"parts": sorted(parts), "lines": lines}


def scatter(table):
    return {"one": table, "two": table}


def store(table):
    return table
'''

PIPELINES = """
from kedro.pipeline import Pipeline, node, pipeline

from shop.nodes import clean, fit, gather, join, scatter, score, show, split, start, store


def register_pipelines():
    model = Pipeline([
        node(split, dict(table="table", options="params:options"), ["train", "test"], name="split"),
        node(fit, ["train", "params:options.alpha"], "model", name="fit", tags=["ml"]),
        node(score, ["model", "test", "lines"], "score", name="score"),
    ])
    whole = Pipeline([
        node(clean, "companies", "clean_companies"),
        node(join, ["clean_companies", "shuttles", "params:columns"], "table@pandas", name="joined"),
        node(start, None, "seeds"),
        node(show, ["seeds", "parameters"], None),
        node(scatter, "table@other", "scattered"),
        node(gather, ["scattered", "notes"], "gathered"),
        node(store, "table@other", "stored"),
    ])
    inputs = {"table": "table@other", "lines": "lines"}
    return {
        "__default__": whole + pipeline(model, namespace="active", inputs=inputs),
        "model": model,
        "none": Pipeline([]),
        "inner": Pipeline([node(lambda: 1, None, "one", name="inner")]),
        "lost": Pipeline([node(start, None, "seeds"), node(store, "nowhere", "stored")]),
        "alike": Pipeline([node(start, None, "a.b"), node(clean, "a.b", "a_b")]),
    }
"""

FILES = {
    "pyproject.toml": '[tool.kedro]\npackage_name = "shop"\nproject_name = "Shop"\n'
    'kedro_init_version = "{}"\n',
    "src/shop/__init__.py": "",
    "src/shop/text.py": "def tidy(text):\n    return text.strip().lower()\n\n\n"
    "def other(text):\n    return text\n",
    "src/shop/nodes.py": NODES,
    "src/shop/pipeline_registry.py": PIPELINES,
    "src/shop/hooks.py": "from kedro.framework.hooks import hook_impl\n\n\nclass Told:\n    @hook_impl\n"
    "    def before_node_run(self, node):\n        print('hooked before', node.func.__name__)\n",
    "src/shop/settings.py": "from shop.hooks import Told\n\nHOOKS = (Told(),)\n",
    "conf/base/catalog.yml": """
_csv: &csv
  type: pandas.CSVDataset
companies:
  <<: *csv
  filepath: data/companies.csv
shuttles: {type: pandas.CSVDataset, filepath: data/shuttles.csv, load_args: {dtype: {price: float64}}}
clean_companies: {type: pandas.ParquetDataset, filepath: data/out/clean.parquet}
table@pandas: {type: pandas.CSVDataset, filepath: data/out/table.csv, save_args: {index: false}}
table@other: {type: pandas.CSVDataset, filepath: data/out/table.csv}
lines: {type: text.TextDataset, filepath: data/lines.txt}
"{space}.model": {type: pickle.PickleDataset, filepath: "data/{space}/model.pkl", versioned: true}
"{space}.score": {type: json.JSONDataset, filepath: "data/out/{space}-score.json"}
notes: {type: json.JSONDataset, filepath: data/notes.json, versioned: true}
scattered: {type: partitions.PartitionedDataset, path: data/out/scattered, dataset: pandas.CSVDataset}
stored:
  type: pandas.SQLTableDataset
  table_name: t
  credentials: place
  save_args: {if_exists: replace}
""",
    "conf/base/parameters.yml": "columns: [id, name, price]\n"
    "active: {options: {share: 0.5, alpha: 2.0}}\nnote: null\n",
    "conf/local/credentials.yml": 'place: {con: "sqlite:///data/secret.db"}\n',
    "data/companies.csv": "id,name\n1, ACME \n2,Foo\n3,bar\n4,Baz\n",
    "data/shuttles.csv": "id,price\n1,10\n2,20\n3,30\n4,50\n",
    "data/lines.txt": "one\ntwo\n",
    "data/notes.json/2026-01-01T00.00.00.000Z/notes.json": '{"v": 1}',
}


def write_project(folder: Path) -> Path:
    """Write the project into a folder."""
    from importlib.metadata import version

    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{}", version("kedro")) if name == "pyproject.toml" else text)
    return folder


def said_by(program: str, folder: Path, *arguments: str) -> Any:
    """Return what the last line that a program prints comes to, as JSON."""
    quiet = os.environ | {"DO_NOT_TRACK": "1", "COLUMNS": "200"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
