"""Who used a file in a run before an earlier step of the notebook had written it, and has to use it again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from jupyter_pipes.execution.file_notes import QUOTED, shown, whole
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView, RunView

_WILDCARD = re.compile(r"[^/]*[*?[].*", re.DOTALL)


def read_by(
    ended: ev.AttemptEnded, view: RunView, sharing: Sequence[str] | None = None
) -> Iterator[ev.FileReadEarly]:
    """Yield what the attempt used that earlier steps of the notebook wrote while it ran.

    Args:
        ended: the end of an attempt.
        view: the run, without that end.
        sharing: its step and those that may share files with it, in the notebook's order; all if None.
    """
    names = list(view.steps) if sharing is None else sharing
    reader = view.steps[ended.step].latest
    if reader is None or reader.is_outdated:
        return
    # The elements of a `--map` ran before the attempt that gathers.
    first = view.steps[ended.step].attempts[0] if view.steps[ended.step].children else reader
    files, began = used(ended, view.directory), first.started or 0
    for name in names[: names.index(ended.step)] if files else ():
        writer = view.steps[name].latest
        if writer is not None and (writer.ended or 0) > began:
            yield from _early(ended.step, ended.attempt, files, name, _written(writer, view.directory), view)


def written_by(
    ended: ev.AttemptEnded, view: RunView, sharing: Sequence[str] | None = None
) -> Iterator[ev.FileReadEarly]:
    """Yield what the attempt wrote that later steps of the notebook have used already: arguments as above."""
    written = whole(ended.written, view.directory) if ended.outcome == "completed" else {}
    names = list(view.steps) if sharing is None else sharing
    for name in names[names.index(ended.step) + 1 :] if written else ():
        reader = view.steps[name].latest
        if reader is not None and reader.ended is not None and not reader.is_outdated:
            files = used(reader, view.directory)
            yield from _early(name, reader.number, files, ended.step, written, view)


def _early(
    reader: str,
    attempt: int,
    files: Mapping[str, None],
    writer: str,
    written: Mapping[str, None],
    view: RunView,
) -> Iterator[ev.FileReadEarly]:
    places = with_folders(written)
    # One is enough to have it wait.
    path = next((path for path in files if path in places), None)
    if path is not None and path not in whole(view.steps[reader].planned.files_from, view.directory):
        yield ev.FileReadEarly(reader, attempt, shown(path, view.directory), writer)


def with_folders(files: Iterable[str]) -> set[str]:
    """Return files and all folders that they are in."""
    return {place for file in files for place in accumulate(file.split("/"), "{}/{}".format)}


def _written(attempt: AttemptView, directory: str) -> dict[str, None]:
    is_done = attempt.status is Status.COMPLETED and not attempt.is_outdated
    return whole(attempt.written, directory) if is_done else {}


def used(attempt: ev.AttemptEnded | AttemptView, directory: str) -> dict[str, None]:
    """Return the files that an attempt read, and of one that failed all that it touched or named as missing.

    What it wrote as well, and completed, it must not do twice: text that it appended would stand there twice.
    """
    read = [seen.path for seen in attempt.files]
    listed = [seen.path for seen in attempt.listed]
    written = whole(attempt.written, directory)
    if attempt.error is None:
        only_read = (path for path in whole(read, directory) if path not in written)
        return dict.fromkeys((*only_read, *whole(listed, directory)))
    missing = [one or other for one, other in QUOTED.findall(attempt.error.message)]
    folders = [_WILDCARD.sub("", path) for path in missing]
    return whole((*read, *listed, *missing, *filter(None, folders)), directory) | written
