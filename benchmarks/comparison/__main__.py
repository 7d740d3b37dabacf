"""`python -m benchmarks.comparison DOCS`: writes what it measured into the documents."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import peers
from benchmarks.comparison import document, plot
from benchmarks.comparison.rows import Row


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print each figure when it is there, and write them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of performance.md, with images/ in it")
    folder: Path = parser.parse_args(words).folder
    rows: list[Row] = []
    for row in peers.rows():
        rows.append(row)
        for figure in peers.figures(row):
            print(f"{figure.name:100} {median(figure.values):9.3g} {figure.unit}", flush=True)  # noqa: T201
    write(rows, folder)


def write(rows: Sequence[Row], folder: Path) -> None:
    """Write the table into the document, and the pictures beside it."""
    document.put_into(folder / "performance.md", rows)
    plot.draw(rows, folder / "images")


if __name__ == "__main__":
    main()
