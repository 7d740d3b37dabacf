"""Runs one task of Luigi, in the process of its step."""

from __future__ import annotations

import random
import secrets
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_pipes.execution.worker.current import current
from jupyter_pipes.runs.taken.luigi_targets import file_of, files_of, required, targets_of
from jupyter_pipes.storage.file_digests import file_digest


def run_task(task_class: Any, parameters: Mapping[str, str]) -> dict[str, str]:
    """Run a task as a worker of Luigi does, and return what it made: target -> what tells it from another.

    That is the digest of a file, and for anything else a new word each time: who reads it then runs again.

    Args:
        task_class: the class of the task.
        parameters: what it is made from, as `to_str_params` writes it.

    Raises:
        RuntimeError: a task that it requires is not complete, or it is not complete itself at the end.
    """
    task = task_class.from_str_params(dict(parameters))
    missing = [each.task_id for each in required(task) if not each.complete()]
    if missing:
        raise RuntimeError(f"{task!r} requires what is not complete: {', '.join(missing)}")
    targets = targets_of(task)
    with _seeded(task.task_id), _moved_aside(map(Path, files_of(task))):
        _run(task)
        if targets and not task.complete():
            raise RuntimeError(
                f"{task!r} has run, but complete() still says False: {', '.join(map(_name, targets))}"
            )
    return {_name(target): file_digest(file_of(target)) or secrets.token_hex(8) for target in targets}


def _run(task: Any) -> None:
    """Run the task with the events, callbacks and attributes that Luigi gives it."""
    luigi = import_module("luigi")
    task.set_progress_percentage = _progress
    task.set_status_message = task.set_tracking_url = print
    task.trigger_event(luigi.Event.START, task)
    try:
        task.run()
    except Exception as error:
        task.trigger_event(luigi.Event.FAILURE, task, error)
        task.on_failure(error)
        raise
    task.on_success()
    task.trigger_event(luigi.Event.SUCCESS, task)


def _progress(percentage: float) -> None:
    current.progress(percentage, 100)


@contextmanager
def _seeded(seed: str) -> Generator[None]:
    """Have a rerun draw the same numbers: Luigi itself draws names of drafts, of which no note need tell."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def _moved_aside(files: Iterable[Path]) -> Generator[None]:
    """Have files out of the way, as Luigi's tasks expect it; they come back if the block raises."""
    aside = {file: file.with_name(f".{secrets.token_hex(4)}-{file.name}") for file in files if file.exists()}
    for file, place in aside.items():
        file.rename(place)
    try:
        yield
    except BaseException:
        for file, place in aside.items():
            place.replace(file)
        raise
    for place in aside.values():
        place.unlink()


def _name(target: Any) -> str:
    return str(getattr(target, "path", target))
