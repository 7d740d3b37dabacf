"""The cells of a notebook divided among its pipelines, by their text alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines.sections.uses import use_of

OWN = ""
"""The notebook's own pipeline, called as its file: that of the cells above the first `%pipeline use`."""

PROBLEM = "JP041"

SHARED = ("code",)
"""Roles of cells that all pipelines have: imports, helpers, values."""


class Division(Struct, frozen=True):
    """Whose the cells of a notebook are.

    Attributes:
        cells: all of them, in order.
        pipelines: of each cell, whose it is: the name, or `OWN`.
        diagnostics: what is wrong with the cells' `%%` lines, and with `%pipeline use` lines.
    """

    cells: tuple[Cell, ...]
    pipelines: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The pipelines that have steps, in their order; the notebook's own if none has."""
        pairs = zip(self.cells, self.pipelines, strict=True)
        return tuple(dict.fromkeys(name for cell, name in pairs if cell.role == "step")) or (OWN,)

    def owner_named(self, name: str) -> str:
        """Return a pipeline as the cells have it, by its name; one that no text has is the notebook's own."""
        return name if name in self.pipelines else OWN

    def of(self, pipeline: str) -> tuple[list[Cell], list[Diagnostic]]:
        """Return the cells that a pipeline is made of, its own and those of all, with their problems."""
        pairs = tuple(zip(self.cells, self.pipelines, strict=True))
        own = [cell for cell, name in pairs if cell.role in SHARED or name == pipeline]
        others = {cell.number for cell, name in pairs if name != pipeline}
        problems = [each for each in self.diagnostics if each.code == PROBLEM or each.cell not in others]
        return own, problems

    def chosen(self, name: str | None, own: str, place: object) -> str:
        """Return which pipeline is meant; without a name the notebook's own, else the only one.

        Args:
            name: as it was said.
            own: what the notebook's own is called.
            place: the notebook, for messages.

        Raises:
            UsageError: there is none of that name, or several and none is named.
        """
        names = self.names
        called = [each or own for each in names]
        listed = ", ".join(called)
        if name is None:
            if OWN in names or len(names) == 1:
                return names[0]
            raise UsageError(
                f"{place} has several pipelines, {listed}: name one (--pipeline {called[0]}; for a step, "
                f"--pipeline {place}:{called[0]})"
            )
        if name in called:
            return names[called.index(name)]
        if name in self.pipelines:
            # It has no steps yet.
            return name
        near = nearest(name, called)
        hint = f"; did you mean {near}?" if near else "."
        raise UsageError(f"{place} has no pipeline {name!r}{hint} It has: {listed}")


def divided(
    cells: Sequence[Cell], sources: Sequence[str], pipelines: Iterable[str], diagnostics: Iterable[Diagnostic]
) -> Division:
    """Return whose the cells are, with what is wrong with `%pipeline use` lines.

    Args:
        cells: all of a notebook, in order.
        sources: their whole texts.
        pipelines: whose each of them is.
        diagnostics: what is wrong with their `%%` lines.
    """
    problems = [
        Diagnostic(PROBLEM, use.problem, None, use.line, cell.number)
        for cell, text in zip(cells, sources, strict=True)
        if cell.role == "code" and (use := use_of(text)) is not None and use.problem
    ]
    return Division(tuple(cells), tuple(pipelines), (*diagnostics, *problems))


def owners(sources: Iterable[str], own: str) -> list[str]:
    """Return whose each cell is: that of the nearest `%pipeline use` above it, else the notebook's own.

    Args:
        sources: the cells' texts, in order; "" for what is no code.
        own: what the notebook's own is called.
    """
    pipelines: list[str] = []
    pipeline = OWN
    for source in sources:
        pipelines.append(pipeline)
        use = use_of(source)
        if use is not None and use.name:
            pipeline = OWN if use.name == own else use.name
    return pipelines
