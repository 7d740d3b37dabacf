"""Nodes of a Kedro project, run as steps: Kedro's values, datasets and hooks, and our signatures."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.runs.taken.kedro_shop import said_by, write_project

PROGRAM = """
import json
from pathlib import Path
from jupyter_pipes import Pipeline
from jupyter_pipes.display.looks import why_text

def told(**options):
    run = Pipeline.from_kedro(".").run(**options)
    ran = {name: why_text(step) for name, step in run.steps.items() if step.status != "cached"}
    return {"ran": ran, "notes": [note for step in run.steps.values() for note in step.notes]}

def edit(path, old, new):
    file = Path(path)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    return told()

run = Pipeline.from_kedro(".").run()
steps = {
    "values": repr((run["seeds"], run["gathered"])),
    "log": run.logs("show"),
    "notes": [note for step in run.steps.values() for note in step.notes],
    "nothing": told(),
    "parameter": told(params={"active_options_alpha": 3.0}),
    "again": told(),
    "other helper": edit("src/shop/text.py", "    return text\\n", "    return text + ''\\n"),
    "function": edit("src/shop/nodes.py", "* alpha}", "* alpha * 1}"),
    "helper": edit("src/shop/text.py", "lower()", "upper()"),
    "input": edit("data/lines.txt", "two", "three"),
    "described": edit("conf/base/catalog.yml", "text.TextDataset, ", "text.TextDataset, metadata: {a: 1}, "),
    "entry": edit("conf/base/catalog.yml", "price: float64", "price: int64"),
}
Path("data/notes.json/2026-02-01T00.00.00.000Z").mkdir()
Path("data/notes.json/2026-02-01T00.00.00.000Z/notes.json").write_text('{"v": 2}')
steps["version"] = told()
Path("data/out/active-score.json").unlink()
steps["deleted"] = told()
steps["is back"] = Path("data/out/active-score.json").exists()
print(json.dumps(steps))
"""


@pytest.mark.slow
def test_nodes_run_as_kedro_runs_them_and_again_when_something_changed(tmp_path: Path) -> None:
    """An entry of the catalog, or a parameter, counts for the nodes that use it; credentials are not kept."""
    ours = write_project(tmp_path / "ours")
    theirs = shutil.copytree(ours, tmp_path / "theirs")
    told = said_by(PROGRAM, ours)
    assert "{'rows': (1, 2)}" in told["values"]
    assert "hooked before show" in told["log"]
    assert "shown {'rows': (1, 2)} ['active', 'columns', 'note']" in told["log"]
    assert told["notes"] == []
    always = {"show": "--always"}
    scores = {"active.score": "input active_model of active.fit: other content"}
    for name in ("nothing", "again", "other helper", "described", "deleted"):
        assert told[name] == {"ran": always, "notes": []}, name
    assert told["is back"]
    changed = {"active.split": "", "active.fit": "", "active.score": ""}
    assert told["parameter"]["ran"].keys() == (always | changed).keys()
    assert told["parameter"]["ran"]["active.fit"] == "parameter active_options_alpha 2.0 → 3.0"
    assert "fit in shop/nodes.py changed" in told["function"]["ran"].pop("active.fit")
    assert told["function"]["ran"] == always | scores
    assert told["helper"]["ran"]["clean"] == "tidy in shop/text.py changed"
    assert told["helper"]["ran"].keys() >= {"joined", "active.split", "active.fit", "store"}
    assert told["input"]["ran"] == always | {"active.score": "file data/lines.txt: other content"}
    assert told["entry"]["ran"]["joined"] == "code changed"
    assert "clean" not in told["entry"]["ran"]
    assert told["version"]["ran"].keys() == {"show", "gather"}
    kept = [path for path in (ours / ".jupyter_pipes").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"sqlite:///data/secret.db" in path.read_bytes()]
    _check_against_kedro(ours, theirs)


def _check_against_kedro(ours: Path, theirs: Path) -> None:
    """Hold the files that steps made against those that `kedro run` makes of the project as it is now."""
    for name in ("src", "conf", "data"):
        shutil.rmtree(theirs / name)
        shutil.copytree(ours / name, theirs / name)
    for made in ("out", "active", "secret.db"):
        path = theirs / "data" / made
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run"], cwd=theirs, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted(path.relative_to(ours) for path in (ours / "data/out").rglob("*") if path.is_file())
    assert made == sorted(
        path.relative_to(theirs) for path in (theirs / "data/out").rglob("*") if path.is_file()
    )
    for name in made:
        if name.suffix == ".parquet":
            pd.testing.assert_frame_equal(pd.read_parquet(ours / name), pd.read_parquet(theirs / name))
        else:
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    (newest, other) = (max((place / "data/active/model.pkl").iterdir()) for place in (ours, theirs))
    assert (newest / "model.pkl").read_bytes() == (other / "model.pkl").read_bytes()
