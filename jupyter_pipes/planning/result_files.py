"""The files that a kept result's step read and wrote, held against those that are there now.

What a step wrote itself is never its input, whether its code names it or it read it before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from jupyter_pipes.history.history import Result
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.model.steps import Step
from jupyter_pipes.planning.fingerprints import named_files
from jupyter_pipes.planning.newest_results import Newest, NewestResults
from jupyter_pipes.storage.file_digests import file_digest, names_in
from jupyter_pipes.system.patterns import pattern

_DATABASE = pattern(r"\.(db|sqlite3?|duckdb)$")
"""How files are called that are mostly added to where they are written, unseen what was there."""


def named_parts(step: Step, newest: Newest, directory: Path) -> list[Part]:
    """Return a part for each file that the step's code names, but for those that steps make."""
    named = [seen for seen in named_files(step, directory) if seen.digest]
    made = newest().writers if named else ()
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
    handed = {part.name: part.digest for part in parts if part.kind == "file" and not part.observed}
    for path, file in seen.items():
        # Another run may have written it between the decision and the reading.
        if handed.get(path, file.digest) != file.digest:
            yield f"file {path} had other content while it ran"
        if path in own or (file.is_only_named and path in newest().writers):
            continue
        digest = file_digest(directory / path)
        # What a step of the notebook made and somebody removed would be made again as it was.
        is_removed = not digest and path in newest().writers
        if digest != file.digest and not is_removed:
            yield f"file {path}: other content" if digest else f"file {path} is gone"
    new = [part for part in parts if part.observed and part.name not in own | seen.keys()]
    yield from (f"file {part.name} is new" for part in new)


def relisted(result: Result, directory: Path, apart: Collection[str]) -> Iterator[str]:
    """Yield in words what is new or gone in folders that the step listed.

    Args:
        result: what is kept.
        directory: the folder that paths count from.
        apart: files that do not count: those that the step itself and later ones write, or that are to come.
    """
    for folder in result.listed:
        now = names_in(directory / folder.path)
        for name in sorted({*folder.names} ^ {*now}):
            path = f"{folder.path}{name}"
            if not any(each == path or each.startswith(f"{path}/") for each in apart):
                yield f"{path}, in a folder that it lists, is {'new' if name in now else 'gone'}"


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


class Overwriting(Struct):
    """What is known of who writes which file.

    Attributes:
        order: step -> its place in the notebook.
        now: file -> the step that wrote it last in the run that is under way.
    """

    order: Mapping[str, int] = {}
    now: Mapping[str, str] = {}

    def overwritten(self, step: Step, result: Result, newest: NewestResults) -> set[str]:
        """Return the files that the step read of an earlier one, and that a later one has written since.

        What lies there is no news for the step, unless one before it wrote it anew in this run.
        """
        place = self.order.get(step.name)
        if place is None or not result.files:
            return set()
        read = {seen.path for seen in result.files if seen.path not in self.now}
        writers = {path: newest.writers.get(path, ()) for path in read}
        places = {path: [self.order.get(name, place) for name in writers[path]] for path in read}
        return {path for path, of_one in places.items() if of_one and min(of_one) < place < max(of_one)}

    def written_from(self, step: Step, newest: NewestResults) -> set[str]:
        """Return the files that the step and those behind it write."""
        place = self.order.get(step.name, 0)
        return {
            path
            for path, writers in newest.writers.items()
            if any(self.order.get(name, -1) >= place for name in writers)
        }

    def again(self, step: Step, result: Result, newest: NewestResults) -> Iterator[str]:
        """Yield in words which files of the step an earlier one wrote in this run, and others read behind it.

        What nobody reads (a log) is no reason to run again.
        """
        place = self.order.get(step.name, -1)
        for path in result.written:
            writer = self.now.get(path, "")
            if writer and self.order.get(writer, place) < place and self._is_read_behind(path, place, newest):
                yield f"{writer} wrote {path}, which it writes as well"

    def changed_already(self, step: Step, newest: NewestResults) -> Iterator[str]:
        """Yield in words which files of earlier steps hold already what the step changed in its last run.

        Those steps do not run now, so it changes them once more. What nobody reads (a log) is not told.
        """
        result, place = newest.results.get(step.name), self.order.get(step.name, -1)
        if result is None or result.step != step.name:
            return
        read = {seen.path for seen in result.files}
        for path in result.written:
            makers = newest.writers.get(path, ())
            earlier = [name for name in makers if self.order.get(name, place) < place]
            is_kept = path in read or _DATABASE.search(path)
            if earlier and is_kept and path not in self.now and self._is_read_behind(path, place, newest):
                first = min(earlier, key=lambda name: self.order[name])
                yield f"{path} holds its last change already: --force {first} begins anew"

    def _is_read_behind(self, path: str, place: int, newest: NewestResults) -> bool:
        return any(self.order.get(name, -1) > place for name in newest.readers.get(path, ()))
