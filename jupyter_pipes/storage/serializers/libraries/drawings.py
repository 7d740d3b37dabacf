"""How the parts of matplotlib's figures are pickled: who hangs on whom, and tells whom of changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

_CHANGED = "changed"


def reduced_part(value: Any) -> Any:
    """Return how to pickle what parts of figures hang on, or NotImplemented for everything else."""
    registry: Any = sys.modules.get("matplotlib.cbook")
    if registry is not None and type(value) is registry.CallbackRegistry:
        return _reduced_callbacks(value)
    return _reduced_transform(value)


def _reduced_callbacks(value: Any) -> Any:
    """Keep what a part of a figure tells others of itself: its colour bar that an image has other limits.

    matplotlib drops all callbacks, those of windows and of users among them, which stay dropped.
    """
    make, arguments, state = value.__reduce_ex__(5)[:3]
    callbacks: Mapping[str, dict[int, Any]] = state["callbacks"]
    told = {
        cid: method for cid, proxy in value.callbacks.get(_CHANGED, {}).items() if _is_part(method := proxy())
    }
    if not told:
        return make, arguments, state
    return make, arguments, {**state, "callbacks": {**callbacks, _CHANGED: told}}


def _is_part(method: Any) -> bool:
    holder = getattr(method, "__self__", None)
    return type(holder).__module__.startswith("matplotlib.")


def _reduced_transform(value: Any) -> Any:
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
