"""What a collection took away, or would, as text."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_pipes.history.cleanup.collect import Amount, Collection
from jupyter_pipes.model.quantities import bytes_text

_MOST_RUNS = 10
"""Runs that are named; of more, so many of the oldest and the number of the others."""


def text(collection: Collection, *, dry_run: bool = False) -> str:
    """Return lines for people, the same for what went and for what would go.

    Args:
        collection: what went, or would.
        dry_run: whether nothing went.
    """
    lines = [*_gone(collection), *_left(collection)]
    return "\n".join([*lines, "--dry-run: nothing was removed"] if dry_run else lines)


def _gone(collection: Collection) -> Iterator[str]:
    if collection.runs:
        yield f"{_counted(len(collection.runs), 'run{s}')}: {_named(collection.runs)}"
    for number, what in (
        (collection.results, "result{s} that nobody uses"),
        (collection.documents, "document{s} (code, signature, environment)"),
        (collection.claims, "claim{s} of processes that are gone"),
        (collection.files, "digest{s} of files that are gone"),
    ):
        if number:
            yield _counted(number, what)
    for amount, what in (
        (collection.artifacts, "artifact{s}"),
        (collection.logs, "log{s}"),
        (collection.unfinished, "half-written artifact{s}"),
        (collection.environments, "environment{s} of steps"),
        (collection.notes, "note{s} of files of the catalog"),
    ):
        if amount.count:
            yield _amount(amount, what)


def _left(collection: Collection) -> Iterator[str]:
    if not any(_gone(collection)):
        yield "nothing to remove"
    yield f"left: {_amount(collection.left, 'artifact{s}')}"
    if collection.later.count:
        yield (
            f"later: {_amount(collection.later, 'artifact{s}')}, written a moment ago "
            "or within reach of a run that goes on"
        )


def _named(runs: tuple[str, ...]) -> str:
    others = len(runs) - _MOST_RUNS
    return ", ".join(runs[:_MOST_RUNS]) + (f" and {others} more" if others > 0 else "")


def _amount(amount: Amount, what: str) -> str:
    return f"{_counted(amount.count, what)}, {bytes_text(amount.bytes)}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what.format(s='' if number == 1 else 's')}"
