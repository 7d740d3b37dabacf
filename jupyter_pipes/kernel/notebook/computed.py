"""Defaults of parameters that a kernel computed when it ran the `%%params` cells, with its own variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.pipelines import parameters
from jupyter_pipes.pipelines.declarations.packing import pack, unpack
from jupyter_pipes.pipelines.declarations.running import Evaluation
from jupyter_pipes.pipelines.references import refers

if TYPE_CHECKING:
    from jupyter_pipes.pipelines.parameters import Parameter


class ComputedDefaults:
    """What the kernel computed, as long as the cells that declare it are as they were run.

    Args:
        namespace: the kernel's variables; those of the parameters are set in it.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._computed: dict[str, Parameter] = {}

    def forget(self, cell: int) -> None:
        """Forget what a cell declared: it runs again."""
        self._computed = {name: each for name, each in self._computed.items() if each.cell != cell}

    def applied(self, parameter: Parameter) -> Parameter:
        """Return the declaration with what was computed for it as it is."""
        computed = self._computed.get(parameter.name)
        if computed is None or computed.spec != parameter.spec:
            return parameter
        return parameter.typed(computed.type, computed.default)

    def set(self, declared: Sequence[Parameter]) -> None:
        """Give the kernel the defaults as variables; what reading does not tell is computed.

        What only a run tells, such as what its steps make, is no variable.

        Raises:
            ParameterError: a default fails, or does not fit its type.
        """
        values = parameters.bind(declared, {}, self._compute)
        for name in [name for name, value in values.items() if value is UNKNOWN]:
            del values[name]
            self._namespace.pop(name, None)
        # Members of enumerations are those of the kernel's own classes.
        self._namespace.update(unpack(pack(values)))

    def _compute(self, parameter: Parameter, earlier: Mapping[str, Any], said: Mapping[str, object]) -> Any:
        if refers(parameter.default) and said[parameter.name] is UNKNOWN:
            # The declaration keeps its reference, for each run.
            return UNKNOWN
        computed = Evaluation(lambda _: self._namespace).typed(parameter, earlier, said)
        self._computed[parameter.name] = computed
        return computed.default
