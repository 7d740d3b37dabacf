"""Rules of what a step puts on its run: what it names, of its last attempt, of a cached step the kept."""

from __future__ import annotations

from jupyter_pipes.history.indexing import changes
from jupyter_pipes.history.monitoring import monitored_on
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.results import ArtifactRef, ElementValue, ModelFacts
from jupyter_pipes.model.shown.series import MetricPoints
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView

SAID = StepOptions(monitor=("metric:val_*", "artifact:report", "model:*"))
REPORT = ArtifactRef("report", "a" * 64, "str", 1, "json")
MODEL = ArtifactRef("ridge", "b" * 64, "sklearn.Ridge", 1, "pickle", model=ModelFacts())
HIDDEN = ArtifactRef("hidden", "c" * 64, "int", 1, "json")
STATE = ArtifactRef("metrics of fit", "d" * 64, "dict", 1, "json")


def reported(attempt: int, *values: float, step: str = "fit") -> ev.MetricsReported:
    return ev.MetricsReported(step, attempt, {"val_loss": MetricPoints(values), "loss": MetricPoints((9.0,))})


def view_of(*facts: ev.AnyEvent, options: StepOptions = SAID) -> tuple[RunView, dict[str, object]]:
    """Return the run, and the fields with what is on it that its index gets."""
    view, fields = RunView("r"), dict[str, object]()
    started = ev.RunStarted("p", "1.0.0", (ev.PlannedStep("fit", options=options),))
    for number, fact in enumerate((started, *facts)):
        record = ev.Record("r", number, 100.0 + number, fact)
        apply(record, view)
        for statement, row in changes(record, view):
            if statement == "add_field" and str(row["field"]).startswith("monitored."):
                fields[str(row["field"])] = row["text"]
    return view, fields


def stored(*artifacts: ArtifactRef) -> list[ev.ArtifactStored]:
    return [ev.ArtifactStored("fit", 1, artifact) for artifact in artifacts]


def test_what_is_named_is_on_the_run_and_nothing_else() -> None:
    facts = (reported(1, 0.5, 0.25), *stored(REPORT, MODEL, HIDDEN, STATE))
    view, fields = view_of(*facts, ev.StepEnded("fit", Status.COMPLETED))
    assert monitored_on(view) == {"fit/val_loss": 0.25, "fit/report": "str", "fit/ridge": "sklearn.Ridge"}
    assert fields == {
        "monitored.fit/val_loss": "0.25",
        "monitored.fit/report": "str",
        "monitored.fit/ridge": "sklearn.Ridge",
    }


def test_a_wildcard_for_artifacts_takes_values_and_no_states() -> None:
    view, _ = view_of(*stored(REPORT, MODEL, STATE), options=StepOptions(monitor=("artifact:*",)))
    assert monitored_on(view) == {"fit/report": "str", "fit/ridge": "sklearn.Ridge"}


def test_a_retried_step_puts_what_its_last_attempt_said() -> None:
    ended = ev.AttemptEnded("fit", 1, "failed", "no")
    view, _ = view_of(reported(1, 9.0), ended, reported(2, 0.5))
    assert monitored_on(view) == {"fit/val_loss": 0.5}


def test_a_cached_step_puts_what_it_said_when_it_ran() -> None:
    kept = ev.StepDecided(
        "fit", "cached", artifacts=(REPORT, HIDDEN), source_run="earlier", metrics={"val_loss": 0.5, "n": 1}
    )
    view, fields = view_of(kept, ev.StepEnded("fit", Status.CACHED, "nothing changed"))
    assert monitored_on(view) == {"fit/val_loss": 0.5, "fit/report": "str"}
    assert fields.keys() == {"monitored.fit/val_loss", "monitored.fit/report"}


def test_each_element_of_a_map_puts_its_own() -> None:
    added = ev.StepsAdded("fit", 1, 0, ((ElementValue("e" * 64, 1, "json"),),) * 2)
    ran = (reported(1, 0.5, step="fit[0]"), reported(1, 0.25, step="fit[1]"))
    view, _ = view_of(added, *ran)
    assert monitored_on(view) == {"fit[0]/val_loss": 0.5, "fit[1]/val_loss": 0.25}


def test_a_step_that_says_nothing_puts_nothing() -> None:
    view, fields = view_of(reported(1, 0.5), ev.StepEnded("fit", Status.COMPLETED), options=StepOptions())
    assert (monitored_on(view), fields) == ({}, {})
