"""How a folder stands in git: commit, branch, changes not committed. Git is asked, nothing is changed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from jupyter_pipes.model.quantities import exact_duration_text

DIFF_LIMIT = 1_000_000
"""Bytes of a diff that are kept."""

NAMES_LIMIT = 1_000
"""Untracked names that are kept."""

TIMEOUT = 5.0
"""Seconds that git gets."""

_NAMES_SIZE = 10_000_000
_HEAD = "rev-parse HEAD --abbrev-ref HEAD"
_DIFF = "diff --no-color --no-ext-diff --no-textconv --ignore-submodules=dirty HEAD"
_UNTRACKED = "ls-files --others --exclude-standard --directory --no-empty-directory --full-name -z :/"
# The repository's own settings shall neither run anything nor change the answers' form.
_GIT = (
    "git --no-pager -c core.fsmonitor=false -c core.quotePath=false -c diff.relative=false "
    # Else `diff` writes the index where a file's times no longer fit to it, GIT_OPTIONAL_LOCKS or not.
    "-c diff.autoRefreshIndex=false"
)
_FILTERS = "config --null --name-only --get-regexp ^filter[.]"
_MISLEADING = """
    GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE GIT_PREFIX
    GIT_EXTERNAL_DIFF GIT_DIFF_OPTS
"""
"""They would lead git to another repository than the folder's: git itself sets them for its hooks."""


class Checkout(Struct, frozen=True):
    """How a folder stands in git; "" for what is not known.

    Attributes:
        commit: hash of HEAD; "" without a repository, without git, or before the first commit.
        branch: "" when HEAD is detached.
        diff: the unified diff of tracked files against HEAD; a last line says if it was cut.
        untracked: paths that git neither tracks nor ignores; a folder of nothing else is one name with "/".
    """

    commit: str = ""
    branch: str = ""
    diff: str = ""
    untracked: tuple[str, ...] = ()


def checkout(directory: Path) -> Checkout:
    """Return how a folder stands in git. Never raises; without a `.git` above it, no process is started."""
    if not _is_inside(directory):
        return Checkout()
    try:
        (filters,) = _ask(directory, {_FILTERS: _NAMES_SIZE})
        head, diff, names = _ask(
            directory, {_HEAD: 1_000, _DIFF: DIFF_LIMIT, _UNTRACKED: _NAMES_SIZE}, _without(filters.text)
        )
    except OSError:
        return Checkout()
    commit, _, branch = head.text.strip().partition("\n")
    return Checkout(
        commit,
        branch if branch != "HEAD" else "",
        diff.text + diff.note,
        _some(names.text.split("\0")[:-1], names.note),
    )


class _Answer(Struct, frozen=True):
    text: str = ""
    note: str = ""


def _is_inside(directory: Path) -> bool:
    place = directory.absolute()
    try:
        return any((folder / ".git").exists() for folder in (place, *place.parents))
    except OSError:
        return False


def _without(filters: str) -> dict[str, str]:
    """Return the environment in which git runs no program of the repository's to look at a file.

    Args:
        filters: the names of all settings of filters, each with a NUL behind it.
    """
    drivers = {name.rpartition(".")[0] for name in filters.split("\0") if name}
    settings = [
        (f"{driver}.{what}", "") for driver in sorted(drivers) for what in ("clean", "smudge", "process")
    ]
    settings += [(f"{driver}.required", "false") for driver in sorted(drivers)]
    # What a partial clone lacks would be fetched, by a program that its settings name.
    settings.append(("protocol.allow", "never"))
    pairs = {f"GIT_CONFIG_KEY_{place}": key for place, (key, _) in enumerate(settings)}
    values = {f"GIT_CONFIG_VALUE_{place}": value for place, (_, value) in enumerate(settings)}
    return {**pairs, **values, "GIT_CONFIG_COUNT": str(len(settings)), "GIT_NO_LAZY_FETCH": "1"}


def _ask(
    directory: Path, questions: Mapping[str, int], settings: Mapping[str, str] | None = None
) -> list[_Answer]:
    """Return what git says to each question, up to so many bytes; all are asked at once."""
    processes: list[subprocess.Popen[bytes]] = []
    late = threading.Event()
    timer = threading.Timer(TIMEOUT, _give_up, (late, processes))
    try:
        for question in questions:
            processes.append(_start(f"{_GIT} {question}", directory, settings or {}))
        # Not before: what is started later than that would never be stopped.
        timer.start()
        limits = questions.values()
        return [_read(process, limit, late) for process, limit in zip(processes, limits, strict=True)]
    finally:
        timer.cancel()
        for process in processes:
            _end(process)


def _start(command: str, directory: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING.split()}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **settings}
    return subprocess.Popen(
        command.split(),
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _read(process: subprocess.Popen[bytes], limit: int, late: threading.Event) -> _Answer:
    assert process.stdout is not None
    answer = process.stdout.read(limit + 1)
    if len(answer) > limit:
        whole = answer[: max(answer.rfind(b"\n", 0, limit), answer.rfind(b"\0", 0, limit)) + 1]
        return _Answer(whole.decode("utf-8", "replace"), f"… cut after {limit:,} bytes\n")
    if process.wait() == 0:
        return _Answer(answer.decode("utf-8", "replace"))
    late_words = f"… not known: git took longer than {exact_duration_text(TIMEOUT)}\n"
    return _Answer("", late_words) if late.is_set() else _Answer()


def _give_up(late: threading.Event, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    late.set()
    for process in processes:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # With what git started itself, such as a filter: it would keep the pipe open.
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    _kill(process)
    process.stdout.close()
    process.wait()


def _some(names: list[str], note: str) -> tuple[str, ...]:
    more = len(names) - NAMES_LIMIT
    counted = f"… and {more:,} more" if more > 0 else ""
    return (*names[:NAMES_LIMIT], *filter(None, (counted, note.strip())))
