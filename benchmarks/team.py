"""Runs of many people at once in one PostgreSQL: steps in a second, and what each costs the server.

Each run has a controller of its own, in a process of its own, as it is for people; its steps are made up and
take no time: all there is to do is to decide and to write. On a machine with few cores the controllers are
what is waited for; what the server's processes cost says how far it carries by itself.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from benchmarks.measure import Figure, beside
from benchmarks.simulation import Simulation
from tests.databases import Server, server

AT_ONCE = (1, 2, 4)
STEPS = 200
WORKERS = 4
"""Of each run: few, so that few facts are written at a time, as they come from real ones."""


def measure() -> list[Figure]:
    """Return how many steps in a second so many runs come to, and the server's share."""
    with server(is_durable=True) as database:
        _together(database, 1, "first")
        rounds = {count: _together(database, count, f"of-{count}") for count in AT_ONCE}
    first = rounds[AT_ONCE[0]]
    rates = [
        beside(f"team: {count} runs at once", [each[0]], "steps/s", [first[0]], "one run")
        for count, each in rounds.items()
    ]
    servers, controllers = ([each[place] for each in rounds.values()] for place in (1, 2))
    return [*rates, beside("team: the server", servers, "ms/step", controllers, "the controller")]


def _together(database: Server, count: int, name: str) -> tuple[float, float, float]:
    """Return steps in a second, and milliseconds of CPU a step of the server and of the controllers."""
    runs = [_Controller(database.url, f"{name}-{number}") for number in range(count)]
    for run in runs:
        run.wait_until_ready()
    spent, begun = _processor_seconds(database), time.monotonic()
    for run in runs:
        run.go()
    controllers = sum(run.end() for run in runs)
    seconds, steps = time.monotonic() - begun, STEPS * count
    server_seconds = _processor_seconds(database) - spent
    return steps / seconds, server_seconds / steps * 1000, controllers / steps * 1000


class _Controller:
    """A process with the controller of one run."""

    def __init__(self, url: str, name: str) -> None:
        words = [url.replace("postgresql:", "postgresql+psycopg:"), name, str(STEPS), str(WORKERS)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.team", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def end(self) -> float:
        """Wait for its end; return the seconds of CPU that it took."""
        told, _ = self._process.communicate()
        return float(told)


def _processor_seconds(database: Server) -> float:
    """Return the CPU time of a server's processes, of those that have ended as well."""
    first = psutil.Process(database.pid)
    times = first.cpu_times()
    ended = times.children_user + times.children_system
    living = (each.cpu_times() for each in [first, *first.children()])
    return ended + sum(each.user + each.system for each in living)


def _drive(url: str, name: str, steps: int, workers: int) -> None:
    Simulation(1, 1, f"{name}-loaded").run()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    simulation = Simulation(steps, workers, name, url)
    simulation.run()
    sys.stdout.write(f"{simulation.seconds}\n")


if __name__ == "__main__":
    _drive(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
