"""The documents of plans, values, cleanups and errors have the fields of the contract."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from jupyter_pipes.cli import documents
from jupyter_pipes.history.cleanup.collect import Amount, Collection
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Diagnostic, Step, StepOptions
from jupyter_pipes.planning.plan import Plan, PlannedDecision

TABLE = ArtifactRef("df", "ab12", "pandas.DataFrame", 320, "pickle", (3, 2), "…")


def printed(document: documents.Document) -> Any:
    """Return what another program reads of a document."""
    return json.loads(document.json())


def test_a_plan_has_one_entry_for_each_step_in_order() -> None:
    load = Step("load", 0, "", "cell 1", reads={"rows": "params"}, writes=("df",))
    fit = Step("fit", 1, "", "cell 2", reads={"df": "load"}, options=StepOptions(after=("x",)))
    decisions = (
        PlannedDecision(load, "run", ("never ran",)),
        PlannedDecision(fit, "depends", ("runs if load gives other outputs",)),
    )
    assert printed(documents.of_plan(Plan("study", decisions))) == {
        "steps": [
            {
                "name": "load",
                "decision": "run",
                "reasons": ["never ran"],
                "reads": {"rows": "params"},
                "writes": ["df"],
                "after": [],
            },
            {
                "name": "fit",
                "decision": "depends",
                "reasons": ["runs if load gives other outputs"],
                "reads": {"df": "load"},
                "writes": [],
                "after": ["x"],
            },
        ]
    }


def test_values_have_type_repr_digest_and_uri() -> None:
    assert printed(documents.of_values({"df": (TABLE, "<df>", "file:///store/ab12")})) == {
        "values": {
            "df": {"type": "pandas.DataFrame", "repr": "<df>", "digest": "ab12", "uri": "file:///store/ab12"}
        }
    }


def test_a_cleanup_tells_what_went_by_number_and_bytes() -> None:
    collection = Collection(runs=("r",), artifacts=Amount(1, 2))
    document = printed(documents.CleanupDocument.of(collection, dry_run=True))
    assert (document["dry_run"], document["runs"], document["artifacts"]) == (
        True,
        ["r"],
        {"count": 1, "bytes": 2},
    )
    assert document["left"] == {"count": 0, "bytes": 0}


def test_an_invalid_pipeline_lists_its_diagnostics() -> None:
    problem = Diagnostic("JP010", "reads df, which nothing defines", "clean", 3, 2)
    assert printed(documents.of_error(InvalidPipeline("a problem", diagnostics=[problem]))) == {
        "error": {
            "type": "InvalidPipeline",
            "message": "a problem",
            "diagnostics": [
                {"code": "JP010", "step": "clean", "line": 3, "message": "reads df, which nothing defines"}
            ],
        }
    }


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (UsageError("what?"), "UsageError", "what?"),
        (KeyboardInterrupt(), "KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_any_error_has_a_type_a_message_and_no_diagnostics(
    error: BaseException, kind: str, message: str
) -> None:
    body = {"type": kind, "message": message, "diagnostics": []}
    assert printed(documents.of_error(error)) == {"error": body}


def test_a_name_of_a_file_that_is_no_utf8_is_no_trouble() -> None:
    """It is spelled out: other readers of JSON refuse the half of a character that Python makes of it."""
    name = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    document = documents.of_error(UsageError(name)).json()
    assert msgspec.json.decode(document)["error"]["message"] == r"caf\udce9.csv"
