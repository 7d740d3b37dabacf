"""The end of a run, as those know of it who wait for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_pipes.model.errors import PipesError


class Ending(threading.Event):
    """Set when a run has ended; outlives what drove or followed it, which goes then with all that it knows.

    Attributes:
        error: why the run could not be driven, recorded or followed to its end, if it could not.
    """

    error: PipesError | None = None
