"""Where a kernel and the saved notebook differ: cells that were edited and not run since, or are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from jupyter_pipes.kernel.notebook.cells import RanCell
from jupyter_pipes.kernel.notebook.saved import SavedNotebook
from jupyter_pipes.model.steps import Cell, Diagnostic, Step

Kind = Literal["edited", "gone"]

_CODES = {"edited": "JP032", "gone": "JP033"}


class Edit(Struct, frozen=True):
    """What happened to a cell that a step is made of, after it was run.

    Attributes:
        step: the step.
        cell: the cell's number.
        kind: whether it was edited, or is not there any more.
        is_own: whether it is the step's own cell, not one that it uses.
    """

    step: str
    cell: int
    kind: Kind
    is_own: bool

    @property
    def words(self) -> str:
        """What a card says."""
        what = "edited, not run" if self.kind == "edited" else "its cell is gone from the notebook"
        return what if self.is_own else f"cell {self.cell} {what.removeprefix('its cell ')}"

    @property
    def diagnostic(self) -> Diagnostic:
        """What a plan and a run say."""
        subject = f"Step {self.step}" if self.is_own else f"Cell {self.cell}, which step {self.step} uses,"
        if self.kind == "edited":
            message = (
                f"{subject} was edited and not run since: runs take the text that was run. Run its cell."
            )
        else:
            message = (
                f"{subject} is gone from the notebook, but this kernel still has it. Leave it out "
                f"(--skip {self.step}), or restart the kernel."
            )
        return Diagnostic(_CODES[self.kind], message, self.step, 1, self.cell, "warning")


def changed(cells: Mapping[str, RanCell], file: SavedNotebook | None) -> dict[str, Kind]:
    """Return key -> what happened to the cell since it ran, as far as the saved file tells.

    A file that is older than the cell's run tells nothing: what was run was not saved yet.
    """
    if file is None:
        return {}
    texts = {cell.key: cell.source.strip() for cell in file.cells}
    everywhere = set(texts.values())
    # A tool may give all cells other ids.
    has_these_ids = any(ran.has_id and key in texts for key, ran in cells.items())
    kinds: dict[str, Kind] = {}
    for key, ran in cells.items():
        text = ran.source.strip()
        if ran.time >= file.time or texts.get(key) == text:
            continue
        if key in texts:
            kinds[key] = "edited"
        elif ran.has_id and has_these_ids and text not in everywhere:
            kinds[key] = "gone"
    return kinds


def edits(
    steps: Iterable[Step], cells: Iterable[Cell], own: Mapping[str, Kind], used: Mapping[str, Kind]
) -> Iterator[Edit]:
    """Yield what happened to the cells of each step: its own, and those that it uses.

    Args:
        steps, cells: of the pipeline.
        own: key -> what happened to the cell since it ran.
        used: the same, since the pipeline took it: what it takes as it is shown is not edited.
    """
    touched = [cell for cell in cells if cell.id in own or cell.id in used]
    for step in steps if touched else ():
        labels = {piece.label for piece in step.pieces}
        for cell in touched:
            is_own = cell.role == "step" and cell.name == step.name
            kind = (own if is_own else used).get(cell.id)
            if kind and (is_own or f"cell {cell.number}" in labels):
                yield Edit(step.name, cell.number, kind, is_own)
