"""Rules of scalars in files of TensorBoard: metrics, where its reader is installed; else a note tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import copy
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.execution.worker.metrics import tensorboard
from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.execution.worker.metrics.tensorboard import take_scalars
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import Step

FILE = "logs/events.out.tfevents.1.host"


def scalar(tag: str, number: float, *, is_first: bool = False) -> Any:
    plugin = SimpleNamespace(plugin_name="scalars" if is_first else "")
    tensor = SimpleNamespace(item=partial(float, number))
    return SimpleNamespace(tag=tag, tensor=tensor, metadata=SimpleNamespace(plugin_data=plugin))


def event(step: int, *values: Any) -> Any:
    return SimpleNamespace(step=step, summary=SimpleNamespace(value=values))


def found_spec(_name: str) -> object:
    return object()


def no_spec(_name: str) -> None:
    return None


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What a stand-in for the reader of `tensorboard` finds: name of a file's folder -> events."""
    found: dict[str, list[Any]] = {}

    class EventFileLoader:
        def __init__(self, path: str) -> None:
            self.folder = Path(path).parent.name

        def Load(self) -> Iterator[Any]:  # noqa: N802 - as the reader calls it
            yield from found[self.folder]

    package = "tensorboard.backend.event_processing"
    modules = {
        name: ModuleType(name) for name in ("tensorboard", "tensorboard.backend", "tensorboard.util", package)
    }
    loader, util = ModuleType(f"{package}.event_file_loader"), ModuleType("tensorboard.util.tensor_util")
    vars(loader)["EventFileLoader"] = EventFileLoader
    vars(util)["make_ndarray"] = copy
    for name, module in {**modules, loader.__name__: loader, util.__name__: util}.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(tensorboard, "find_spec", found_spec)
    return found


def taken(*written: str) -> tuple[dict[str, list[tuple[Any, Any]]], list[str]]:
    """Return the metrics, each value with its place, and the notes."""
    job, told = Job("r", "p", Step("fit", 0, "", "cell 1"), 1, directory="/work"), list[ev.AnyEvent]()
    buffer = MetricBuffer(job, told.append)
    take_scalars(written, job, buffer)
    buffer.last_values()
    metrics: dict[str, list[tuple[Any, Any]]] = {}
    for each in (event for event in told if isinstance(event, ev.MetricsReported)):
        for name, points in each.points.items():
            metrics.setdefault(name, []).extend(zip(points.at, points.values, strict=True))
    return metrics, [event.text for event in told if isinstance(event, ev.NoteAdded)]


def test_scalars_are_metrics_by_their_names_each_at_its_step(read: dict[str, list[Any]]) -> None:
    first = event(0, scalar("loss/train", 0.5, is_first=True), scalar("an image", 7))
    read["logs"] = [event(0), first, event(10, scalar("loss/train", float("nan")))]
    assert taken("x.csv", FILE) == ({"loss/train": [(0, 0.5), (10, "NaN")]}, [])


def test_the_folder_tells_equal_names_in_several_apart(read: dict[str, list[Any]]) -> None:
    read["train"] = [event(1, scalar("loss", 0.5, is_first=True))]
    read["validation"] = [event(1, scalar("loss", 0.75, is_first=True))]
    metrics, _ = taken("logs/train/a.tfevents.1", "/work/logs/validation/a.tfevents.1")
    assert metrics == {"train/loss": [(1, 0.5)], "validation/loss": [(1, 0.75)]}


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(read: dict[str, list[Any]]) -> None:
    read["good"] = [event(1, scalar("loss", 0.5, is_first=True))]
    metrics, notes = taken("bad/a.tfevents.1", "good/a.tfevents.1")
    assert metrics == {"good/loss": [(1, 0.5)]}
    assert notes == ["scalars in a.tfevents.1 are not read: KeyError: 'bad'"]


def test_without_the_reader_a_note_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard, "find_spec", no_spec)
    metrics, (note,) = taken(FILE)
    assert metrics == {}
    assert "pip install tensorboard" in note


def test_a_step_without_such_files_is_told_nothing() -> None:
    assert taken("x.csv", "events.txt") == ({}, [])
    assert "tensorboard" not in sys.modules
