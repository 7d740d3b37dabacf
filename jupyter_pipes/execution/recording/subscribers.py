"""Who is told what happens in a run: displays, as a rule."""

from __future__ import annotations

import logging
from collections.abc import Callable

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.views import RunView

_logger = logging.getLogger(__name__)

Subscriber = Callable[[RunView, ev.Record], None]
"""Takes a run's view with the record that changed it, on the background thread."""


class Subscribers:
    """The subscribers of one run."""

    def __init__(self) -> None:
        self._all: list[Subscriber] = []

    def add(self, subscriber: Subscriber) -> None:
        """Tell this one as well from now on."""
        self._all.append(subscriber)

    def tell(self, view: RunView, record: ev.Record) -> None:
        """Tell all of them of a record that the view has taken in."""
        for subscriber in self._all:
            try:
                subscriber(view, record)
            except Exception:  # a display that fails is no reason to stop the run
                _logger.exception("a subscriber of run %s failed", view.run)
