"""What was asked of a run while nobody drove it, as its journal has it."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import RunCommand


def unheeded(earlier: Sequence[ev.Record]) -> list[RunCommand]:
    """Return the commands that were given while nobody drove the run yet."""
    events = [record.event for record in earlier]
    ends = [place for place, event in enumerate(events) if isinstance(event, ev.RunEnded)]
    open_ones = events[ends[-1] + 1 :] if ends else events
    return [event.command for event in open_ones if isinstance(event, ev.CommandGiven)]
