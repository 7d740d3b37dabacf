"""What the catalog says of names, in exports: datasets of the engine, or code of steps that writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.steps import CATALOG_OWNER, PARAMS_OWNER, Step
from jupyter_pipes.pipelines.catalog.outputs import Outputs
from jupyter_pipes.storage.catalog.placeholders import parts_of
from jupyter_pipes.storage.catalog.writing_code import code_to_write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_pipes.model.errors import NotebookError
    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.storage.catalog.entries import Catalog, Entry

Datasets = dict[tuple[str, str], "Entry"]
"""Step (of inputs `CATALOG_OWNER`) and name -> what the engine's own catalog has to say of it."""


Use = Literal["loaded", "left", "handed on"]
"""What becomes of a name of the catalog: an input, an output that nobody reads, or one that steps read."""

Keeps = Callable[["Entry", Use], bool]
"""Says whether an engine's own catalog can have an entry of ours, used so."""


class Catalogued(Struct, frozen=True):
    """A pipeline, and what becomes of the names that the catalog has.

    Attributes:
        steps: the pipeline's, each with the inputs and parameters that it needs for that.
        datasets: what is left to the engine's own catalog.
        behind: step -> code that writes outputs, behind the step's own.
    """

    steps: tuple[Step, ...]
    datasets: Datasets
    behind: dict[str, str]


def catalogued(
    graph: Graph,
    catalog: Catalog,
    keeps: Keeps | None,
    refuse: Callable[[Step, str], NotebookError],
    engine: str,
) -> Catalogued:
    """Return what becomes of the catalog.

    Args:
        graph: the pipeline.
        catalog: as the settings name it.
        keeps: says which entries the engine's own catalog takes; None where it has none.
        refuse: makes the error that refuses a step.
        engine: how it is called, for comments.

    Raises:
        NotebookError: no code can write an output, or load an input; the message says why, and in which cell.
    """
    outputs = Outputs(catalog, graph.steps)
    read = {(owner, name) for step in graph.steps for name, owner in step.reads.items()}
    datasets: Datasets = {}
    behind: dict[str, str] = {}
    steps: list[Step] = []
    for written in graph.steps:
        step = _with_inputs(written, catalog, keeps, datasets)
        _check_inputs(step, catalog, refuse)
        for name in step.writes:
            entry = outputs.entry(step, name)
            if entry is None:
                continue
            entry = replace(entry, path=entry.path.replace("{step}", step.name))
            if keeps is not None and keeps(entry, "handed on" if (step.name, name) in read else "left"):
                datasets[step.name, name] = entry
            else:
                behind[step.name] = behind.get(step.name, "") + _code(step, entry, refuse, engine)
                step = _with_parameters(step, entry)
        steps.append(step)
    return Catalogued(tuple(steps), datasets, behind)


def _with_inputs(step: Step, catalog: Catalog, keeps: Keeps | None, found: Datasets) -> Step:
    """The step, given those inputs that the engine's catalog loads, instead of the code that loads them."""
    entries = {name: entry for name in step.loads if (entry := catalog.entry(name)) is not None}
    given = [name for name, entry in entries.items() if keeps is not None and keeps(entry, "loaded")]
    # Nothing is lost by reading.
    found |= {(CATALOG_OWNER, name): replace(entries[name], strict=False) for name in given}
    return replace(
        step,
        reads={**step.reads, **dict.fromkeys(given, CATALOG_OWNER)},
        loads=tuple(name for name in step.loads if name not in given),
        prelude=tuple(piece for piece in step.prelude if not _loads_any(piece.names, given)),
    )


def _check_inputs(step: Step, catalog: Catalog, refuse: Callable[[Step, str], NotebookError]) -> None:
    """Refuse a step whose code would read for ever the version that is the newest now."""
    for name in step.loads:
        entry = catalog.entry(name)
        if entry is not None and entry.versioned:
            why = f"it loads the newest version of {name}, which jupyter_pipes looks up when a run begins"
            raise refuse(step, f"{why}: name the version in the path of the catalog's entry")


def _loads_any(names: Iterable[str], given: Iterable[str]) -> bool:
    return not {*given}.isdisjoint(names)


def _code(step: Step, entry: Entry, refuse: Callable[[Step, str], NotebookError], engine: str) -> str:
    """The code that writes an output of a step."""
    if changed := sorted({*_parameters(entry)}.intersection(step.writes)):
        why = f"the place of its output {entry.name} names the parameter {changed[0]}, which it binds anew"
        raise refuse(step, f"{why}: use another name")
    try:
        return code_to_write(entry, {*step.reads, *step.writes}, engine)
    except ValueError as error:
        why = f"the catalog has a place for its output {entry.name}, but {error}: write it in the cell"
        raise refuse(step, why) from error


def _with_parameters(step: Step, entry: Entry) -> Step:
    """The step, given the parameters that stand in a path."""
    return replace(step, reads={**step.reads, **dict.fromkeys(_parameters(entry), PARAMS_OWNER)})


def _parameters(entry: Entry) -> list[str]:
    return [part.text for part in parts_of(entry.path + entry.table) if part.kind == "params"]
