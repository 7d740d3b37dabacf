"""What is made to stay: nobody looks meanwhile for what could be freed."""

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
    with making_what_stays() as was_enabled:
        yield
        if was_enabled:
            gc.freeze()


@contextmanager
def making_what_stays() -> Generator[bool]:
    """Free no cycles of objects while the block runs, which is to be short; give whether that is new.

    What thousands of steps come to is all kept: looking through it again and again for what could go takes
    a third of the time in which nothing but that is done.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield was_enabled
    finally:
        if was_enabled:
            gc.enable()
