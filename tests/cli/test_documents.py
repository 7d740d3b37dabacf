"""The JSON documents have the fields of the contract, for runs, plans, values and errors of every kind.

docs/documents.schema.json says it to other programs, and what the verbs print keeps to it.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jsonschema import Draft202012Validator

from jupyter_pipes.cli import documents
from jupyter_pipes.cli.document_schema import VERBS, schema, schema_text
from jupyter_pipes.cli.verbs import VERBS as COMMANDS
from jupyter_pipes.history.cleanup.collect import Amount, Collection
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.results import ArtifactRef, OutputRef, StepError, Usage
from jupyter_pipes.model.steps import Diagnostic, Status, Step, StepOptions
from jupyter_pipes.model.views import RunView, fold
from jupyter_pipes.planning.plan import Plan, PlannedDecision

TABLE = ArtifactRef("df", "ab12", "pandas.DataFrame", 320, "pickle", (3, 2), "…")


def uri(artifact: ArtifactRef) -> str:
    return f"file:///store/{artifact.digest}"


def view_of(*happened: ev.AnyEvent, start: float = 100.0) -> RunView:
    """Return the view after these events, one second apart."""
    return fold("r1", [ev.Record("r1", seq, start + seq, event) for seq, event in enumerate(happened)])


def started(*steps: ev.PlannedStep, **more: object) -> ev.RunStarted:
    return ev.RunStarted("study", "1.0.0", steps, **more)  # type: ignore[arg-type]


LOAD = ev.PlannedStep(
    "load",
    reads={"rows": "params"},
    writes=("df",),
    options=StepOptions(after=("first",), stage="data", tags=("a",), queue="local"),
)


def printed(document: documents.Document) -> Any:
    """Return what another program reads of a document."""
    return json.loads(document.json())


def run_document(view: RunView, **more: Any) -> Any:
    return printed(documents.of_view(view, uri, **more))


def step_document(*happened: ev.AnyEvent, **more: Any) -> Any:
    return run_document(view_of(started(LOAD), *happened), now=200.0, **more)["steps"][0]


RUN = "run pipeline version status params seconds metrics steps"
STEP = "name status reason notes seconds queue stage tags attempts reads writes after metrics artifacts error"


def test_a_run_has_the_fields_of_the_contract_and_no_others() -> None:
    document = run_document(view_of(started(LOAD)), now=104.5)
    assert list(document) == RUN.split()
    assert list(document["steps"][0]) == STEP.split()
    assert (document["run"], document["pipeline"], document["version"]) == ("r1", "study", "1.0.0")
    assert document["metrics"] == {}


def test_a_run_under_way_counts_its_seconds_up_to_now_and_an_ended_one_to_its_end() -> None:
    assert run_document(view_of(started(LOAD)), now=104.5)["seconds"] == 4.5
    ended = view_of(started(LOAD), ev.RunEnded(Status.FAILED, "load failed"))
    document = run_document(ended, now=999.0)
    assert (document["seconds"], document["status"]) == (1.0, "failed")


def test_a_completed_step_tells_what_it_is_read_wrote_and_used() -> None:
    document = step_document(
        ev.AttemptQueued("load", 1, "local"),
        ev.AttemptStarted("load", 1, 4711, "host"),
        ev.ArtifactStored("load", 1, TABLE),
        ev.OutputShown("load", 1, OutputRef("display_data", "cd", 0)),
        ev.NoteAdded("load", 1, "lock is not kept"),
        ev.AttemptEnded("load", 1, "completed", usage=Usage(2.5, 1.5, 10**6)),
        ev.StepEnded("load", Status.COMPLETED),
    )
    assert document == {
        "name": "load",
        "status": "completed",
        "reason": "",
        "notes": ["lock is not kept"],
        "seconds": 2.5,
        "queue": "local",
        "stage": "data",
        "tags": ["a"],
        "attempts": [
            {
                "number": 1,
                "status": "completed",
                "reason": "",
                "seconds": 2.5,
                "pid": 4711,
                "host": "host",
                "cpu_seconds": 1.5,
                "peak_memory": 1_000_000,
            }
        ],
        "reads": {"rows": "params"},
        "writes": ["df"],
        "after": ["first"],
        "metrics": {},
        "artifacts": [
            {
                "name": "df",
                "type": "pandas.DataFrame",
                "bytes": 320,
                "digest": "ab12",
                "uri": "file:///store/ab12",
            }
        ],
        "error": None,
    }


def test_a_cached_step_has_no_seconds_and_no_attempts_but_what_it_reuses() -> None:
    made = view_of(
        started(LOAD),
        ev.AttemptStarted("load", 1, 1, "host"),
        ev.MetricReported("load", 1, "auc", 0.9),
        ev.AttemptEnded("load", 1, "completed", usage=Usage(3.0)),
    )
    document = step_document(
        ev.StepDecided("load", "cached", ("nothing changed",), "sig", (TABLE,), "r0"),
        ev.StepEnded("load", Status.CACHED, "nothing changed"),
        earlier={"load": made.steps["load"].latest},
    )
    assert (document["status"], document["seconds"], document["attempts"]) == ("cached", 0, [])
    assert [artifact["name"] for artifact in document["artifacts"]] == ["df"]
    assert document["metrics"] == {"auc": 0.9}


def test_a_failed_step_tells_its_error_without_a_terminals_colours() -> None:
    error = StepError("ValueError", "no\x1b[0m", "\x1b[31mTraceback\x1b[0m\n\x1b]0;title\x07boom", 4)
    document = step_document(
        ev.AttemptStarted("load", 1, 1, "host"),
        ev.AttemptEnded("load", 1, "failed", "ValueError: no", error),
        ev.StepEnded("load", Status.FAILED, "ValueError: no"),
    )
    told = document["error"]
    assert told is not None
    assert (told["type"], told["line"], told["traceback"]) == ("ValueError", 4, "Traceback\nboom")


def test_every_attempt_is_told_and_the_seconds_are_those_of_all() -> None:
    document = step_document(
        ev.AttemptStarted("load", 1, 1, "host"),
        ev.AttemptEnded("load", 1, "timed out", "timed out after 1 s", usage=Usage(1.0)),
        ev.RetryScheduled("load", 1, 0.0, "again"),
        ev.AttemptStarted("load", 2, 2, "host"),
        ev.AttemptEnded("load", 2, "completed", usage=Usage(2.0)),
        ev.StepEnded("load", Status.COMPLETED),
    )
    assert [(each["number"], each["status"]) for each in document["attempts"]] == [
        (1, "failed"),
        (2, "completed"),
    ]
    assert document["seconds"] == 3.0
    assert document["error"] is None


def test_a_running_attempt_counts_its_seconds_up_to_now() -> None:
    document = step_document(ev.AttemptStarted("load", 1, 1, "host"))
    assert document["attempts"][0]["seconds"] == 200.0 - 101.0


@pytest.mark.parametrize(
    ("value", "told"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (0.5, 0.5)]
)
def test_numbers_that_json_lacks_are_words(value: float, told: object) -> None:
    view = view_of(
        started(LOAD, parameters={"lr": value}),
        ev.AttemptStarted("load", 1, 1, "host"),
        ev.MetricReported("load", 1, "loss", 1.0),
        ev.MetricReported("load", 1, "loss", value),
    )
    document = run_document(view)
    assert document["params"] == {"lr": told}
    assert document["steps"][0]["metrics"] == {"loss": told}


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
    name = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    assert printed(documents.of_error(UsageError(name)))["error"]["message"] == name


# --- the schema --------------------------------------------------------------------------------------------

CELLS = (
    "%%params\nrows: int = 3\nlr: float = float('nan')",
    "%%step load --stage data --tags a\nfrom jupyter_pipes import current\nxs = list(range(rows))\n"
    "print('loaded')\ncurrent.metric('loss', lr)",
    "%%step fit --on-fail ignore\ny = xs[rows]",
)


def test_the_schema_in_the_documentation_is_that_of_the_documents() -> None:
    """Else: `python -m jupyter_pipes.cli.document_schema docs/documents.schema.json`."""
    written = Path(__file__).parents[2] / "docs" / "documents.schema.json"
    assert written.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_one_and_names_every_verb() -> None:
    Draft202012Validator.check_schema(schema())
    told = {verb for verbs in VERBS.values() for verb in re.split(r",\s*", verbs)}
    assert {name for name, verb in COMMANDS.items() if verb.command is not None} <= told


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose notebook ran twice, with a step that fails and one that reports NaN."""
    folder = tmp_path_factory.mktemp("project")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(notebook, folder / "study.ipynb")
    for rows in (3, 4):
        assert ask(folder, "run", "study.ipynb", "-p", f"rows={rows}")["run"]
    return folder


