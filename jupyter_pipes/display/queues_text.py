"""How queues stand, as text."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_pipes.execution.executors.remote.queues.waiting import QueueLook

NONE = """\
all steps run on this machine: name a queue in pipes.toml, such as
[queues.far]
scheduler = "tcp://10.0.0.5:8786"
"""


def text(looks: Sequence[QueueLook]) -> str:
    """Return a line for each queue, or what to do where there is none."""
    width = max((len(look.queue.name) for look in looks), default=0)
    return (
        "".join(f"{look.queue.name:{width}}  {look.queue.place}  {_state(look)}\n" for look in looks) or NONE
    )


def _state(look: QueueLook) -> str:
    if look.trouble:
        return look.trouble
    if not look.workers:
        return "starts when a step needs it"
    waiting = f", {look.waiting} waiting" if look.waiting else ""
    return f"{look.workers} worker{'s' * (look.workers != 1)}, {look.busy} busy{waiting}"
