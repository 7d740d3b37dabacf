"""Containers: one for each attempt, by whichever program there is, that sees only the store and the job."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import Struct

from jupyter_pipes.execution.environments.cache import cache_folder
from jupyter_pipes.execution.environments.programs import EnvironmentFailed, run
from jupyter_pipes.execution.environments.worker_packages import OURS, needed_folder, package_folder
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.version import OLDEST_PYTHON

PROGRAMS = ("podman", "docker", "apptainer")
"""What runs containers, in the order in which it is looked for."""

_INSIDE = "/jupyter_pipes"
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
_START = (
    f"import sys; sys.path[:0] = ['{_INSIDE}/ours']; sys.path.append('{_INSIDE}/needed'); "
    "from jupyter_pipes.execution.worker.__main__ import main; main(sys.argv[1:])"
)


class Mount(Struct, frozen=True):
    """A folder or file of this machine, and where a container has it; to be read, or `writable`."""

    source: str
    target: str
    writable: bool = False


def command(
    program: str, image: str, name: str, mounts: Iterable[Mount], variables: Iterable[str], directory: str
) -> list[str]:
    """Return how a program runs something in a container, up to what it runs.

    Args:
        program: one of `PROGRAMS`, or its path.
        image: the image.
        name: what the container is called.
        mounts: all that it sees of this machine.
        variables: names of variables that it gets of the program's environment: no value stands in the line.
        directory: where it begins to work.
    """
    if Path(program).name == "apptainer":
        binds = (f"{each.source}:{each.target}:{'rw' if each.writable else 'ro'}" for each in mounts)
        # Variables are handed over by `APPTAINERENV_NAME`.
        options = [part for bind in binds for part in ("--bind", bind)]
        place = image if "://" in image or image.endswith(".sif") else f"docker://{image}"
        return [program, "exec", "--containall", "--no-home", "--pwd", directory, *options, place]
    volumes = (f"{each.source}:{each.target}:{'rw' if each.writable else 'ro'}" for each in mounts)
    options = [
        *("--rm", "--name", name, "--workdir", directory),
        *_as_the_user(Path(program).name),
        *(part for volume in volumes for part in ("--volume", volume)),
        *(part for variable in variables for part in ("--env", variable)),
    ]
    # What the image starts by itself would come in front of what is asked for.
    return [program, "run", *options, "--entrypoint", "", image]


def _as_the_user(program: str) -> tuple[str, ...]:
    """Return what makes files that are written in the container the user's own."""
    if os.geteuid() == 0:
        return ()
    return ("--userns", "keep-id") if program == "podman" else ("--user", f"{os.geteuid()}:{os.getegid()}")


def container_program() -> str:
    """Return the path of what runs containers here; EnvironmentFailed where there is nothing."""
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        raise EnvironmentFailed(
            "--container takes podman, docker or apptainer, and none of them is on PATH: install podman"
        )
    return path


class Contained:
    """The process of one attempt in a container.

    Args:
        job: the attempt.
        variables: the variables that its code finds, beside those of the image.
    """

    def __init__(self, job: Job, variables: Mapping[str, str]) -> None:
        self._program = container_program()
        python = _python_of(self._program, job.own.container)
        cache_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="job-", dir=cache_folder()))
        self._name = f"jupyter-pipes-{self._folder.name}"
        self._log = job.log
        self._is_killed = False
        events = self._folder / "events"
        os.mkfifo(events, 0o600)
        # Held open for writing as well: until the container writes, nothing has ended.
        self.events = os.open(events, os.O_RDWR | os.O_NONBLOCK)
        inside = msgspec.structs.replace(job, environment={}, reports=str(events), own=job.own)
        (self._folder / "job").write_bytes(msgspec.json.encode(inside))
        self._line = command(
            self._program,
            job.own.container,
            self._name,
            _mounts(job, self._folder, python),
            variables,
            job.directory,
        )
        prefix = "APPTAINERENV_" if Path(self._program).name == "apptainer" else ""
        self._environment = {**os.environ, **{prefix + name: value for name, value in variables.items()}}

    def start(self) -> subprocess.Popen[bytes]:
        """Start the container; OSError if its program cannot be started."""
        with Path(self._log).open("ab") as log:
            return subprocess.Popen(
                [*self._line, "python3", "-P", "-c", _START, "contained", str(self._folder), self._log],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the container: who kills its program only, leaves it running."""
        self._is_killed = True
        if Path(self._program).name != "apptainer":
            nothing = subprocess.DEVNULL
            subprocess.run(
                [self._program, "rm", "--force", self._name], stdout=nothing, stderr=nothing, check=False
            )

    def remove(self) -> None:
        """Remove what was handed over, and a container that was still being made when it was killed."""
        if self._is_killed:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _mounts(job: Job, folder: Path, python: str) -> list[Mount]:
    package = str((package_folder() / OURS).resolve())
    store = [] if "://" in job.store else [job.store]
    if store:
        Path(job.store).mkdir(mode=0o700, parents=True, exist_ok=True)
    modules = [each for each in job.python_path if not Path(each).is_relative_to(job.directory)]
    return [
        Mount(package, f"{_INSIDE}/ours/{OURS}"),
        Mount(str(needed_folder(python)), f"{_INSIDE}/needed"),
        *(Mount(each, each) for each in modules if Path(each).is_dir()),
        *(Mount(each, each, writable=True) for each in (str(folder), job.log, job.directory, *store)),
    ]


@cache
def _python_of(program: str, image: str) -> str:
    """Return the minor version of the Python of an image."""
    # Several steps may look at once, each in a container with a name that no other has.
    line = command(program, image, f"jupyter-pipes-look-{uuid4().hex}", (), (), "/")
    version = run(f"looking for Python in {image}", *line, "python3", "-c", _VERSION).split()[-1]
    if tuple(map(int, version.split("."))) < OLDEST_PYTHON:
        raise EnvironmentFailed(f"{image} has Python {version}; a step's process needs 3.11 or newer")
    return version
