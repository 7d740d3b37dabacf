"""The newest results of a pipeline's steps, and which steps read and wrote each file in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from jupyter_pipes.history.history import Result


class NewestResults:
    """What is asked of all results together is looked for once, not for each step anew.

    Args:
        results: step -> its newest result.
    """

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results

    @cached_property
    def writers(self) -> Mapping[str, list[str]]:
        """File -> the steps that wrote it."""
        return _by_file(self.results, lambda result: result.written)

    @cached_property
    def readers(self) -> Mapping[str, list[str]]:
        """File -> the steps that were seen reading it, or whose code names it."""
        return _by_file(self.results, lambda result: (seen.path for seen in result.files))


Newest = Callable[[], NewestResults]
"""Gives the newest results, which are looked up when they are first asked for."""


def _by_file(results: Mapping[str, Result], files: Callable[[Result], Iterable[str]]) -> dict[str, list[str]]:
    steps: dict[str, list[str]] = {}
    for step, result in results.items():
        for path in files(result):
            steps.setdefault(path, []).append(step)
    return steps
