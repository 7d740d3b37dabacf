"""What formats of the catalog would not keep of steps' outputs, told before a run by what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.execution.publishing.notes import Notes
from jupyter_pipes.execution.publishing.orders import Order
from jupyter_pipes.execution.publishing.process import carried_out
from jupyter_pipes.execution.publishing.publisher import named_among
from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.pipelines.catalog.outputs import Outputs
from jupyter_pipes.storage.catalog.writing import Written

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.planning.plan import PlannedDecision
    from jupyter_pipes.planning.request import Definition

Foreseen = tuple["PlannedDecision", "Decision"]


def with_losses(
    foreseen: Iterable[Foreseen], definition: Definition, workspace: Workspace
) -> tuple[Foreseen, ...]:
    """Return what a run would do, with what the catalog's formats lose of each output among the reasons.

    Of a step that would run, what it left last tells what its outputs may be. What a table
    loses its database tells, in a table that is gone afterwards; any SQLite tells it of a file of SQLite.

    Raises:
        ConfigurationError: an output that is taken as it is has types that a strict entry would lose.
    """
    decided, catalog = tuple(foreseen), workspace.catalog
    if not catalog.entries:
        return decided
    outputs = Outputs(catalog, definition.steps)
    orders = {planned.name: [*_orders(planned, decision, outputs)] for planned, decision in decided}
    known = _looks([order for each in orders.values() for order in each], definition, workspace)
    for planned, decision in decided:
        if decision.result is not None:
            _check(planned.name, orders[planned.name], known, str(catalog.place))
    return tuple(
        _told(planned, decision, tuple(_words(orders[planned.name], known, decision)))
        for planned, decision in decided
    )


def _orders(planned: PlannedDecision, decision: Decision, outputs: Outputs) -> Iterator[Order]:
    kept = decision.result or decision.compared
    for entry, artifact in named_among(kept.artifacts if kept else (), planned.step, outputs):
        yield Order(entry, entry.path, artifact)


def _looks(orders: Iterable[Order], definition: Definition, workspace: Workspace) -> Mapping[str, Written]:
    """Return what would come of each order, by `_key`; what was never looked at is, in a process."""
    notes = Notes(workspace.settings.folder, workspace.settings.folder)
    looks: dict[str, Written] = {}
    new: dict[str, Order] = {}
    for order in orders:
        if look := notes.look(order):
            looks[_key(order)] = look
        else:
            new[_key(order)] = order
    came = carried_out([*new.values()], definition, workspace, only_look=True) if new else ()
    for (key, order), look in zip(new.items(), came, strict=True):
        looks[key] = look
        with suppress(PipesError):
            # A folder that cannot be written to can be planned in.
            notes.note_look(order, look)
    return looks


def _key(order: Order) -> str:
    return f"{order.value} {order.way}"


def _check(step: str, orders: Iterable[Order], looks: Mapping[str, Written], place: str) -> None:
    for order in orders:
        lost = looks[_key(order)].losses
        if lost and order.entry.strict:
            message = f"{place}: catalog entry {order.entry.name}: {'; '.join(lost)}, and strict = true"
            raise ConfigurationError(f"{message}: choose another format, or change the value", step=step)


def _words(orders: Iterable[Order], looks: Mapping[str, Written], decision: Decision) -> Iterator[str]:
    since = "" if decision.result or not decision.compared else f" (as of run {decision.compared.run})"
    for order in orders:
        look = looks[_key(order)]
        for loss in look.losses or ((look.error,) if look.error else ()):
            yield f"{order.where}: {loss}{since}"


def _told(planned: PlannedDecision, decision: Decision, words: tuple[str, ...]) -> Foreseen:
    if not words:
        return planned, decision
    told = replace(planned, reasons=(*planned.reasons, *words))
    return told, replace(decision, reasons=(*decision.reasons, *words))
