"""A run's document has the fields of the contract, whatever happened in the run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote, urlparse

import msgspec
import pytest

from jupyter_pipes.cli import documents
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import ArtifactRef, OutputRef, StepError, Usage
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines.parameter_types import finite
from jupyter_pipes.runs.run import Run
from jupyter_pipes.storage.artifacts import ArtifactStore

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
    kept: dict[str, Any] = {"metrics": {"auc": 0.9}, "notes": ("slow",)}
    document = step_document(
        ev.StepDecided("load", "cached", ("nothing changed",), "sig", (TABLE,), "r0", **kept),
        ev.StepEnded("load", Status.CACHED, "nothing changed"),
    )
    assert (document["status"], document["seconds"], document["attempts"]) == ("cached", 0, [])
    assert [artifact["name"] for artifact in document["artifacts"]] == ["df"]
    assert (document["metrics"], document["notes"]) == ({"auc": 0.9}, ["slow"])


class OneRun:
    """A history that may be asked for one run only, in place of reading 2,000 cached steps' origins."""

    def __init__(self, view: RunView) -> None:
        self.views = [view]

    def view(self, _run: str) -> RunView:
        return self.views.pop()


def test_the_document_of_cached_steps_reads_no_other_run(tmp_path: Path) -> None:
    """All that it says of them is in the run itself: it takes little longer than `show`."""
    view = view_of(
        started(LOAD),
        ev.StepDecided("load", "cached", (), "sig", (TABLE,), "r0"),
        ev.RunEnded(Status.COMPLETED),
    )
    workspace = SimpleNamespace(history=OneRun(view), store=ArtifactStore(tmp_path))
    run = Run(cast("Workspace", workspace), view.run)
    assert printed(documents.of_run(run))["steps"][0]["status"] in ("pending", "cached")
    assert workspace.history.views == []


@pytest.mark.parametrize("text", ["plain", "é", "\udc80", "\x00", '"\\'])
@pytest.mark.parametrize("number", [1.5, float("nan"), float("inf"), 2**60])
def test_a_document_is_printed_alike_whatever_is_in_it(text: str, number: float) -> None:
    document = documents.LogDocument(text, "step", cast("int", number), text)
    fields = msgspec.to_builtins(document)
    assert document.json() == json.dumps(finite(fields), indent=2, allow_nan=False) + "\n"


def test_a_local_artifacts_address_is_that_of_its_file(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "a folder é#1")
    digest = store.put_bytes(b"x")
    assert Path(unquote(urlparse(store.uri(digest)).path)).read_bytes() == b"x"


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
