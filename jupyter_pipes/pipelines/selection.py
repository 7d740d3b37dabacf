"""Which steps a run takes: named ones with what they need, `--from`, `--only`, `--skip`, `--force`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.graph import Graph, descendants, needed


class Selection(Struct, frozen=True):
    """What a run does with the steps of a pipeline; all in notebook order.

    Attributes:
        decided: the steps that run or are cached, by their signatures.
        taken: steps whose present outputs are taken as they are, for those behind them.
        skipped: those of `decided` that are left out, with what hangs on them.
        forced: those of `decided` that run whatever is kept.
        why: the option that makes `taken` so, in words.
    """

    decided: tuple[str, ...]
    taken: tuple[str, ...] = ()
    skipped: frozenset[str] = frozenset()
    forced: frozenset[str] = frozenset()
    why: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps that belong to the run."""
        return (*self.taken, *self.decided)


def select(
    graph: Graph,
    steps: Sequence[str] = (),
    *,
    start: Iterable[str] = (),
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    force: Iterable[str] = (),
) -> Selection:
    """Return what a run takes.

    Args:
        graph: the whole pipeline.
        steps: run these and what they need; all if none is named.
        start: `--from`: of those, only these and what hangs on them.
        only: `--only`: just these.
        skip: leave these out, and what hangs on them.
        force: run these whatever is kept; `all` for every one.

    Raises:
        UsageError: an unknown step, or options that contradict each other.
    """
    starts, alone = _names(graph, start), _names(graph, only)
    if starts and alone:
        raise UsageError(
            "--from and --only exclude each other: --only S runs just S, --from S all behind it too"
        )
    wanted = set(needed(graph, steps)) if steps else {step.name for step in graph.steps}
    why = f"--from {' '.join(starts)}" if starts else f"--only {' '.join(alone)}" if alone else ""
    if alone:
        wanted = {*alone, *_names(graph, steps)}
    elif starts:
        wanted &= {name for start in starts for name in (start, *descendants(graph, start))}
        for start in starts:
            if start not in wanted:
                targets = ", ".join(steps)
                raise UsageError(f"--from {start}: {targets} does not need {start}; leave one of them out")
    names = [step.name for step in graph.steps]
    producers = {producer for name in wanted for producer in graph.step(name).makers}
    taken = producers - wanted if why else set[str]()
    return Selection(
        tuple(name for name in names if name in wanted),
        tuple(name for name in names if name in taken),
        frozenset(_names(graph, skip)) & wanted,
        _forced(graph, tuple(force), wanted),
        why,
    )


def _names(graph: Graph, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(graph.step(name).name for name in names))


def _forced(graph: Graph, force: Collection[str], wanted: Collection[str]) -> frozenset[str]:
    return frozenset(wanted if "all" in force else _names(graph, force)) & frozenset(wanted)
