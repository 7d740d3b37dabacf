"""Files that one step makes (`--out-file`) and a later one names: edges, and what is wrong with them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from jupyter_pipes.analysis.literals import named_texts
from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.problems import Spot
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.system.memory import remembered

_GLOB = frozenset("*?[")


@remembered
def normalised(path: str) -> str:
    """Return a path in the one form in which paths are compared (`./a//b/../c` is `a/c`)."""
    normal = posixpath.normpath(path)
    # POSIX gives two leading slashes a meaning of their own, which no system here has.
    return normal.removeprefix("/") if normal.startswith("//") else normal


def matches(pattern: str, path: str) -> bool:
    """Return whether a normalised path is one that the pattern of a `--file` means.

    As `pathlib` has it: `*`, `?` and `[…]` stay within a folder, `**` is any number of folders.
    """
    return _match(tuple(normalised(pattern).split("/")), tuple(path.split("/")))


def with_files(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps, in notebook order, with `files_from` and with normalised `out_files`."""
    if not any(step.options.out_files for step in steps):
        return tuple(steps)
    made: dict[str, str] = {}
    connected: list[Step] = []
    for step in steps:
        out_files = tuple(dict.fromkeys(map(normalised, step.options.out_files)))
        named = _Named(step)
        files_from = {path: maker for path, maker in made.items() if path in named and path not in out_files}
        options = msgspec.structs.replace(step.options, out_files=out_files)
        connected.append(msgspec.structs.replace(step, options=options, files_from=files_from))
        made |= dict.fromkeys(out_files, step.name)
    return tuple(connected)


def file_problems(steps: Sequence[Step]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the files that steps make; the steps are those of `with_files`."""
    makers: dict[str, Step] = {}
    for step in steps:
        for path in step.options.out_files:
            if path in makers:
                yield problems.made_twice(spot_of(step), path, makers[path].name)
            yield from _own_problems(step, path)
            makers.setdefault(path, step)
    if makers:
        for step in steps:
            yield from _made_later(step, makers)


def spot_of(step: Step) -> Spot:
    """Return where a problem of the step shows: its `%%step` line."""
    number = step.label.removeprefix("cell ")
    return Spot(step.name, int(number) if number.isdecimal() else 0)


class _Named:
    """The paths that a step names: with `--file`, or as a literal in its code."""

    def __init__(self, step: Step) -> None:
        self._texts = frozenset(map(normalised, named_texts(step)))
        self._patterns = step.options.files

    def __contains__(self, path: str) -> bool:
        return path in self._texts or any(matches(pattern, path) for pattern in self._patterns)


def _says_file(step: Step, path: str) -> bool:
    """Return whether a `--file` of the step is this path itself, no pattern."""
    return any(normalised(pattern) == path for pattern in step.options.files)


def _own_problems(step: Step, path: str) -> Iterator[Diagnostic]:
    if _GLOB & set(path):
        yield problems.made_by_pattern(spot_of(step), path)
    if _says_file(step, path):
        yield problems.read_and_made(spot_of(step), path)
    if path in step.writes:
        yield problems.file_like_output(spot_of(step), path)


def _made_later(step: Step, makers: Mapping[str, Step]) -> Iterator[Diagnostic]:
    named = _Named(step)
    for path, maker in makers.items():
        if maker.position > step.position and path in named and path not in step.options.out_files:
            sure = _says_file(step, path)
            yield problems.made_later(spot_of(step), path, spot_of(maker), sure=sure)


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    if not pattern:
        return not path
    head, rest = pattern[0], pattern[1:]
    if head == "**":
        # At the end it means folders; a file is in one of them, or right here.
        return any(_match(rest, path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], head) and _match(rest, path[1:])
