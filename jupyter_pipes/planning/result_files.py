"""The files that a kept result's step read and wrote, held against those that are there now.

What a step wrote itself is never its input, whether its code names it or it read it before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jupyter_pipes.history.history import Result
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.fingerprints import named_files
from jupyter_pipes.storage.file_digests import file_digest

Newest = Callable[[], Mapping[str, Result]]
"""Gives the newest result of each step of the pipeline."""


def named_parts(step: Step, newest: Newest, directory: Path) -> list[Part]:
    """Return a part for each file that the step's code names, but for those that steps make."""
    named = [seen for seen in named_files(step, directory) if seen.digest]
    made = _made(newest) if named else set[str]()
    return [Part("file", seen.path, seen.digest, observed=True) for seen in named if seen.path not in made]


def changed(
    step: Step,
    result: Result,
    parts: Sequence[Part],
    newest: Newest,
    directory: Path,
    to_come: Collection[str] = (),
) -> Iterator[str]:
    """Yield in words which files keep a result from being reused.

    Args:
        step: the step.
        result: what is kept, of the right signature.
        parts: the parts of the signature, those of files that the code names among them.
        newest: the newest results of all steps.
        directory: the folder that paths count from.
        to_come: files that may be written before the step runs.
    """
    # What an earlier step makes is an input: what lies there now may be of another run.
    own = {*result.written, *step.files_from, *to_come}
    # Earlier versions kept whole paths.
    seen = {each.path.removeprefix(f"{directory}/"): each for each in result.files}
    for path, file in seen.items():
        if path in own or (file.is_only_named and path in _made(newest)):
            continue
        digest = file_digest(directory / path)
        if digest != file.digest:
            yield f"file {path}: other content" if digest else f"file {path} is gone"
    new = [part for part in parts if part.observed and part.name not in own | seen.keys()]
    yield from (f"file {part.name} is new" for part in new)


def gone(step: Step, result: Result, directory: Path) -> Iterator[str]:
    """Yield a note for each file that a reused result's step wrote and that is not there any more."""
    for path in result.written:
        if path not in step.options.out_files and not (directory / path).exists():
            yield (
                f"{path}, which it wrote, is gone: --force {step.name} makes it again, "
                f"--out-file {path} keeps it"
            )


def unwritten(parts: Iterable[Part], result: Result) -> list[Part]:
    """Return a result's parts without the files that its step wrote: they were there before it ran."""
    return [part for part in parts if not (part.observed and part.name in result.written)]


def as_they_are(result: Result, parts: Sequence[Part], directory: Path) -> tuple[FileSeen, ...]:
    """Return the files that a result's step read, and those that its code names, with their content now."""
    named = {part.name: part.digest for part in parts if part.observed}
    read = {seen.path: file_digest(directory / seen.path) for seen in result.files}
    return tuple(FileSeen(path, digest) for path, digest in {**named, **read}.items())


def _made(newest: Newest) -> set[str]:
    return {path for result in newest().values() for path in result.written}
