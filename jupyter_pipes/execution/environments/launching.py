"""How a step's process is started in the environment that it has: which program, which variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from jupyter_pipes.execution.environments.programs import EnvironmentFailed
from jupyter_pipes.execution.environments.spawning import PROGRAM, WORKER
from jupyter_pipes.model.job import Job, StepEnvironment
from jupyter_pipes.model.version import OLDEST_PYTHON
from jupyter_pipes.storage.locks import python_in

if TYPE_CHECKING:
    from jupyter_pipes.execution.environments.checkouts import Checkout
    from jupyter_pipes.execution.environments.containers import Contained

_SEEN_INSIDE = ("LANG", "MPLBACKEND", "PLOTLY_RENDERER", "TZ")
"""Variables that a container has of the run, beside those of the step."""

_BEHIND = (
    "import sys; sys.path.insert(0, {ours!r}); sys.path.append({needed!r}); "
    f"from {WORKER}.__main__ import main; main(sys.argv[1:])"
)
"""Starts the worker program in an environment of others, behind whose packages stands what it needs."""


class Launch(Struct, frozen=True):
    """How a worker process is started.

    Attributes:
        program: the program, and its arguments but those of our own.
        variables: its environment variables, with their values, by name.
    """

    program: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, program: tuple[str, ...], environment: Mapping[str, str]) -> Launch:
        """Return how a program is started with environment variables."""
        return cls(program, tuple(sorted(environment.items())))

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables."""
        return dict(self.variables)


def plain(environment: Mapping[str, str]) -> Launch:
    """Return how a process is started in the run's own environment."""
    return Launch.of(PROGRAM, environment)


class Prepared(NamedTuple):
    """An attempt whose environment is there.

    Attributes:
        job: the attempt as it runs in it.
        launch: how its process is started.
        checkout: its working directory, if that is a checkout.
        contained: its process, if that runs in a container.
    """

    job: Job
    launch: Launch
    checkout: Checkout | None = None
    contained: Contained | None = None

    def remove(self) -> None:
        """Remove what was made for this attempt alone."""
        for each in filter(None, (self.checkout, self.contained)):
            each.remove()


def prepare(job: Job, tell: Callable[[str], None]) -> Prepared:
    """Return an attempt with its environment, which is made first if nobody has yet. Blocks.

    Args:
        job: the attempt.
        tell: takes what is being done, in words.

    Raises:
        EnvironmentFailed: it cannot be made, or used.
        OSError: there is no room for it.
    """
    variables = _variables(job)
    launch = _launch_of(job.own, variables, tell)
    checkout = _checkout(job, tell) if job.own.repository else None
    placed = checkout.job(job) if checkout else job
    try:
        contained = _contained(placed, tell) if job.own.container else None
    except BaseException:
        if checkout:
            checkout.remove()
        raise
    return Prepared(placed, launch, checkout, contained)


def _launch_of(own: StepEnvironment, variables: Mapping[str, str], tell: Callable[[str], None]) -> Launch:
    if own.folder:
        return Launch.of(_program_in(Path(own.folder)), _activated(variables, Path(own.folder)))
    if not own.is_built:
        return plain(variables)
    from jupyter_pipes.execution.environments.cache import cache_folder
    from jupyter_pipes.execution.environments.virtual import VirtualEnvironment
    from jupyter_pipes.history.surroundings.distributions import installed

    virtual = VirtualEnvironment(own, installed(cache_folder()))
    if making := virtual.making:
        tell(making)
    folder = virtual.made()
    return Launch.of((str(folder / "bin" / "python"), "-P", "-m", WORKER), _activated(variables, folder))


def _checkout(job: Job, tell: Callable[[str], None]) -> Checkout:
    from jupyter_pipes.execution.environments.checkouts import Checkout, is_fetched

    if not is_fetched(job.own):
        tell(f"fetching {job.own.repository}@{job.own.commit[:12]}")
    return Checkout(job)


def _contained(job: Job, tell: Callable[[str], None]) -> Contained:
    from jupyter_pipes.execution.environments.containers import Contained

    tell(f"a container of {job.own.container}")
    names = (*job.own.secrets, *_SEEN_INSIDE)
    return Contained(
        job,
        {**{name: job.environment[name] for name in names if name in job.environment}, **job.own.variables},
    )


def _variables(job: Job) -> dict[str, str]:
    missing = [name for name in job.own.secrets if name not in job.environment]
    if missing:
        raise EnvironmentFailed(
            f"--env-var {' '.join(missing)}: the environment has no such variable: set it before the run, "
            "in the kernel with os.environ"
        )
    return {**job.environment, **job.own.variables}


def _activated(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(folder / "bin"), variables.get("PATH", ""))))
    return {**variables, "VIRTUAL_ENV": str(folder), "PATH": path}


def _program_in(folder: Path) -> tuple[str, ...]:
    from jupyter_pipes.execution.environments.worker_packages import check, needed_folder, package_folder
    from jupyter_pipes.history.surroundings.distributions import installed_in

    python, minor = folder / "bin" / "python", python_in(folder)
    if not python.exists() or not minor:
        raise EnvironmentFailed(
            f"--env: {folder} is no virtual environment: it has no bin/python and packages"
        )
    if tuple(map(int, minor.split("."))) < OLDEST_PYTHON:
        raise EnvironmentFailed(f"--env: {folder} has Python {minor}; a step's process needs 3.11 or newer")
    check(folder, installed_in(folder))
    code = _BEHIND.format(ours=str(package_folder()), needed=str(needed_folder(minor, str(python))))
    return (str(python), "-P", "-c", code)
