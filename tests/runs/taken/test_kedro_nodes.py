"""Nodes of a Kedro project as steps: as `kedro run` runs them, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runs.taken.kedro_shop import said_by, write_project

pytestmark = pytest.mark.slow

PROGRAM = """
import json
import msgspec
from pathlib import Path
from jupyter_pipes import Pipeline
from jupyter_pipes.model.errors import NotebookError, UsageError

def refusal(*arguments, **options):
    try:
        Pipeline.from_kedro(*arguments, **options)
    except UsageError as error:
        return str(error)

pipeline = Pipeline.from_kedro(".")
told = {
    "name": pipeline.name,
    "directory": str(pipeline.directory),
    "problems": [str(each) for each in pipeline.problems()],
    "steps": {step.name: msgspec.to_builtins(step) for step in pipeline.graph.steps},
    "parameters": {each.name: each.default for each in pipeline.parameters},
    "refused": {name: refusal(".", name) for name in ("nothing", "none", "inner", "lost", "alike", "model")},
}
Path("elsewhere").mkdir()
told["refused"]["no project"] = refusal("elsewhere")
catalog = Path("conf/base/catalog.yml")
catalog.write_text(catalog.read_text().replace("credentials: place", "credentials: unknown"))
told["refused"]["no credentials"] = refusal(".")
flow = "from jupyter_pipes import Pipeline\\npipeline = Pipeline.from_kedro('.')\\n"
Path("elsewhere/flow.py").write_text(flow)
catalog.write_text(catalog.read_text().replace("credentials: unknown", "credentials: place"))
try:
    Pipeline.from_module("elsewhere/flow.py")
except NotebookError as error:
    told["refused"]["elsewhere"] = str(error)
print(json.dumps(told, default=str))
"""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the project comes to."""
    return said_by(PROGRAM, write_project(tmp_path_factory.mktemp("shop")))


@pytest.fixture(scope="module")
def steps(taken: dict[str, Any]) -> dict[str, Any]:
    """Its steps by name."""
    return taken["steps"]


def test_each_node_is_a_step_that_runs_in_the_project(taken: dict[str, Any], steps: dict[str, Any]) -> None:
    """One without a name is called as its function, one of a namespace has it in front, and as its stage."""
    assert {"clean", "joined", "show", "active.split", "active.fit", "active.score"} <= steps.keys()
    assert (taken["name"], taken["problems"]) == ("shop", [])
    assert steps["active.fit"]["options"]["tags"] == ["ml"]
    assert steps["active.fit"]["options"]["stage"] == "active"
    assert steps["clean"]["doc"] == "Tidies names."


def test_a_file_is_an_output_there_and_an_input_where_it_is_read(steps: dict[str, Any]) -> None:
    """However it is read (`table@other`), and whatever pattern says where it is."""
    assert steps["joined"]["options"]["out_files"] == ["data/out/table.csv"]
    assert steps["joined"]["options"]["files"] == ["data/out/clean.parquet", "data/shuttles.csv"]
    assert steps["active.split"]["files_from"] == {"data/out/table.csv": "joined"}
    assert steps["active.score"]["options"]["out_files"] == ["data/out/active-score.json"]


def test_what_is_in_memory_passes_as_a_value(steps: dict[str, Any]) -> None:
    assert steps["active.split"]["writes"] == ["active_train", "active_test"]
    assert steps["active.fit"]["reads"] == {"active_options_alpha": "params", "active_train": "active.split"}
    assert steps["show"]["reads"]["seeds"] == "start"


def test_of_versions_the_newest_that_no_node_makes_is_a_file_and_one_that_a_node_makes_a_value(
    steps: dict[str, Any],
) -> None:
    version = "data/notes.json/2026-01-01T00.00.00.000Z/notes.json"
    assert steps["gather"]["options"]["files"] == [version]
    assert steps["active.fit"]["writes"] == ["active_model"]
    assert "out_files" not in steps["active.fit"]["options"]


def test_a_node_always_runs_that_makes_nothing_or_whose_data_is_not_there(steps: dict[str, Any]) -> None:
    always = {name for name, step in steps.items() if step["options"].get("always")}
    assert always == {"show", "scatter", "store", "active.fit"}


def test_a_step_holds_what_the_catalog_says_of_its_own_datasets_and_never_credentials(
    steps: dict[str, Any],
) -> None:
    texts = {name: step["body"] for name, step in steps.items()}
    assert "dtype" in texts["joined"]
    assert not any("dtype" in text for name, text in texts.items() if name != "joined")
    assert "credentials: place" in texts["store"]
    assert "secret.db" not in str(steps)


def test_each_value_of_the_parameters_is_one_parameter(taken: dict[str, Any]) -> None:
    assert taken["parameters"] == {
        "columns": ["id", "name", "price"],
        "active_options_share": 0.5,
        "active_options_alpha": 2.0,
        "note": None,
    }


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("nothing", "shop has no pipeline nothing; it has __default__, model"),
        ("none", "the pipeline none of shop has no nodes: there is nothing to run"),
        ("inner", "node inner cannot be taken in: its function is none that stands at the top of a module"),
        ("lost", "the catalog has no nowhere, and no node makes it: add it to catalog.yml"),
        ("alike", "datasets a.b, a_b would both be a_b here: rename all but one"),
        ("model", "the catalog has no table, and no node makes it"),
        ("no project", "elsewhere cannot be opened as a Kedro project: "),
        ("no credentials", "Unable to find credentials 'unknown'"),
        ("elsewhere", "takes in the project in "),
    ],
)
def test_what_cannot_be_a_step_is_refused(taken: dict[str, Any], what: str, reason: str) -> None:
    assert reason in str(taken["refused"][what])
