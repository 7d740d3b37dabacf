"""Which function answers which request, and with what; a request of a new topic has its row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.link.topics import parameters, plans
from jupyter_pipes.kernel.session import Session

TopicRequest = parameters.ShowParameters | parameters.CheckParameters | plans.ForeseeRun


class Answered(NamedTuple):
    """What a request is answered with, and by whom."""

    answer: type[Struct]
    by: Callable[[Session, Any], Struct]


TOPICS: dict[type[Request], Answered] = {
    parameters.ShowParameters: Answered(parameters.ParameterForm, parameters.show_parameters),
    parameters.CheckParameters: Answered(parameters.ParametersChecked, parameters.check_parameters),
    plans.ForeseeRun: Answered(plans.RunForeseen, plans.foresee_run),
}
