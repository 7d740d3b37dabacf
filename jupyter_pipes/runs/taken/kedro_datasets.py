"""Datasets of a Kedro project: what its catalog says of each, and how it gets from node to node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.taken.kedro_project import Project, credentials_of, entries_of

_CREDENTIALS = "credentials"


class Dataset(Struct, frozen=True):
    """A dataset that the catalog has.

    Attributes:
        entry: what it is made from; never credentials, only their name.
        is_whole: whether that is all that is needed: no credentials, and nothing that has no text.
        file: the path of the one file that it is on this machine, in the project's folder; or "".
        version: the newest one, which is read where no node makes it; "" if there are no versions.
        is_local: whether it is on this machine, file or not.
        is_there: whether it is anywhere by now; asked of those alone that nodes make and that are no file.
        type: its class.
    """

    entry: Mapping[str, Any]
    is_whole: bool
    file: str
    version: str
    is_local: bool
    is_there: bool
    type: Any


def datasets_of(project: Project, names: Iterable[str], made: Iterable[str]) -> dict[str, Dataset]:
    """Return those of the datasets that are kept somewhere, not in memory only.

    Args:
        project: the project.
        names: the datasets that nodes use, without parameters.
        made: those of them that nodes make.

    Raises:
        UsageError: one cannot be made again in a step's process.
    """
    objects = {name: found for name in names if (found := _kept(project, name)) is not None}
    named = {name: name for name in credentials_of(project.context)}
    entries = entries_of(project.context, objects, named)
    bases = frozenset(map(base_of, made))
    return {
        name: _dataset(project, name, found, entries[name], is_made=base_of(name) in bases)
        for name, found in objects.items()
    }


def base_of(dataset: str) -> str:
    """Return a dataset without how it is read: `df` of `df@pandas`."""
    return dataset.partition("@")[0]


def as_text(value: object) -> str:
    """Return a value as YAML, which reads back the same; "" if it does not."""
    yaml = import_module("yaml")
    try:
        text: str = yaml.safe_dump(value, allow_unicode=True, width=10**6)
        return text if yaml.safe_load(text) == value else ""
    except yaml.YAMLError:
        return ""


def place_of(dataset: Any) -> str:
    """Return the path of a dataset of this machine, file or folder; "" for any other."""
    inner = inner_of(dataset)
    path, protocol = _held(inner, "_filepath") or _held(inner, "_path"), _held(inner, "_protocol")
    return path if protocol in ("", "file", "local") and "://" not in path else ""


def database_of(dataset: Any) -> str:
    """Return the path of the file whose tables a dataset reads or writes; "" if there is none."""
    where = _held(dataset, "_connection_str")
    return where.removeprefix("sqlite:///") if where.startswith("sqlite:///") else ""


def inner_of(dataset: Any) -> Any:
    """Return the dataset whose values a `CachedDataset` keeps, or the dataset itself."""
    return dataset._dataset if type(dataset).__name__ == "CachedDataset" else dataset


def _kept(project: Project, name: str) -> Any | None:
    found: Any = project.catalog.get(name) if name in project.catalog else None
    return None if type(inner_of(found)).__name__ in ("MemoryDataset", "SharedMemoryDataset") else found


def _dataset(
    project: Project, name: str, found: Any, entry: dict[str, Any] | None, *, is_made: bool
) -> Dataset:
    if entry is None:
        raise UsageError(
            f"dataset {name} cannot be taken in: a hook makes it, which a step's process would not: say it "
            "in catalog.yml"
        )
    shown, is_whole = _written_down(entry)
    place, version = place_of(found), "" if is_made else _version(found)
    file = str(Path(place) / version / Path(place).name) if version else place
    is_file = bool(_held(inner_of(found), "_filepath")) and not Path(file).is_dir()
    is_one = is_file and not (is_made and _has_versions(found))
    return Dataset(
        shown,
        is_whole and not _has_credentials(shown),
        _in_folder(file, project.path) if file and is_one else "",
        version,
        bool(place),
        is_one or not is_made or _exists(name, found),
        type(inner_of(found)),
    )


def _written_down(entry: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The entry as it counts for steps, and whether it is all that makes the dataset."""
    shown = {key: _without_secrets(key, value) for key, value in entry.items() if key != "metadata"}
    if as_text(shown):
        return shown, True
    told = {key: value if as_text(value) else digest(repr(value))[:12] for key, value in shown.items()}
    return told, False


def _without_secrets(key: str, value: Any) -> Any:
    if key == _CREDENTIALS and value is not None and not isinstance(value, str):
        return "given"
    if isinstance(value, Mapping):
        inside = cast("Mapping[Any, Any]", value)
        return {inner: _without_secrets(str(inner), each) for inner, each in inside.items()}
    return value


def _has_credentials(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    inside = cast("Mapping[Any, Any]", value)
    return any((key == _CREDENTIALS and bool(each)) or _has_credentials(each) for key, each in inside.items())


def _has_versions(found: Any) -> bool:
    return getattr(inner_of(found), "_version", None) is not None


def _version(found: Any) -> str:
    """The newest version that is there; "" where there is none, or none are kept."""
    if not _has_versions(found) or not found.exists():
        return ""
    return str(inner_of(found).resolve_load_version())


def _held(dataset: Any, name: str) -> str:
    """What a dataset holds by custom, those of users as well: no method tells it of all."""
    return str(getattr(dataset, name, "") or "")


def _exists(name: str, found: Any) -> bool:
    try:
        return bool(found.exists())
    except Exception as error:
        raise UsageError(f"whether dataset {name} exists cannot be asked: {error}") from error


def _in_folder(path: str, folder: Path) -> str:
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else path
