"""What a step's process needs in an environment that has not our own package: put behind all that it has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.execution.environments.cache import made
from jupyter_pipes.execution.environments.programs import EnvironmentFailed, run, uv
from jupyter_pipes.history.surroundings.distributions import normal
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.version import RUNNING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OURS = "jupyter_pipes"

_NEEDED = ("blake3", "cloudpickle", "fsspec", "ipython", "matplotlib-inline", "msgspec")
"""Those of our dependencies that a step's process imports."""


def package_folder() -> Path:
    """Return a folder with nothing but our own package in it, as it runs here."""
    source = Path(__file__).resolve().parents[2]
    return made(f"ours-{digest(str(source))[:16]}", lambda folder: _link(folder, source))


def needed_folder(python: str, interpreter: str = "") -> Path:
    """Return a folder with what a step's process needs beside our own package.

    Args:
        python: the minor version of the Python that it is for.
        interpreter: one of that version, "" where there is none here: ready-made packages are taken then.
    """
    wanted = needed(python)
    name = f"worker-{python}-{digest(repr(sorted(wanted.items())))[:16]}"
    if python == RUNNING:
        return made(name, lambda folder: _copy(folder, wanted))
    return made(name, lambda folder: _install(folder, wanted, python, interpreter))


@cache
def needed(python: str) -> Mapping[str, str]:
    """Return distribution -> version of what a step's process needs, as this process has it."""
    from packaging.requirements import Requirement

    wanted: dict[str, str] = {}
    open_ones = [each for each in _requirements() if normal(each.name) in _NEEDED]
    while open_ones:
        requirement = open_ones.pop()
        name = normal(requirement.name)
        marker = requirement.marker
        if name in wanted or (marker and not marker.evaluate({"python_version": python, "extra": ""})):
            continue
        try:
            wanted[name] = metadata.version(name)
            open_ones += map(Requirement, metadata.requires(name) or ())
        except metadata.PackageNotFoundError:
            # What only another version of Python needs is not here.
            wanted[name] = ""
    return wanted


def check(environment: Path, installed: Mapping[str, str]) -> None:
    """Refuse an environment whose own packages a step's process cannot use.

    Raises:
        EnvironmentFailed: names them.
    """
    wrong = [
        f"{name} {version}, and a step's process needs {needs}"
        for needs in _requirements()
        if (name := normal(needs.name)) in _NEEDED
        and (version := installed.get(name))
        and not needs.specifier.contains(version, prereleases=True)
    ]
    if wrong:
        raise EnvironmentFailed(f"{environment} has {'; '.join(wrong)}")


def _requirements() -> list[Requirement]:
    from packaging.requirements import Requirement

    return [Requirement(text) for text in metadata.requires(OURS) or ()]


def _link(folder: Path, source: Path) -> None:
    folder.mkdir()
    (folder / OURS).symlink_to(source)


def _copy(folder: Path, wanted: Mapping[str, str]) -> None:
    for name, version in wanted.items():
        for source, place in _files(name) if version else ():
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _files(name: str) -> Iterator[tuple[Path, str]]:
    """Yield the files of a distribution that are imported, and where they stand in `site-packages`."""
    distribution = metadata.distribution(name)
    for file in distribution.files or ():
        source = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and file.suffix != ".pyc" and source.is_file():
            yield source, str(file)


def _install(folder: Path, wanted: Mapping[str, str], python: str, interpreter: str) -> None:
    pins = "\n".join(f"{name}=={version}" if version else name for name, version in wanted.items())
    ready = ("--python-version", python, "--only-binary", ":all:")
    place = (
        "--target",
        str(folder),
        "--no-deps",
        "--quiet",
        *(("--python", interpreter) if interpreter else ready),
    )
    run("installing what a step's process needs", uv(), "pip", "install", *place, "-r", "-", given=pins)
