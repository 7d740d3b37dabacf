"""How the transforms of matplotlib's figures are pickled: who hangs on whom, without addresses."""

from __future__ import annotations

import sys
from typing import Any


def reduced_transform(value: Any) -> Any:
    """Return how to pickle a transform, or NotImplemented for everything else of matplotlib.

    A transform tells its parents when it changes. matplotlib pickles them by their addresses in the process
    that writes, and adds parents by those of the process that reads: where two are equal, which is likely in
    processes that were forked from one, a parent is lost and draws what is no longer so.
    """
    transforms: Any = sys.modules.get("matplotlib.transforms")
    if transforms is None or not isinstance(value, transforms.TransformNode):
        return NotImplemented
    make, arguments, state = value.__reduce_ex__(5)[:3]
    parents = [parent for parent in state.pop("_parents").values() if parent is not None]
    return make, arguments, (state, parents), None, None, _restore_transform


def _restore_transform(transform: Any, state: tuple[dict[str, Any], list[Any]]) -> None:
    attributes, parents = state
    transform.__setstate__({**attributes, "_parents": {id(parent): parent for parent in parents}})
