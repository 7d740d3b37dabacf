"""Parameters of a Kedro project, `params:model.alpha`, as ours: one for each value, `model_alpha`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.taken.words import word

_ALL = "parameters"
_ONE = "params:"


class Parameters:
    """What `parameters.yml` has.

    Args:
        values: all of it.

    Raises:
        UsageError: two values would have one name.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._found: dict[str, tuple[tuple[str, ...], Any]] = {_ALL: ((), values)}
        self.defaults: dict[str, Any] = {}
        for path, value in _inside(values, ()):
            self._found[_ONE + ".".join(path)] = path, value
            if _is_inner(value):
                continue
            name = _name(path)
            if name in self.defaults:
                raise UsageError(f"two parameters would be called {name} here ({'.'.join(path)}): rename one")
            self.defaults[name] = value

    def expression(self, dataset: str) -> str:
        """Return the code that makes the value of `parameters` or `params:x.y` of our parameters."""
        return _expression(*self._of(dataset))

    def read_by(self, dataset: str) -> list[str]:
        """Return the names of our parameters that this value is made of."""
        path, value = self._of(dataset)
        if path and not _is_inner(value):
            return [_name(path)]
        return [_name(inner) for inner, each in _inside(value, path) if not _is_inner(each)]

    def _of(self, dataset: str) -> tuple[tuple[str, ...], Any]:
        if dataset not in self._found:
            name = dataset.removeprefix(_ONE)
            raise UsageError(f"parameters.yml has no {name}, which a node reads: add it")
        return self._found[dataset]


def is_parameter(dataset: str) -> bool:
    """Return whether what a node reads is no dataset but a parameter, or all of them."""
    return dataset == _ALL or dataset.startswith(_ONE)


def _inside(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        yield (*path, name), value
        if _is_inner(value):
            yield from _inside(value, (*path, name))


def _is_inner(value: Any) -> bool:
    """Whether the value is made of others, that have names."""
    if not isinstance(value, Mapping):
        return False
    names = [*cast("Mapping[Any, Any]", value)]
    return bool(names) and all(isinstance(name, str) for name in names)


def _expression(path: tuple[str, ...], value: Any) -> str:
    if path and not _is_inner(value):
        return _name(path)
    inner = (f"{name!r}: {_expression((*path, name), each)}" for name, each in value.items())
    return f"{{{', '.join(inner)}}}"


def _name(path: tuple[str, ...]) -> str:
    return word("_".join(path))
