"""Python whose wall clock is wrong by what a file says, at each moment anew: loaded as `sitecustomize`."""

import os
import time

_FILE = os.environ.get("JUPYTER_PIPES_TESTED_CLOCK", "")
_time, _time_ns = time.time, time.time_ns


def _wrong_by() -> int:
    try:
        with open(_FILE) as file:  # noqa: PTH123 - pathlib takes a while to import
            return int(file.read() or 0)
    except OSError:
        return 0


if _FILE:
    time.time = lambda: _time() + _wrong_by()
    time.time_ns = lambda: _time_ns() + _wrong_by() * 10**9
