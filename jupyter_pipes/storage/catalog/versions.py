"""Files of the catalog that are never overwritten: one for each result, the newest is read."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.catalog.entries import Entry


def version_of(path: str, run: str) -> str:
    """Return the place of a version: `data/clean.csv` of a run is `data/clean.csv/RUN/clean.csv`.

    Args:
        path: as the entry has it.
        run: the run that made the value; ids sort by time.
    """
    return f"{path}/{run}/{PurePosixPath(path).name}"


def newest_version(entry: Entry, directory: Path) -> str:
    """Return the file of an entry's newest version.

    Raises:
        ConfigurationError: there is none, or its place cannot be listed before a run.
    """
    if entry.is_remote or "{" in entry.path:
        raise ConfigurationError(
            f"catalog entry {entry.name}: which version is the newest cannot be told of {entry.path}: name "
            "the version in its path, without versioned"
        )
    name = PurePosixPath(entry.path).name
    versions = sorted((directory / entry.path).glob(f"*/{name}"))
    if not versions:
        where = f"{entry.path}/VERSION/{name}"
        raise ConfigurationError(f"catalog entry {entry.name}: there is no version yet ({where})")
    return version_of(entry.path, versions[-1].parent.name)
