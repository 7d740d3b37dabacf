"""The outputs of steps as datasets: what each is called, and how the catalog keeps it."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.export.kedro.entries import lines_of
from jupyter_pipes.export.kedro.parameters import key
from jupyter_pipes.export.plain.functions import defines_inside
from jupyter_pipes.export.plain.names import unused
from jupyter_pipes.model.steps import CATALOG_OWNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.placing.catalogued import Datasets as Entries
    from jupyter_pipes.export.plain.program import Function
    from jupyter_pipes.storage.catalog.entries import Entry


class Dataset(Struct, frozen=True):
    """An output of a step.

    Attributes:
        name: what it is called in the catalog.
        layer: the group of its step; None for none.
        is_kept: whether the catalog has it: what nobody reads and no file can have stays in memory.
        is_of_functions: whether it may be, or have, functions or classes that the step defines.
        entry: what our catalog says of it; None if it says nothing.
    """

    name: str
    layer: str | None
    is_kept: bool
    is_of_functions: bool
    entry: Entry | None = None


Datasets = dict[tuple[str, str], Dataset]
"""Step and name of an output -> its dataset."""


def datasets(functions: Sequence[Function], entries: Entries) -> Datasets:
    """Return all datasets; a name that several steps leave has the step's before it.

    Args:
        functions: the steps'.
        entries: what our catalog says of outputs, and of inputs that no step makes.
    """
    writers: dict[str, list[str]] = {}
    for function in functions:
        for name in function.outputs:
            writers.setdefault(name, []).append(function.name)
    found: Datasets = {
        (owner, name): Dataset(name, None, True, False, entry)
        for (owner, name), entry in entries.items()
        if owner == CATALOG_OWNER
    }
    loaded = {name for _, name in found}
    used = {"parameters", *loaded, *(name for name, steps in writers.items() if len(steps) == 1)}
    for function in functions:
        opened = _opened(function.text) - {*function.step.demanded}
        for name in function.outputs:
            alone = len(writers[name]) == 1 and name not in ("parameters", *loaded)
            called = name if alone else unused(f"{function.name}_{name}", used)
            used.add(called)
            entry = entries.get((function.step.name, name))
            is_kept, defines = name not in opened, entry is None and defines_inside(function.text)
            found[function.step.name, name] = Dataset(
                called, function.step.options.stage, is_kept, defines, entry
            )
    return found


def _opened(text: str) -> set[str]:
    """Names that `with` binds: files, connections and the like, which are closed behind it."""
    (definition,) = ast.parse(text).body
    withs = (node for node in ast.walk(definition) if isinstance(node, ast.With | ast.AsyncWith))
    targets = (item.optional_vars for node in withs for item in node.items)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def catalog_text(found: Iterable[Dataset], origin: str) -> str:
    """Return `catalog.yml`.

    Args:
        found: the datasets, in order.
        origin: where the file comes from, in words.
    """
    entries = [_entry(dataset) for dataset in found if dataset.is_kept]
    return "\n".join([f"# {origin}", *entries])


def _entry(dataset: Dataset) -> str:
    lines = [
        f"{key(dataset.name)}:",
        *(lines_of(dataset.entry) if dataset.entry else _pickled(dataset)),
        *(_layer(dataset.layer) if dataset.layer else []),
    ]
    return "\n".join([*lines, ""])


def _pickled(dataset: Dataset) -> list[str]:
    return [
        "  type: pickle.PickleDataset",
        f"  filepath: data/{dataset.name}.pkl",
        *(["  backend: cloudpickle"] if dataset.is_of_functions else []),
    ]


def _layer(layer: str) -> list[str]:
    return [f"  metadata: {{kedro-viz: {{layer: {json.dumps(layer, ensure_ascii=False)}}}}}"]


def inputs_of(function: Function, found: Mapping[tuple[str, str], Dataset]) -> list[str]:
    """Return the datasets of the function's arguments, in their order."""
    reads = function.step.reads
    values = [found[reads[name], name].name for name in function.inputs]
    return [*values, *(f"params:{name}" for name in function.parameters)]
