"""`python -m benchmarks`: every figure of the project as a ratio within one run, medians of several."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks import (
    analysis,
    chain,
    definitions,
    documents,
    environments,
    frame,
    graph,
    handover,
    idle,
    imports,
    lab,
    maps,
    metrics,
    others,
    peers,
    remote,
    reruns,
    scheduler,
    search,
    simulation,
    team,
)
from benchmarks.measure import Figure

MEASUREMENTS: dict[str, Callable[[], list[Figure]]] = {
    "chain": chain.measure,
    "frame": frame.measure,
    "handover": handover.measure,
    "scheduler": scheduler.measure,
    "analysis": analysis.measure,
    "definitions": definitions.measure,
    "imports": imports.measure,
    "search": search.measure,
    "documents": documents.measure,
    "remote": remote.measure,
    "reruns": reruns.measure,
    "metrics": metrics.measure,
    "maps": maps.measure,
    "graph": graph.measure,
    "lab": lab.measure,
    "idle": idle.measure,
    "environments": environments.measure,
    "others": others.measure,
    "peers": peers.measure,
    "simulation": simulation.measure,
    "team": team.measure,
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is named (all, if nothing is) and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    names: list[str] = parser.parse_args(words).names
    if unknown := set(names) - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    for name in names or MEASUREMENTS:
        for figure in MEASUREMENTS[name]():
            ratio = f"{figure.ratio:.2f} times {figure.beside}" if figure.beside else ""
            spread = f"{min(figure.values):.3g} … {max(figure.values):.3g}"
            line = f"{figure.name:52} {median(figure.values):9.3g} {figure.unit:8} ({spread})  {ratio}"
            print(line.rstrip(), flush=True)  # noqa: T201 - the program's result


if __name__ == "__main__":
    main()
