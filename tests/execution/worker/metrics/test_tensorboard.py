"""Rules of scalars in files of TensorBoard: metrics, where its reader is installed; else a note tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import copy
from functools import partial
from importlib import import_module
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


def test_files_are_read_as_tensorboard_writes_them(tmp_path: Path) -> None:
    """Scalars of today's writers, and of those that came before; other summaries are no metrics."""
    events: Any = import_module("tensorboard.compat.proto.event_pb2")
    summaries: Any = import_module("tensorboard.compat.proto.summary_pb2")
    before: Any = import_module("tensorboard.summary.writer.event_file_writer")
    new = import_module("tensorboard.summary").Writer(str(tmp_path / "new"))
    for number in range(3):
        new.add_scalar("loss", 1 / (number + 1), number)
    new.close()
    old = before.EventFileWriter(str(tmp_path / "old"))
    value = summaries.Summary.Value(tag="auc", simple_value=0.5)
    image = summaries.Summary.Image(height=1, width=1, encoded_image_string=b"x")
    shown = summaries.Summary.Value(tag="image", image=image)
    old.add_event(events.Event(step=7, summary=summaries.Summary(value=[value, shown])))
    old.close()
    written = sorted(str(path) for path in tmp_path.glob("*/*"))
    metrics, notes = taken(*written)
    assert metrics.keys() == {"new/loss", "old/auc"}
    assert metrics["new/loss"] == [(0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3))]
    assert (metrics["old/auc"], notes) == ([(7, 0.5)], [])


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


def test_a_step_without_such_files_is_told_nothing_and_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard, "find_spec", None)
    assert taken("x.csv", "events.txt") == ({}, [])
