"""Files that repeated code opens for writing: in the notebook they were emptied once, not in each step."""

from __future__ import annotations

import builtins
import functools
import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def files_kept(namespace: dict[str, Any]) -> Generator[None]:
    """Have `open` go on writing behind what files hold where it would empty them.

    Args:
        namespace: the step's, in which IPython has an `open` of its own.
    """
    before = builtins.open, io.open
    builtins.open, io.open = map(_appending, before)
    theirs = namespace.get("open")
    ours = namespace["open"] = _appending(theirs or before[0])
    try:
        yield
    finally:
        builtins.open, io.open = before
        # Unless the code has given the name something else.
        if namespace.get("open") is ours:
            del namespace["open"]
            namespace |= {"open": theirs} if theirs else {}


def _appending(opening: Callable[..., Any]) -> Any:
    """Return a function that opens as the other does; who keeps it (a log's handler) may call it later."""

    @functools.wraps(opening)
    def opened(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        return opening(file, mode.replace("w", "a") if isinstance(mode, str) else mode, *args, **kwargs)

    return opened
