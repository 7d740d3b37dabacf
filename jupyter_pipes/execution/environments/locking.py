"""What packages and revisions come to now: asked of uv and git, and kept in the project's locks."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from jupyter_pipes.execution.environments.programs import EnvironmentFailed, run, uv
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.model.version import RUNNING
from jupyter_pipes.storage.locks import Locks, divided, pins

_COMMIT = re.compile(r"[0-9a-f]{40}")


def look_up(options: StepOptions, locks: Locks, installed: Mapping[str, str]) -> None:
    """Find out what a step's packages and revision come to, and keep it: packages once, a revision each time.

    Args:
        options: what the step says.
        locks: where it is kept.
        installed: name -> version of what the run's environment has: these versions are taken where they fit.

    Raises:
        EnvironmentFailed: uv or git cannot tell; has their last lines.
    """
    if options.packages and locks.packages(options) is None:
        locks.keep_packages(options, compiled(options, installed))
    if options.repository:
        locks.keep_commit(options.repository, commit_of(options.repository))


def compiled(options: StepOptions, installed: Mapping[str, str]) -> dict[str, str]:
    """Return distribution -> version of all that a step's packages come to."""
    wanted = " ".join(options.packages)
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder, "lock.txt")
        python = options.python or RUNNING
        if python.startswith(RUNNING):
            # What stands in the file that uv writes to, it keeps where it can.
            lock.write_text(
                "".join(f"{name}=={version}\n" for name, version in installed.items() if "@" not in version)
            )
        place = ("--python", sys.executable) if python.startswith(RUNNING) else ("--python-version", python)
        arguments = (
            "pip",
            "compile",
            "-",
            "--quiet",
            "--no-header",
            "--no-annotate",
            "-o",
            str(lock),
            *place,
        )
        run(f"finding versions for {wanted}", uv(), *arguments, given="\n".join(options.packages))
        return pins(lock.read_text("utf-8"))


def commit_of(repository: str) -> str:
    """Return the commit that the revision of `URL@REV` is now."""
    url, revision = divided(repository)
    if _COMMIT.fullmatch(revision):
        return revision
    # Of a tag with a text of its own, the commit is told behind it, as `TAG^{}`.
    names = (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/tags/{revision}^{{}}", revision)
    told = run(
        f"looking up {repository}",
        "git",
        "ls-remote",
        "--",
        url,
        *names,
        environment={"GIT_TERMINAL_PROMPT": "0"},
    )
    commits = {name: commit for commit, _, name in (line.partition("\t") for line in told.splitlines())}
    found = next((commits[name] for name in reversed(names) if name in commits), "")
    if not found:
        raise EnvironmentFailed(
            f"{url} has no branch and no tag {revision}: check it, or write the whole commit (40 letters)"
        )
    return found
