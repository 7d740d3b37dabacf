"""Rules of the verb `models`: what a step kept is listed in Python, as a table and as JSON, and on runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.cli.main import main
from jupyter_pipes.display.kept.models import ModelTable
from jupyter_pipes.runs.listing import list_runs
from tests.cli.test_main import write_notebook

pytestmark = pytest.mark.slow

FIT = """\
%%step fit --monitor metric:n model:rid*
for n in range(3):
    current.metric("n", n)
fitted = Ridge(alpha=alpha).fit([[1.0, 2.0], [3.0, 5.0]], [1.0, 2.0])
current.model("ridge", fitted)
with open("net.pt", "wb") as file:
    file.write(b"weights")
current.model("net", "net.pt")
"""


def test_a_model_is_listed_with_what_it_tells_and_what_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    imports = "from sklearn.linear_model import Ridge\nfrom jupyter_pipes import current"
    write_notebook(tmp_path / "train.ipynb", (imports, "%%params\nalpha: float = 0.5", FIT))
    pipeline = Pipeline.from_notebook(tmp_path / "train.ipynb")
    assert pipeline.models() == ()
    first, second = pipeline.run(), pipeline.run(params={"alpha": 2.0})
    again = pipeline.run()
    assert again.steps["fit"].source_run == first.id
    assert [point.value for point in again.metrics["fit/n"]] == [0, 1, 2]
    (listed,) = list_runs(pipeline.workspace.history, "monitored.fit/n:2 params.alpha:0.5", limit=1)
    assert (listed.run, listed.monitored) == (
        again.id,
        {"fit/n": 2, "fit/ridge": pipeline.models()[1].artifact.type},
    )
    assert [(each.name, each.version, each.run) for each in pipeline.models()] == [
        ("net", 1, first.id),
        ("ridge", 1, first.id),
        ("ridge", 2, second.id),
    ]
    assert (first["net"], first["ridge"].alpha) == (b"weights", 0.5)
    capfd.readouterr()
    assert main(["models", "ridge", "--json"]) == 0
    old, new = json.loads(capfd.readouterr().out)["models"]
    assert (old["framework"], old["type"]) == ("scikit-learn", "sklearn.linear_model._ridge.Ridge")
    assert (old["input_count"], old["parameters"]["alpha"], new["parameters"]["alpha"]) == (2, 0.5, 2.0)
    assert (new["run"], new["step"], new["version"]) == (second.id, "fit", 2)
    assert main(["get", "train.ipynb", "net", "--output", "again.pt"]) == 0
    assert (tmp_path / "again.pt").read_bytes() == b"weights"
    assert main(["models"]) == 0
    table = capfd.readouterr().out
    assert "PyTorch" in table
    assert "alpha=2.0" in table
    assert "fit_intercept" not in table, "a default says nothing"
    assert max(map(len, table.splitlines())) <= 120
    assert "PyTorch" in ModelTable(pipeline.models())._repr_html_()
