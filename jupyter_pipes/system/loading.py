"""What a program loads when it starts stays to its end: nobody looks meanwhile for what could be freed."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def loading() -> Generator[None]:
    """Free no cycles of objects while the block runs, and never look at those that are there at its end.

    Loading modules and reading a notebook make a hundred thousand objects, of which hardly any may go:
    looking for those takes a tenth of the time in which a run with nothing to do is over.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()
