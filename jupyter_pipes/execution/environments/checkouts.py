"""Checkouts of repositories: fetched once, and laid out anew for each attempt that works in one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from jupyter_pipes.execution.environments.cache import cache_folder, made
from jupyter_pipes.execution.environments.programs import run
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.events import AttemptEnded
from jupyter_pipes.model.job import Job, StepEnvironment

_QUIET = {"GIT_TERMINAL_PROMPT": "0"}
"""Git asks nobody for a password: there is no terminal."""


class Checkout:
    """The working directory of one attempt: a commit of a repository, without anything else.

    Args:
        job: the attempt.
    """

    def __init__(self, job: Job) -> None:
        own = job.own
        kept = made(_name(own), lambda folder: _fetch(own, folder))
        cache_folder().mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="checkout-", dir=cache_folder()))
        self._files = job.step.options.out_files
        self._home = Path(job.directory)
        what = f"checking out {own.repository}@{own.commit[:12]}"
        # What is in the repository is not fetched again, and hooks of nobody run.
        folder = str(self.folder)
        place = (
            "-C",
            folder,
            "--git-dir",
            str(kept),
            "--work-tree",
            folder,
            "-c",
            "core.hooksPath=/dev/null",
        )
        index = {**_QUIET, "GIT_INDEX_FILE": str(self.folder / ".git-index")}
        run(what, "git", *place, "checkout", "--quiet", "--force", own.commit, "--", ".", environment=index)
        (self.folder / ".git-index").unlink()

    def job(self, job: Job) -> Job:
        """Return the job as it runs there: what it imports may be of the repository."""
        from msgspec.structs import replace

        folder = str(self.folder)
        return replace(job, directory=folder, python_path=(folder, *job.python_path), named=())

    def as_at_home(self, ended: AttemptEnded) -> AttemptEnded:
        """Return the end without files of the checkout, which are known by their commit.

        What the step makes on purpose (`--out-file`) comes into the notebook's folder.
        """
        from msgspec.structs import replace

        made = self._files if ended.outcome == "completed" else ()
        for path in made:
            self._bring_home(path)
        elsewhere = tuple(seen for seen in ended.files if self._is_elsewhere(seen.path))
        written = tuple(path for path in ended.written if self._is_elsewhere(path))
        listed = tuple(seen for seen in ended.listed if self._is_elsewhere(seen.path))
        return replace(ended, files=elsewhere, written=(*written, *made), listed=listed)

    def remove(self) -> None:
        """Remove it: the next attempt gets one of its own."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_elsewhere(self, path: str) -> bool:
        return Path(path).is_absolute() and not Path(path).is_relative_to(self.folder)

    def _bring_home(self, path: str) -> None:
        source, target = self.folder / path, self._home / path
        if not Path(path).is_absolute() and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def is_fetched(own: StepEnvironment) -> bool:
    """Return whether the commit of a repository is here."""
    from jupyter_pipes.execution.environments.cache import is_made

    return is_made(_name(own))


def _name(own: StepEnvironment) -> str:
    return f"commit-{digest(repr((own.repository, own.commit)))[:24]}"


def _fetch(own: StepEnvironment, folder: Path) -> None:
    """Fetch one commit, without its history where the server allows that."""
    what = f"fetching {own.repository}@{own.commit[:12]}"
    run(what, "git", "init", "--quiet", "--bare", str(folder), environment=_QUIET)
    fetch = ("git", "-C", str(folder), "fetch", "--quiet", "--depth", "1", "--", own.repository, own.commit)
    run(what, *fetch, environment=_QUIET)
