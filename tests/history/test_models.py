"""Rules of the list of models: each content of a name is a version, of the run that made it first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.history.models import kept_models
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import ArtifactRef, ModelFacts
from jupyter_pipes.model.steps import Status
from jupyter_pipes.system.processes import this_process
from tests.leases import hold


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(f"sqlite:///{tmp_path / 'history.db'}")
    yield history
    history.close()


def model(name: str, digest: str) -> ArtifactRef:
    return ArtifactRef(name, digest * 64, "sklearn.Ridge", 7, "pickle", model=ModelFacts("scikit-learn"))


def ran(
    history: History, run: str, *artifacts: ArtifactRef, pipeline: str = "p", cached_from: str = ""
) -> None:
    hold(history, run, this_process())
    view, journal = fold(run, []), history.journal(run)
    facts: list[ev.AnyEvent] = [ev.RunStarted(pipeline, "1.0.0", (ev.PlannedStep("fit", cell_id="c"),))]
    if cached_from:
        facts.append(ev.StepDecided("fit", "cached", artifacts=artifacts, source_run=cached_from))
    else:
        facts.append(ev.AttemptStarted("fit", 1, 7, "host"))
        facts += [ev.ArtifactStored("fit", 1, artifact) for artifact in artifacts]
        facts.append(ev.AttemptEnded("fit", 1, "completed"))
    status = Status.CACHED if cached_from else Status.COMPLETED
    for fact in (*facts, ev.StepEnded("fit", status), ev.RunEnded(Status.COMPLETED)):
        journal.append(fact, view)


def listed(history: History, name: str = "", pipeline: str | None = None) -> list[tuple[str, int, str]]:
    return [(each.name, each.version, each.run) for each in kept_models(history, name, pipeline)]


def test_another_content_is_the_next_version_and_an_equal_one_is_none(history: History) -> None:
    ran(history, "r1", model("ridge", "a"), model("net", "n"))
    ran(history, "r2", model("ridge", "b"))
    ran(history, "r3", model("ridge", "a"))
    ran(history, "r4", model("ridge", "b"), cached_from="r2")
    assert listed(history) == [("net", 1, "r1"), ("ridge", 1, "r1"), ("ridge", 2, "r2")]
    assert listed(history, "net") == [("net", 1, "r1")]
    (net,) = kept_models(history, "net")
    assert (net.step, net.cell, net.pipeline) == ("fit", "c", "p")


def test_versions_count_over_all_pipelines(history: History) -> None:
    ran(history, "r1", model("ridge", "a"))
    ran(history, "r2", model("ridge", "b"), pipeline="q")
    assert listed(history, pipeline="q") == [("ridge", 2, "r2")]


def test_what_is_no_model_is_not_listed(history: History) -> None:
    ran(history, "r1", ArtifactRef("df", "d" * 64, "int", 1, "json"))
    assert listed(history) == []
