"""Which runs are old enough to go: by age, by number, by the space that their artifacts take."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TypedDict

from jupyter_pipes.history.cleanup.references import Facts, RunFacts, StepOfRun


class Limits(TypedDict, total=False):
    """What is to go beside what nobody refers to.

    Attributes:
        older: seconds; runs that ended longer ago go.
        max_size: bytes; the oldest runs go until the artifacts that others refer to take no more.
        keep_runs: so many of the newest runs of each pipeline stay; without the other two, all others go.
        used: run and step of the results that the present pipelines would reuse: they stay.
    """

    older: float | None
    max_size: int | None
    keep_runs: int | None
    used: frozenset[StepOfRun]


def expired(facts: Facts, limits: Limits, size: Callable[[frozenset[str]], int], now: float) -> list[str]:
    """Return the ids of the runs that go, oldest first; a run that goes on never does.

    Args:
        facts: the runs.
        limits: what is to go.
        size: tells the bytes of the artifacts that stay when these runs go.
        now: seconds since 1970.
    """
    older, most, keep = limits.get("older"), limits.get("max_size"), limits.get("keep_runs")
    newest = _newest(facts, keep or 0)
    # `is_running` or not: without an end there is no age.
    ended = [run for run in facts.runs.values() if run.ended is not None and not run.is_running]
    ended = sorted((run for run in ended if run.run not in newest), key=_end)
    if older is not None:
        gone = [run.run for run in ended if _end(run)[0] < now - older]
    else:
        gone = [run.run for run in ended] if keep is not None and most is None else []
    if most is None:
        return gone
    others = [run.run for run in ended if run.run not in set(gone)]
    return gone + others[: _fewest(gone, others, most, size)]


def _fewest(gone: list[str], others: list[str], most: int, size: Callable[[frozenset[str]], int]) -> int:
    """Return how many of `others`, from the first, must go with `gone` so that the rest fits."""
    return bisect_left(
        range(len(others)), True, key=lambda number: size(frozenset(gone + others[:number])) <= most
    )


def _newest(facts: Facts, number: int) -> set[str]:
    by_pipeline: dict[str, list[RunFacts]] = {}
    for run in facts.runs.values():
        if not run.is_remnant:
            by_pipeline.setdefault(run.pipeline, []).append(run)
    ranked = (sorted(runs, key=_start, reverse=True)[:number] for runs in by_pipeline.values())
    return {run.run for newest in ranked for run in newest}


def _start(run: RunFacts) -> tuple[float, str]:
    return run.started, run.run


def _end(run: RunFacts) -> tuple[float, str]:
    return run.ended or run.started, run.run
