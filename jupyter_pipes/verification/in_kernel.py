"""What cells of a plain run call in their kernel, for what options mean that plain cells have not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jupyter_pipes.pipelines.made.options import options_of
from jupyter_pipes.pipelines.made.value import filled, item, metric
from jupyter_pipes.pipelines.options.nesting import said_of
from jupyter_pipes.pipelines.references import METRICS, Reference, references
from jupyter_pipes.verification.current_step import last_values

_known: dict[str, Any] = {}
"""Reference -> what it stands for, since its step has ended."""

_left_out: dict[str, None] = {}
_stand_ins: set[str] = set()


def look(texts: Sequence[str], writes: Sequence[str]) -> None:
    """Keep what references stand for that are about the step that has just ended.

    Args:
        texts: the references.
        writes: the names that the step leaves.
    """
    for reference in references(texts):
        if reference.owner not in _left_out:
            _known[reference.text] = copy.deepcopy(_value(reference, writes))


def bind(name: str, text: str, kind: str) -> None:
    """Bind a parameter whose value steps make."""
    _namespace()[name] = filled(name, text, kind, _lookup)


def given(step: str, texts: Sequence[str]) -> dict[str, object]:
    """Return what a step gives its `--pipeline`, some of which steps made: parameter -> text."""
    return said_of(options_of(step, {"given": texts}, _lookup))


def at_most(step: str, texts: Sequence[str]) -> int:
    """Return how often a step may be repeated, which other steps made."""
    return options_of(step, {"at_most": texts}, _lookup).at_most


def repeat(run: Callable[[], None], most: int, goes_on: Callable[[], object]) -> None:
    """Run the cells of a `--repeat-while`."""
    for _ in range(most):
        run()
        if not goes_on():
            return


def run_elements(
    run: Callable[[], None], elements: Iterable[Sequence[Any]], names: Sequence[str], writes: Sequence[str]
) -> None:
    """Run the cells of a `--map` for each element, and bind lists of what they leave.

    Args:
        run: runs the cells once.
        elements: a value for each of the names.
        names: what the cells call an element.
        writes: what they leave.
    """
    namespace = _namespace()
    before = {name: namespace[name] for name in (*names, *writes) if name in namespace}
    lists: dict[str, list[Any]] = {name: [] for name in writes}
    for element in [*elements]:
        _put_back(namespace, (*names, *writes), before)
        namespace.update(zip(names, element, strict=True))
        run()
        for name, values in lists.items():
            values.append(namespace.get(name))
    _put_back(namespace, names, before)
    namespace.update(lists)


def cells_run(codes: Sequence[str]) -> Callable[[], None]:
    """Return what runs these cells in the kernel, as if somebody did."""

    def run() -> None:
        for code in codes:
            _shell().run_cell(code).raise_error()

    return run


def is_left_out(
    step: str, met: Callable[[], object], makers: Iterable[str], reads: Mapping[str, str]
) -> bool:
    """Return whether a step is left out: by its `--when`, or with a step that it needs.

    Args:
        step: its name.
        met: computes its own `--when`.
        makers: those steps with which it is left out.
        reads: name -> the step that makes it; it is None where that was left out, and this one goes on.
    """
    if not _left_out.keys().isdisjoint(makers) or not met():
        _left_out[step] = None
        return True
    lacking = [name for name, owner in reads.items() if owner in _left_out]
    _namespace().update(dict.fromkeys(lacking))
    _stand_ins.update(lacking)
    return False


def left_out() -> list[str]:
    """Return the steps that were left out."""
    return [*_left_out]


def without_stand_ins(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notebook's names without those that are None in place of what a step would have left."""
    return {name: held for name, held in namespace.items() if held is not None or name not in _stand_ins}


def _value(reference: Reference, writes: Sequence[str]) -> Any:
    if reference.name == METRICS and METRICS not in writes:
        return metric(reference, last_values(reference.owner))
    return item(reference, _namespace()[reference.name])


def _lookup(reference: Reference) -> Any:
    if reference.text not in _known:
        raise ValueError(f"{reference} is not known yet here: its step stands further down, or was left out")
    return _known[reference.text]


def _put_back(namespace: dict[str, Any], names: Iterable[str], before: Mapping[str, Any]) -> None:
    for name in names:
        namespace.pop(name, None)
    namespace.update({name: before[name] for name in names if name in before})


def _namespace() -> dict[str, Any]:
    return _shell().user_ns


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
