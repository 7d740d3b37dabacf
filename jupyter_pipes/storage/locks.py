"""What steps' packages and revisions came to: looked up once, kept as files that people can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.job import StepEnvironment
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.model.version import RUNNING
from jupyter_pipes.storage.whole_files import replacing

_OWN = ("packages", "python", "environment", "variables", "repository", "container")
"""The options that give a step an environment of its own."""

_THE_RUNS = StepEnvironment()


class Locks:
    """The locks of a project.

    Args:
        folder: `.jupyter_pipes/` of the project.
        directory: the notebook's folder, from which paths count.
    """

    def __init__(self, folder: Path, directory: Path) -> None:
        self._folder = folder / "environments"
        self._directory = directory

    def settled(self, options: StepOptions) -> StepEnvironment:
        """Return a step's environment as far as it is known: without `lock` and `commit` if it is not."""
        if not any(getattr(options, field) for field in _OWN):
            return _THE_RUNS
        pairs = [text.partition("=") for text in options.variables]
        url, revision = divided(options.repository)
        folder = self._directory / Path(options.environment).expanduser() if options.environment else None
        return StepEnvironment(
            packages=options.packages,
            lock=self.packages(options) or {},
            python=python_in(folder) if folder else options.python,
            folder=str(folder or ""),
            variables={name: value for name, sign, value in pairs if sign},
            secrets=tuple(name for name, sign, _ in pairs if not sign),
            repository=url,
            commit=self.commits().get(options.repository, "") if revision else "",
            container=options.container,
        )

    def packages(self, options: StepOptions) -> dict[str, str] | None:
        """Return distribution -> version of what a step's packages come to; None if nobody looked yet."""
        if not options.packages:
            return {}
        try:
            return pins(self.file(options).read_text("utf-8"))
        except OSError:
            return None

    def keep_packages(self, options: StepOptions, lock: Mapping[str, str]) -> None:
        """Keep what the packages of a step came to."""
        lines = (
            f"{name} {version}" if version[:1] == "@" else f"{name}=={version}"
            for name, version in lock.items()
        )
        what = f"{' '.join(options.packages)}, Python {options.python or RUNNING}"
        title = f"# {what}; delete this file to look anew"
        self._write(self.file(options), "\n".join([title, *lines, ""]).encode())

    def file(self, options: StepOptions) -> Path:
        """Return where the lock of a step's packages is kept."""
        key = digest(repr((options.packages, options.python or RUNNING)))
        return self._folder / f"{key[:16]}.txt"

    def commits(self) -> dict[str, str]:
        """Return `URL@REV` -> the commit that it was when somebody looked last."""
        try:
            return msgspec.json.decode(self._revisions.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError):
            return {}

    def keep_commit(self, repository: str, commit: str) -> None:
        """Keep which commit a revision is now."""
        commits = self.commits()
        if commits.get(repository) != commit:
            self._write(self._revisions, msgspec.json.encode({**commits, repository: commit}))

    @property
    def _revisions(self) -> Path:
        return self._folder / "revisions.json"

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(content)


def divided(text: str) -> tuple[str, str]:
    """Return the URL and the revision of `URL@REV`; `git@host:path` has none."""
    start = text.find("/", text.find("://") + 3) if "://" in text else max(text.find(":"), 0)
    at = text.rfind("@")
    return (text[:at], text[at + 1 :]) if at > start >= 0 else (text, "")


def python_in(environment: Path) -> str:
    """Return the minor version of the Python of a virtual environment, "" where there is none."""
    places = sorted(environment.glob("lib/python3*/site-packages"))
    return places[0].parent.name.removeprefix("python") if places else ""


def pins(text: str) -> dict[str, str]:
    """Return distribution -> version, or "@ URL", of a lock as `uv pip compile` writes it."""
    return dict(_pins(text))


def _pins(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        pin = line.partition(" #")[0].partition(" ;")[0].strip()
        if not pin.startswith("#"):
            name, sign, version = pin.partition("==")
            if sign:
                yield name.strip(), version.strip()
            elif "@" in pin:
                name, _, url = pin.partition("@")
                yield name.strip(), f"@ {url.strip()}"
