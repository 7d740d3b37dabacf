"""Models with a formula: what the formula named where it was written goes with them."""

from __future__ import annotations

import re
import sys
from typing import Any

from jupyter_pipes.storage.serializers import restoring
from jupyter_pipes.storage.serializers.functions import marked

_NAME = re.compile(r"[^\W\d]\w*")
_SPECIFICATIONS = ("model_spec", "design_info")
"""Attributes that hold what came of the formula: of statsmodels from 0.15 on, and before."""


def reduced_model_data(value: object) -> Any:
    """Return how to pickle the data of a model whose formula names more than columns, or NotImplemented.

    statsmodels evaluates the formula again when it loads the data, with the names that it finds there.
    """
    module: Any = sys.modules.get("statsmodels.base.data")
    if module is None or not isinstance(value, module.ModelData):
        return NotImplemented
    data: Any = value
    specifications: list[Any] = [vars(data)[name] for name in _SPECIFICATIONS if name in vars(data)]
    formula = getattr(data, "formula", None)
    if not specifications or not isinstance(formula, str):
        return NotImplemented
    names = _named(formula, specifications[0], getattr(data, "frame", ())) | restoring.names_of(data)
    if not names:
        return NotImplemented
    make, arguments, state, *_ = data.__reduce_ex__(4)
    handed_on = {name: marked(names[name]) for name in sorted(names)}
    return make, arguments, (state, handed_on), None, None, restoring.set_model_data


def _named(formula: str, specification: Any, columns: Any) -> dict[str, Any]:
    """Return name -> value of what a formula sees beside columns: of the notebook, and where it was used."""
    notebook = vars(sys.modules["__main__"])
    states = (factor.state for factor in getattr(specification, "factor_infos", {}).values())
    seen = [notebook, *(state["eval_env"].namespace for state in states if "eval_env" in state)]
    names = [name for name in _NAME.findall(formula) if name not in columns]
    values = {name: space[name] for space in seen for name in names if name in space}
    return {name: value for name, value in values.items() if not _is_patsys(value)}


def _is_patsys(value: Any) -> bool:
    """Whether it is one of the functions that each formula sees (`C`, `bs`)."""
    return str(getattr(value, "__module__", "")).partition(".")[0] == "patsy"
