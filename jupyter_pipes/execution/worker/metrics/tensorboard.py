"""Scalars that a step writes for TensorBoard: metrics of the step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_pipes.execution.worker.metrics.buffer import MetricBuffer
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job

_MARK = ".tfevents."
"""What stands in the name of each file of events."""


def take_scalars(written: Sequence[str], job: Job, buffer: MetricBuffer) -> None:
    """Report the scalars in what an attempt wrote: as metrics, by their names, each at its step.

    Args:
        written: the files that it wrote, from the folder of the job on.
        job: the attempt.
        buffer: takes the metrics, and what is in the way.
    """
    files = [Path(job.directory, path) for path in written if _MARK in Path(path).name]
    if not files:
        return
    if find_spec("tensorboard") is None:
        _note(
            f"scalars in {files[0].name} are no metrics: pip install tensorboard, which reads them",
            job,
            buffer,
        )
        return
    folders = {file.parent for file in files}
    for file in files:
        # The same names are used for training and for validation, each in its folder.
        before = f"{file.parent.name}/" if len(folders) > 1 else ""
        try:
            for name, value, step in _scalars(file):
                buffer.add(f"{before}{name}", value, step)
        except Exception as error:  # the file may be damaged, or the reader another version's
            _note(f"scalars in {file.name} are not read: {type(error).__name__}: {error}", job, buffer)


def _note(text: str, job: Job, buffer: MetricBuffer) -> None:
    buffer.report(ev.NoteAdded(job.step.name, job.attempt, text))


def _scalars(file: Path) -> Iterator[tuple[str, float, int]]:
    """Yield name, value and step of each scalar, whichever library wrote it."""
    reader: Any = import_module("tensorboard.backend.event_processing.event_file_loader")
    tensors: Any = import_module("tensorboard.util.tensor_util")
    # Only the first value of each name says what it is.
    names: set[str] = set()
    for event in reader.EventFileLoader(str(file)).Load():
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                names.add(value.tag)
            if value.tag in names:
                yield value.tag, float(tensors.make_ndarray(value.tensor).item()), event.step
