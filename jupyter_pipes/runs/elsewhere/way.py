"""How a run gets to a controller that does not end with this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from jupyter_pipes.history.leases import Lease
    from jupyter_pipes.history.workspace import Workspace

Launch = Callable[["Workspace", "Lease"], None]
"""Has a controller begun that takes the lease over."""


class Way(Struct, frozen=True):
    """How a controller is begun, and what it takes along.

    Attributes:
        launch: has it begun.
        folder: path -> digest, of what the store has for it of the notebook's folder.
    """

    launch: Launch
    folder: dict[str, str] = {}
