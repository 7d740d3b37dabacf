"""Events: what is written as JSON is what is read back, for every kind and any text."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.history import indexing
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel
from jupyter_pipes.model.fold import FOLD
from jupyter_pipes.model.planned import ToldOptions
from jupyter_pipes.model.results import (
    ArtifactRef,
    ElementValue,
    FileSeen,
    Observation,
    OutputRef,
    StepError,
    Usage,
)
from jupyter_pipes.model.shown.series import MetricPoints
from jupyter_pipes.model.steps import Diagnostic, Status, StepOptions

TEXT = st.text(max_size=20)
TEXTS = st.lists(TEXT).map(tuple)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBER | TEXT, st.lists)

ARTIFACT = st.builds(
    ArtifactRef,
    TEXT,
    TEXT,
    TEXT,
    st.integers(0),
    TEXT,
    st.lists(st.integers(0)).map(tuple),
    TEXT,
    st.booleans(),
)
ERROR = st.none() | st.builds(StepError, TEXT, TEXT, TEXT, st.none() | st.integers(1), TEXTS)
OPTIONS = st.builds(
    StepOptions,
    after=TEXTS,
    stage=st.none() | TEXT,
    retries=st.integers(0),
    retry_delay=NUMBER,
    timeout=st.none() | NUMBER,
)
STEP = st.builds(
    ev.PlannedStep,
    TEXT,
    TEXTS,
    reads=st.dictionaries(TEXT, TEXT),
    writes=TEXTS,
    files_from=st.dictionaries(TEXT, TEXT),
    options=OPTIONS,
)
OBSERVATION = st.builds(Observation, TEXTS, st.lists(TEXTS, max_size=2).map(tuple), TEXTS, TEXTS)
OUTPUT = st.builds(
    OutputRef,
    st.sampled_from(["display_data", "execute_result"]),
    TEXT,
    st.integers(0),
    st.none() | TEXT,
)
FILES = st.lists(st.builds(FileSeen, TEXT, TEXT)).map(tuple)
DIAGNOSTICS = st.lists(st.builds(Diagnostic, TEXT, TEXT, st.none() | TEXT, st.integers(1))).map(tuple)
NUMBERED = (TEXT, st.integers(1))
VALUES = st.lists(JSON, max_size=3).map(tuple)
PLACES = st.lists(st.none() | NUMBER, max_size=3).map(tuple)
ELEMENT = st.lists(st.builds(ElementValue, TEXT, st.integers(0), TEXT, TEXT, st.booleans())).map(tuple)

RUN_TEXTS = ("origin", "directory", "host", "state", "definition", "arguments", "user", "repeats", "part_of")

EVENTS: dict[type[ev.Event], st.SearchStrategy[ev.AnyEvent]] = {
    ev.RunStarted: st.builds(
        ev.RunStarted,
        TEXT,
        TEXT,
        st.lists(STEP, max_size=3).map(tuple),
        st.dictionaries(TEXT, JSON),
        pid=st.integers(0),
        diagnostics=DIAGNOSTICS,
        fail_fast=st.booleans(),
        observed=st.dictionaries(TEXT, OBSERVATION, max_size=2),
        sweep=st.none() | st.builds(ev.SweepPart, TEXT, TEXTS, TEXT, st.integers(1)),
        **dict.fromkeys(RUN_TEXTS, TEXT),
    ),
    ev.RunResumed: st.builds(ev.RunResumed, TEXT, st.integers(0)),
    ev.EnvironmentCaptured: st.builds(ev.EnvironmentCaptured, TEXT, TEXT),
    ev.RunTagged: st.builds(ev.RunTagged, TEXTS),
    ev.RunRenamed: st.builds(ev.RunRenamed, TEXT),
    ev.RunArchived: st.builds(ev.RunArchived, st.booleans()),
    ev.RunCollected: st.builds(ev.RunCollected),
    ev.StepDeferred: st.builds(ev.StepDeferred, TEXT, TEXT),
    ev.ResultAccepted: st.builds(ev.ResultAccepted, TEXT, TEXT, TEXT, FILES),
    ev.StepDecided: st.builds(
        ev.StepDecided,
        TEXT,
        st.sampled_from(["run", "cached"]),
        TEXTS,
        TEXT,
        st.lists(ARTIFACT, max_size=2).map(tuple),
        *[TEXT] * 4,
        st.dictionaries(TEXT, JSON),
        TEXTS,
        OBSERVATION,
    ),
    ev.OptionsSettled: st.builds(ev.OptionsSettled, TEXT, OPTIONS, st.builds(ToldOptions, TEXT, OPTIONS)),
    ev.AttemptQueued: st.builds(ev.AttemptQueued, *NUMBERED, TEXT, TEXT),
    ev.AttemptStarted: st.builds(ev.AttemptStarted, *NUMBERED, st.integers(1), TEXT),
    ev.ProgressReported: st.builds(ev.ProgressReported, *NUMBERED, NUMBER, NUMBER, TEXT),
    ev.MetricsReported: st.builds(
        ev.MetricsReported, *NUMBERED, st.dictionaries(TEXT, st.builds(MetricPoints, VALUES, PLACES))
    ),
    ev.MetricReported: st.builds(ev.MetricReported, *NUMBERED, TEXT, JSON, st.none() | NUMBER),
    ev.ArtifactStored: st.builds(ev.ArtifactStored, *NUMBERED, ARTIFACT),
    ev.FileReadEarly: st.builds(ev.FileReadEarly, *NUMBERED, TEXT, TEXT),
    ev.InputsChanged: st.builds(ev.InputsChanged, *NUMBERED, TEXTS),
    ev.NamesJoined: st.builds(ev.NamesJoined, *NUMBERED, TEXTS),
    ev.OutputShown: st.builds(ev.OutputShown, *NUMBERED, OUTPUT),
    ev.CellBegun: st.builds(ev.CellBegun, *NUMBERED, st.integers(0)),
    ev.OutputsCleared: st.builds(ev.OutputsCleared, *NUMBERED, st.integers(0)),
    ev.NoteAdded: st.builds(ev.NoteAdded, *NUMBERED, TEXT),
    ev.AttemptEnded: st.builds(
        ev.AttemptEnded,
        *NUMBERED,
        st.sampled_from(typing.get_args(ev.Outcome)),
        TEXT,
        ERROR,
        st.builds(Usage, NUMBER, NUMBER, st.integers(0)),
        FILES,
        TEXTS,
    ),
    ev.StepsAdded: st.builds(
        ev.StepsAdded, *NUMBERED, st.integers(0, 9), st.lists(ELEMENT, max_size=2).map(tuple)
    ),
    ev.PipelineStarted: st.builds(ev.PipelineStarted, *NUMBERED, TEXT, TEXTS),
    ev.PipelineStepChanged: st.builds(ev.PipelineStepChanged, *NUMBERED, TEXT, st.sampled_from(Status), TEXT),
    ev.RetryScheduled: st.builds(ev.RetryScheduled, *NUMBERED, NUMBER, TEXT),
    ev.RetryDue: st.builds(ev.RetryDue, TEXT),
    ev.StepReopened: st.builds(ev.StepReopened, TEXT, TEXT),
    ev.StepEnded: st.builds(ev.StepEnded, TEXT, st.sampled_from(Status), TEXT, ERROR),
    ev.CancelRequested: st.builds(ev.CancelRequested, st.none() | TEXT, TEXT),
    ev.GateReached: st.builds(ev.GateReached, TEXT, TEXT),
    ev.GateAnswered: st.builds(ev.GateAnswered, TEXT, st.booleans(), TEXT, TEXT),
    ev.CommandGiven: st.builds(
        ev.CommandGiven,
        st.builds(Cancel, st.none() | TEXT, TEXT) | st.builds(AnswerGate, TEXT, st.booleans(), TEXT, TEXT),
    ),
    ev.CallbackNoted: st.builds(
        ev.CallbackNoted, TEXT, TEXT, TEXT, st.booleans(), st.dictionaries(TEXT, JSON), ERROR
    ),
    ev.RunHeldUp: st.builds(ev.RunHeldUp, TEXT),
    ev.FolderKept: st.builds(ev.FolderKept, st.dictionaries(TEXT, TEXT)),
    ev.LogKept: st.builds(ev.LogKept, *NUMBERED, TEXT, st.integers(0)),
    ev.RunEnded: st.builds(ev.RunEnded, st.sampled_from(Status), TEXT),
}


def test_every_kind_of_event_is_tried_here() -> None:
    assert set(EVENTS) == set(typing.get_args(ev.AnyEvent))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_an_event_is_read_back_as_it_was_written_on_one_line(
    kind: type[ev.Event], data: st.DataObject
) -> None:
    event = data.draw(EVENTS[kind])
    written = ev.encode(event)
    assert b"\n" not in written
    assert ev.decode(written) == event


TABLES: dict[str, Mapping[type[ev.Event], Callable[..., object]]] = {
    "views": FOLD,
    "indexes": indexing.INDEXES,
    "scheduler": Scheduler().table,
}
"""What takes events by their type."""


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_each_event_of_a_table_goes_to_a_function_that_takes_such_an_event(
    table: Mapping[type[ev.Event], Callable[..., object]],
) -> None:
    taken = {kind: inspect.signature(function).parameters["event"] for kind, function in table.items()}
    said = {kind: parameter.annotation for kind, parameter in taken.items()}
    assert said == {kind: f"ev.{kind.__name__}" for kind in taken}
    assert taken.keys() <= EVENTS.keys()
    assert len({function.__name__ for function in table.values()}) == len(table), "a telling name for each"


def test_a_view_takes_every_event_but_those_that_are_of_no_interest_to_it() -> None:
    others = {ev.CommandGiven, ev.CancelRequested, ev.RetryDue, ev.ResultAccepted, ev.RunCollected}
    assert EVENTS.keys() - FOLD.keys() == others


def test_text_that_is_no_unicode_is_escaped() -> None:
    error = StepError("E", "file \udcff", bases=("E\ud800",))
    read = ev.decode(ev.encode(ev.AttemptEnded("s", 1, "failed", "\udc80", error)))
    assert isinstance(read, ev.AttemptEnded)
    assert read.reason == "\\udc80"
    assert read.error == StepError("E", "file \\udcff", bases=("E\\ud800",))


def test_fields_that_a_later_version_adds_are_no_error() -> None:
    assert ev.decode('{"kind": "RetryDue", "step": "a", "later": 1}') == ev.RetryDue("a")
