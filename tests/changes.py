"""Small notebooks whose changes in place are known twice: by running them plainly, and by their analysis."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_pipes.analysis.notebook.resolution import resolve
from jupyter_pipes.pipelines.notebook import cell_from_source

STEP = "%%step change\n"


def written(sources: Sequence[str], cell: str) -> set[str]:
    """Return the names that a step with the code `cell` behind these cells writes, by its analysis."""
    texts = [*sources, STEP + cell]
    cells = [cell_from_source(str(place), place, text)[0] for place, text in enumerate(texts, 1)]
    steps, _ = resolve(cells)
    # A stream of random numbers is no name of Python.
    return {name for name in steps[-1].writes if name.isidentifier()}


def changed(sources: Sequence[str], cell: str) -> set[str]:
    """Return the names of values that differ once `cell` has run, or are new, by running everything."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    main = sys.modules["__main__"]
    before = dict(vars(main))
    try:
        for source in sources:
            exec(source.partition("\n")[2] if source.startswith("%%step") else source, namespace)
        # Pickle finds classes in the module that they say they are of.
        vars(main).update({name: value for name, value in namespace.items() if isinstance(value, type)})
        old = contents(namespace)
        exec(cell, namespace)
        new = contents(namespace)
    finally:
        vars(main).clear()
        vars(main).update(before)
    return {name for name in new if old.get(name) != new[name]}


def contents(namespace: Mapping[str, Any]) -> dict[str, bytes]:
    """Return what each value holds; of functions, classes and modules nothing: they are code."""
    code = types.FunctionType | type | types.ModuleType
    values = {name: value for name, value in namespace.items() if not name.startswith("__")}
    return {name: _content(value) for name, value in values.items() if not isinstance(value, code)}


def _content(value: Any) -> bytes:
    try:
        # A value that refers to something twice has another pickle than one with two equal ones.
        return pickle.dumps(pickle.loads(pickle.dumps(value)))
    except (pickle.PicklingError, TypeError, AttributeError):
        return repr(value).encode()
