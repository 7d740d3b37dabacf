"""The truth table of failures: how each ending of a step, under each policy, ends the others and the run.

`python -m tests.execution.executors.endings` prints it as docs/running.md has it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

EVERYWHERE = ("inline", "local", "cluster")
ISOLATED = ("local", "cluster")
"""In the kernel itself nobody can kill a step alone."""

POLICIES = ("", "--on-fail ignore", "--on-fail stop", "--fail-fast")
"""What the step says, and what the run is started with."""


@dataclass(frozen=True)
class Way:
    """A way in which a step ends.

    Attributes:
        name: in words, for readers.
        options: what the step's line has besides.
        code: what the step does.
        executors: where it can end so.
        act: what is done to it meanwhile: "cancel", "refuse", or nothing.
    """

    name: str
    code: str = "x = 1"
    options: str = ""
    executors: tuple[str, ...] = EVERYWHERE
    act: str = ""


@dataclass(frozen=True)
class Ended:
    """How a run stands at its end: the step, one that reads what it makes, one behind it, another one.

    Attributes:
        step, reader, behind, other, run: statuses.
        got: what the reader found in place of the step's output; "" if it did not run.
    """

    step: str
    reader: str
    behind: str
    other: str
    run: str
    got: str = ""


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    way: Way
    policy: str
    ended: Ended

    @property
    def cells(self) -> tuple[str, ...]:
        """What the notebook consists of: where the other step is to be found unfinished, it lasts."""
        is_cut = self.ended.other == "cancelled"
        said = self.policy if self.policy.startswith("--on-fail") else ""
        return (
            f"%%step bad {said} {self.way.options}\n{self.way.code}",
            "%%step reader\ngot = repr(x)",
            "%%step behind --after bad\ny = 1",
            f"%%step other\nimport time\ntime.sleep({60 if is_cut else 0})",
        )


_DIES = """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
x = 1
"""
_TAKES_ITS_WORKER_ALONG = """
import os, psutil, signal
above = psutil.Process().parents()
nanny = max(place for place, each in enumerate(above) if "worker" in each.cmdline())
above[nanny - 1].kill()
import time
time.sleep(60)
x = 1
"""

RAISES = Way("raises", "x = 1\nraise ValueError('no')")
TIMES_OUT = Way("times out", "import time\ntime.sleep(60)\nx = 1", "--timeout 0.5s")
KILLED = Way("is killed (signal, memory)", _DIES, executors=ISOLATED)
NOT_KEPT = Way("leaves an output that cannot be kept", "import threading\nx = threading.Lock()")
LOST = Way("is lost with its worker a fourth time", _TAKES_ITS_WORKER_ALONG, executors=("cluster",))
CANCELLED = Way("is cancelled", "import time\ntime.sleep(60)\nx = 1", act="cancel")
REFUSED = Way("is refused at its gate", options='--gate "Go on?"', act="refuse")
CONDITION = Way("is skipped by its `--when`", options='--when "1 > 2"')

FAILURES = (RAISES, TIMES_OUT, KILLED, NOT_KEPT, LOST)
OTHERS = (CANCELLED, REFUSED, CONDITION)

BY_POLICY = {
    "": Ended("failed", "skipped", "skipped", "completed", "failed"),
    "--on-fail ignore": Ended("failed", "completed", "completed", "completed", "completed", "None"),
    "--on-fail stop": Ended("failed", "cancelled", "cancelled", "cancelled", "failed"),
    "--fail-fast": Ended("failed", "cancelled", "cancelled", "cancelled", "failed"),
}
"""All failures mean the same."""

WHATEVER_POLICY = {
    CANCELLED: Ended("cancelled", "skipped", "skipped", "completed", "cancelled"),
    REFUSED: Ended("cancelled", "skipped", "skipped", "completed", "cancelled"),
    CONDITION: Ended("skipped", "skipped", "completed", "completed", "completed"),
}
"""These are no failures, so that no policy has a say."""


def rows() -> Iterator[Row]:
    """Yield each ending under each policy."""
    for policy in POLICIES:
        for way in FAILURES:
            yield Row(way, policy, BY_POLICY[policy])
        for way in OTHERS:
            yield Row(way, policy, WHATEVER_POLICY[way])


def table() -> str:
    """Return the table as Markdown, rows that say the same in one."""
    heads = ("the step…", "policy", "the step is", "its readers", "who is `--after` it", "others", "the run")
    lines = [_row(heads), _row(["---"] * len(heads))]
    lines += [_line("fails", _named(policy), ended) for policy, ended in BY_POLICY.items()]
    lines += [_line(way.name, "any", ended) for way, ended in WHATEVER_POLICY.items()]
    *ways, last = (way.name for way in FAILURES)
    return "\n".join((*lines, "", f"A step fails that {', '.join(ways)}, or {last}."))


def _named(policy: str) -> str:
    return f"`{policy}`" if policy else "`--on-fail skip` (default)"


def _line(way: str, policy: str, ended: Ended) -> str:
    reader = f"{ended.reader}, with `{ended.got}` in its place" if ended.got else ended.reader
    return _row((way, policy, ended.step, reader, ended.behind, ended.other, ended.run))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