def ask(folder: Path, *words: str) -> Any:
    """Carry out a command in a folder; return the document that it printed."""
    answer = subprocess.run(
        [sys.executable, "-m", "jupyter_pipes", *words, "--json"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=200, check=False,
    )  # fmt: skip
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("words", "document"),
    [
        ("run study.ipynb", documents.RunDocument),
        ("run study.ipynb nosuch", documents.ErrorDocument),
        ("show last", documents.RunDocument),
        ("tag last a b", documents.RunDocument),
        ("rename last a title", documents.RunDocument),
        ("archive last", documents.RunDocument),
        ("archive last --undo", documents.RunDocument),
        ("plan study.ipynb -p rows=7", documents.PlanDocument),
        ("why study.ipynb load -p rows=7", documents.ExplanationDocument),
        ("runs", documents.RunsDocument),
        ("compare last previous", documents.ComparisonDocument),
        ("get study.ipynb xs", documents.ValuesDocument),
        ("logs last load", documents.LogDocument),
        ("export study.ipynb out.ipynb", documents.ExportDocument),
        ("resume --notebook study.ipynb", documents.ErrorDocument),
        ("cancel last", documents.ErrorDocument),
        ("gc --dry-run", documents.CleanupDocument),
        ("history rebuild", documents.RebuildingDocument),
        ("show nosuch", documents.ErrorDocument),
    ],
)
def test_what_a_verb_prints_keeps_to_the_schema(
    words: str, document: type[documents.Document], project: Path
) -> None:
    printed = ask(project, *words.split())
    validator = Draft202012Validator({**schema(), "anyOf": [{"$ref": f"#/$defs/{document.__name__}"}]})
    assert [error.message for error in validator.iter_errors(printed)] == []
    assert list(printed) == list(document.__struct_fields__)
