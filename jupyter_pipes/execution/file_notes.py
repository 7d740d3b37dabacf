"""Files that pass from step to step in a run and of which nobody said so: how to say it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from jupyter_pipes.analysis.notebook.file_edges import normalised
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.views import RunView, StepView


def undeclared_files(view: RunView, ended: str, directory: str) -> list[ev.NoteAdded]:
    """Return the notes to append when an attempt of the step `ended` has ended.

    They are on the step that read: on `ended`, or on one that ended earlier and read what `ended` writes.

    Args:
        view: the run, that end included.
        ended: the step.
        directory: the notebook's folder, absolute and without links.
    """
    step = view.steps[ended]
    others = [other for other in view.steps.values() if other is not step]
    pairs = [*((step, other) for other in others), *((other, step) for other in others)]
    return [note for reader, writer in pairs for note in _notes(reader, writer, directory)]


def _notes(reader: StepView, writer: StepView, directory: str) -> Iterator[ev.NoteAdded]:
    if reader.latest is None or writer.latest is None:
        return
    written = _whole(writer.latest.written, directory)
    declared = _whole(reader.planned.files_from, directory)
    files = (artifact.name for artifact in writer.latest.artifacts if artifact.serializer == "file")
    made = _whole(files, directory)
    for seen in _whole((each.path for each in reader.latest.files), directory):
        if seen in written and seen not in declared:
            path = _shown(seen, directory)
            text = _declared_text(path, reader, writer) if seen in made else _undeclared_text(path, writer)
            if text not in reader.latest.notes:
                yield ev.NoteAdded(reader.name, reader.latest.number, text)


def _whole(paths: Iterable[str], directory: str) -> dict[str, None]:
    """Return the paths, in order, made absolute."""
    return dict.fromkeys(normalised(posixpath.join(directory, path)) for path in paths)


def _undeclared_text(path: str, writer: StepView) -> str:
    return (
        f"it read {path}, which step {writer.name} writes: say --out-file {path} on {writer.name}, "
        "so that the order and reruns are right"
    )


def _declared_text(path: str, reader: StepView, writer: StepView) -> str:
    return (
        f"it read {path}, which step {writer.name} makes: say --file {path} on {reader.name}, "
        "so that the order and reruns are right"
    )


def _shown(path: str, directory: str) -> str:
    return posixpath.relpath(path, directory) if path.startswith(posixpath.join(directory, "")) else path
