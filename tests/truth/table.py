"""The table of small notebooks: text files, each with notebooks of one kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CASES = Path(__file__).with_name("cases")
HEAD = "### "
CELL = "# %%\n"


class Case(NamedTuple):
    """A small notebook and what is right of it.

    Attributes:
        kind: the file that it stands in.
        name: what it is about.
        expected: `equal`, or a part of the true reason for which it may be refused.
        cells: its code cells, untagged.
    """

    kind: str
    name: str
    expected: str
    cells: tuple[str, ...]


def cases() -> Iterator[Case]:
    """Yield the notebooks of all files.

    A notebook begins with `### NAME` or `### NAME | PART OF THE REASON`; `# %%` stands between its cells.
    """
    for path in sorted(CASES.glob("*.txt")):
        for text in f"\n{path.read_text('utf-8')}".split(f"\n{HEAD}")[1:]:
            head, _, body = text.partition("\n")
            name, _, reason = map(str.strip, head.partition("|"))
            cells = tuple(cell.strip("\n") for cell in body.split(CELL))
            yield Case(path.stem, name, reason or "equal", cells)
