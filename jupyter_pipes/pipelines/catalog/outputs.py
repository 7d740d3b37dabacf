"""Which of a pipeline's names are written to places of the catalog, and by which step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.storage.catalog.entries import Catalog, Entry
from jupyter_pipes.storage.catalog.placeholders import is_any

G = TypeVar("G", bound=Graph)


class Outputs:
    """Says which outputs of steps the catalog names.

    An input is never written to its own place. Of several steps that write a name, the last one has the value
    that it has at the notebook's end; the others write only where each has a place of its own (`{step}`).

    Args:
        catalog: as the settings name it.
        steps: the pipeline's.
        observed: step -> what earlier runs showed of it.
    """

    def __init__(
        self, catalog: Catalog, steps: Iterable[Step], observed: Mapping[str, Observation] | None = None
    ) -> None:
        self.catalog = catalog
        self._inputs: set[str] = set()
        self._last: dict[str, int] = {}
        seen = observed or {}
        for step in steps:
            self._inputs.update(step.loads)
            changed = seen[step.name].changed if step.name in seen else ()
            self._last |= dict.fromkeys((*step.writes, *changed), step.position)

    def entry(self, step: Step, name: str) -> Entry | None:
        """Return what the catalog says of an output of a step; None if it is not written anywhere."""
        entry = None if name in self._inputs else self.catalog.entry(name)
        is_last = self._last.get(name, step.position) <= step.position
        return entry if entry is not None and (is_last or is_any(entry.path, "step")) else None


def with_outputs_kept(graph: G, catalog: Catalog) -> G:
    """Return the graph with the outputs kept that the catalog names, whatever their size."""
    if not catalog.entries:
        return graph
    outputs = Outputs(catalog, graph.steps)
    steps = (
        replace(step, demanded=tuple(sorted({*step.demanded, *_named(step, outputs)})))
        for step in graph.steps
    )
    return replace(graph, steps=tuple(steps))


def _named(step: Step, outputs: Outputs) -> Iterable[str]:
    return (name for name in step.writes if outputs.entry(step, name) is not None)
