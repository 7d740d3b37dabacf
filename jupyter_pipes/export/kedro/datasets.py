"""The outputs of steps as datasets: what each is called, and how the catalog keeps it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec import Struct

from jupyter_pipes.export.kedro.parameters import key
from jupyter_pipes.export.plain.functions import defines_inside
from jupyter_pipes.export.plain.names import unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.export.plain.program import Function


class Dataset(Struct, frozen=True):
    """An output of a step.

    Attributes:
        name: what it is called in the catalog.
        layer: the group of its step; None for none.
        is_kept: whether the catalog has it: what nobody reads and no file can have stays in memory.
        is_of_functions: whether it may be, or have, functions or classes that the step defines.
    """

    name: str
    layer: str | None
    is_kept: bool
    is_of_functions: bool


Datasets = dict[tuple[str, str], Dataset]
"""Step and name of an output -> its dataset."""


def datasets(functions: Sequence[Function]) -> Datasets:
    """Return all datasets; a name that several steps leave has the step's before it."""
    writers: dict[str, list[str]] = {}
    for function in functions:
        for name in function.outputs:
            writers.setdefault(name, []).append(function.name)
    used = {"parameters", *(name for name, steps in writers.items() if len(steps) == 1)}
    found: Datasets = {}
    for function in functions:
        opened = _opened(function.text) - {*function.step.demanded}
        for name in function.outputs:
            alone = len(writers[name]) == 1 and name != "parameters"
            called = name if alone else unused(f"{function.name}_{name}", used)
            used.add(called)
            found[function.step.name, name] = Dataset(
                called, function.step.options.stage, name not in opened, defines_inside(function.text)
            )
    return found


def _opened(text: str) -> set[str]:
    """Names that `with` binds: files, connections and the like, which are closed behind it."""
    (definition,) = ast.parse(text).body
    withs = (node for node in ast.walk(definition) if isinstance(node, ast.With | ast.AsyncWith))
    targets = (item.optional_vars for node in withs for item in node.items)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def catalog(found: Iterable[Dataset], origin: str) -> str:
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
        "  type: pickle.PickleDataset",
        f"  filepath: data/{dataset.name}.pkl",
        *(["  backend: cloudpickle"] if dataset.is_of_functions else []),
        *(_layer(dataset.layer) if dataset.layer else []),
    ]
    return "\n".join([*lines, ""])


def _layer(layer: str) -> list[str]:
    return ["  metadata:", "    kedro-viz:", f'      layer: "{layer}"']


def inputs_of(function: Function, found: Mapping[tuple[str, str], Dataset]) -> dict[str, str]:
    """Return argument of the function -> its dataset."""
    reads = function.step.reads
    values = {name: found[reads[name], name].name for name in function.inputs}
    return {**values, **{name: f"params:{name}" for name in function.parameters}}
