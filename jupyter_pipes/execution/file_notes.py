"""Files that pass from step to step in a run and of which nobody said so: what follows, and how to say it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from jupyter_pipes.analysis.literals import named_texts
from jupyter_pipes.analysis.notebook.file_edges import normalised
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import Step
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.system.patterns import pattern

QUOTED = pattern(r"'([^']+)'|\"([^\"]+)\"")


def undeclared_files(
    view: RunView, ended: str, directory: str, sharing: Sequence[str] | None = None
) -> list[ev.NoteAdded]:
    """Return the notes to append when an attempt of the step `ended` has ended.

    They are on the step that read: on `ended`, or on one that ended earlier and read what `ended` writes.

    Args:
        view: the run, that end included.
        ended: the step.
        directory: the notebook's folder, absolute and without links.
        sharing: that step and those that may share files with it, in the notebook's order; all if None.
    """
    steps = [view.steps[name] for name in (view.steps if sharing is None else sharing)]
    place = next(number for number, step in enumerate(steps) if step.name == ended)
    step, before, behind = steps[place], steps[:place], steps[place + 1 :]
    pairs = [*((other, step) for other in before), *((step, other) for other in behind)]
    return [
        *(note for pair in pairs for note in _notes(step, *pair, directory)),
        *(note for pair in pairs for note in _notes(_other(step, pair), *pair, directory)),
        *(note for earlier, later in pairs for note in _of_both(earlier, later, directory)),
    ]


def _other(step: StepView, pair: tuple[StepView, StepView]) -> StepView:
    earlier, later = pair
    return earlier if step is later else later


def with_writer(ended: ev.AttemptEnded, view: RunView, steps: Sequence[Step]) -> ev.AttemptEnded:
    """Return the end of an attempt that failed, with the step that writes the file which it did not find.

    Args:
        ended: the end as it was told.
        view: the run, without that end.
        steps: those of the pipeline, in notebook order.
    """
    error = ended.error
    if error is None or "FileNotFoundError" not in error.bases:
        return ended
    names = [step.name for step in steps]
    earlier = [step for step in steps[: names.index(ended.step)] if step.name in view.steps]
    missing = [normalised(one or other) for one, other in QUOTED.findall(error.message)]
    for path in whole(missing, view.directory):
        writer = next((step for step in reversed(earlier) if _writes(step, view, path)), None)
        if writer is not None:
            hint = _missing_text(shown(path, view.directory), view.steps[ended.step], writer.name)
            error = replace(error, message=f"{error.message}\n{hint}")
            return replace(ended, reason=f"{ended.reason}; {hint}", error=error)
    return ended


def _writes(step: Step, view: RunView, path: str) -> bool:
    """Return whether a step was seen writing a file, or names it and has not ended without writing it."""
    state = view.steps[step.name]
    seen = [*view.observed[step.name].written] if step.name in view.observed else []
    seen += state.latest.written if state.latest else ()
    if path in whole(seen, view.directory):
        return True
    return not state.status.is_final and path in whole(named_texts(step), view.directory)


def _missing_text(path: str, reader: StepView, writer: str) -> str:
    if writer in reader.planned.upstream:
        return f"step {writer} writes {path}: say --out-file {path} on {writer}, so that it is put back"
    return (
        f"step {writer} writes {path}, and {reader.name} does not wait for it: say --out-file {path} "
        f"on {writer}"
    )


def _notes(reader: StepView, earlier: StepView, later: StepView, directory: str) -> Iterator[ev.NoteAdded]:
    """Yield what there is to say to a step, one of two, that read what the other wrote."""
    writer = earlier if reader is later else later
    if reader.latest is None or writer.latest is None:
        return
    if earlier.name in later.planned.observed_files:
        return
    waits = (
        ""
        if earlier.name in later.planned.upstream
        else f"; {later.name} waits for {earlier.name} in later runs"
    )
    written = whole(writer.latest.written, directory)
    declared = whole(reader.planned.files_from, directory)
    files = (artifact.name for artifact in writer.latest.artifacts if artifact.serializer == "file")
    made = whole(files, directory)
    for seen in whole((each.path for each in reader.latest.files), directory):
        if seen in written and seen not in declared:
            path = shown(seen, directory)
            text = _declared_text(path, reader, writer) if seen in made else _undeclared_text(path, writer)
            if f"{text}{waits}" not in reader.latest.notes:
                yield ev.NoteAdded(reader.name, reader.latest.number, f"{text}{waits}")


def whole(paths: Iterable[str], directory: str) -> dict[str, None]:
    """Return the paths, in order, made absolute, in the one form in which paths are compared."""
    return dict.fromkeys(normalised(posixpath.join(directory, path)) for path in paths)


def _of_both(earlier: StepView, later: StepView, directory: str) -> Iterator[ev.NoteAdded]:
    """Yield what there is to say to a step that wrote a file while an earlier one did."""
    first, second = earlier.latest, later.latest
    if first is None or second is None or (first.ended or 0) <= (second.started or 0) or second.ended is None:
        return
    written = whole(first.written, directory)
    for path in whole(second.written, directory):
        if path in written:
            yield ev.NoteAdded(later.name, second.number, _both_text(shown(path, directory), earlier, later))


def _both_text(path: str, earlier: StepView, later: StepView) -> str:
    return (
        f"it wrote {path} while step {earlier.name} did: what they wrote may be lost, or stand in another "
        f"order than the notebook's; {later.name} waits for {earlier.name} in later runs: "
        f"--force {earlier.name} {later.name} writes it again"
    )


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


def shown(path: str, directory: str) -> str:
    """Return an absolute path as it is told: within the notebook's folder from there on."""
    return posixpath.relpath(path, directory) if path.startswith(posixpath.join(directory, "")) else path
