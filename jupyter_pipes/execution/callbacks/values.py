"""The parameters' values that each step of a run has, with what callbacks changed."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.declarations.packing import Packed, pack, shown, unpack
from jupyter_pipes.pipelines.parameters import bind

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import JsonValue, Step
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.planning.request import RunRequest


class StepValues:
    """What the steps of one run have for parameters.

    Args:
        request: what the run was given.
    """

    def __init__(self, request: RunRequest) -> None:
        self._request = request
        self._changed: dict[str, dict[str, bytes]] = {}

    def packed(self, step: str) -> dict[str, bytes]:
        """Return parameter -> pickled value, of those that a step reads."""
        return {**self._request.arguments.values.get(step, {}), **self._changed.get(step, {})}

    def read_by(self, code: Step, step: str) -> dict[str, bytes]:
        """Return parameter -> pickled value, of those that code reads that is about a step."""
        own = self.packed(step)
        return {name: own.get(name, self._known(name)) for name in code.parameters}

    def _known(self, parameter: str) -> bytes:
        """Return the value that a parameter has where a step reads it; else as it is told."""
        arguments = self._request.arguments
        values = (of[parameter] for of in arguments.values.values() if parameter in of)
        return next(values, None) or pickle.dumps(arguments.shown.get(parameter))

    def of(self, step: str) -> dict[str, Any]:
        """Return parameter -> value, of those that a step reads."""
        return unpack(self.packed(step))

    def change(self, step: str, changed: Mapping[str, Packed]) -> dict[str, JsonValue]:
        """Give a step other values; return them as events carry them.

        Raises:
            ParameterError: a value does not fit its declaration.
        """
        bound = self._bound(changed)
        self._changed.setdefault(step, {}).update(pack(bound))
        return {name: shown(value) for name, value in bound.items()}

    def forget(self, step: str) -> None:
        """Give a step the values again that the run was given."""
        self._changed.pop(step, None)

    def _bound(self, changed: Mapping[str, Packed]) -> dict[str, object]:
        declared = {parameter.name: parameter for parameter in self._declared()}
        known = [declared[name] for name in changed if name in declared]
        values = unpack({name: value.content for name, value in changed.items()})
        return {**changed, **bind(known, {each.name: values[each.name] for each in known})}

    def _declared(self) -> Sequence[Parameter]:
        definition = self._request.definition
        if self._request.declared or not definition.declarations:
            return self._request.declared
        return parameter_cells.read(definition.declarations, map(Path, definition.python_path))[0]
