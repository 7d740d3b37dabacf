"""Settings: where a project keeps its runs and artifacts, and whose files are obeyed and loaded."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError, UntrustedStore
from jupyter_pipes.model.quantities import parse_duration
from jupyter_pipes.storage.catalog.entries import Catalog, catalog_of
from jupyter_pipes.storage.queues import Queue, queues_of
from jupyter_pipes.storage.signing import Signing, signing_of

FOLDER = ".jupyter_pipes"
SQLITE = "sqlite:///"
_OPTIONS = re.compile(r"\?\w+=[^/]*$")
_ROOT = 0

LEASE = 30.0
"""Seconds that a controller may give no sign of life, where nothing else is said."""


class Settings(Struct, frozen=True):
    """What `pipes.toml` says, filled up with defaults.

    Attributes:
        directory: the notebook's folder; steps run in it.
        folder: `.jupyter_pipes/` of the project: logs, and the defaults of the others.
        store: fsspec URL or path of the artifact store.
        history: SQLAlchemy URL of the history.
        lease: seconds without a sign of life after which others take over a run of another machine.
        queues: name -> a queue besides `local`.
        signing: where the team's key is; None where only the user writes history and store.
        catalog: names with formats and places.
    """

    directory: Path
    folder: Path
    store: str
    history: str
    lease: float = LEASE
    queues: dict[str, Queue] = {}
    signing: Signing | None = None
    catalog: Catalog = Catalog()


def load(directory: Path) -> Settings:
    """Return the settings that hold for notebooks in `directory`.

    Raises:
        ConfigurationError: the file is no TOML, or says something that this version does not know.
    """
    directory = directory.resolve()
    if not is_unicode(str(directory)):
        raise ConfigurationError(
            f"the folder {shown(str(directory))} has a name that is not UTF-8: rename it"
        )
    place, options = _find(directory)
    queues = queues_of(options.pop("queues", {}), place)
    signing = signing_of(options.pop("signing", None), place)
    base = place.parent if place else directory
    catalog = catalog_of(options.pop("catalog", {}), place, base, directory)
    unknown = set(options) - {"store", "history", "lease"}
    if unknown:
        raise ConfigurationError(
            f"{place}: {', '.join(sorted(unknown))} is not known to this version; "
            "it knows store, history, lease, signing, queues and catalog"
        )
    for name, value in options.items():
        if not isinstance(value, str):
            raise ConfigurationError(f"{place}: {name} must be a text, not {value!r}")
    folder = base / FOLDER
    store = _absolute(options.get("store", str(folder / "artifacts")), "", base)
    history = _absolute(options.get("history", f"{SQLITE}{folder / 'history.db'}"), SQLITE, base)
    return Settings(directory, folder, store, history, _lease(options, place), queues, signing, catalog)


def _lease(options: dict[str, Any], place: Path | None) -> float:
    try:
        seconds = parse_duration(options["lease"]) if "lease" in options else LEASE
    except ValueError as error:
        raise ConfigurationError(f"{place}: lease: {error}") from None
    if seconds < 1:
        raise ConfigurationError(f"{place}: lease must be at least 1 s")
    return seconds


def is_unicode(text: str) -> bool:
    """Return whether a text from the system (an argument, a path) was UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str) -> str:
    """Return a text from the system as it can be written: bytes that are no UTF-8 escaped."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def _absolute(url: str, prefix: str, base: Path) -> str:
    """Return a URL whose path, behind `prefix`, does not hang on the working directory any more."""
    path = url.removeprefix(prefix)
    if not url.startswith(prefix) or not path or "://" in path or "::" in path:
        return url
    return prefix + str(base / Path(path).expanduser())


def sqlite_path(url: str) -> str:
    """Return what SQLite itself opens: a path as it is written, or a URL of its own; "" for all others.

    Folders may have any names: what looks like an escape, or like the begin of options, is part of the path.
    """
    path = url.removeprefix(SQLITE)
    is_simple = path.startswith("file:") or not _OPTIONS.search(path)
    return path if path != url and is_simple else ""


def sqlite_file(url: str) -> Path | None:
    """Return the file that a URL of SQLite names; None for another database's."""
    path = url.removeprefix(SQLITE)
    return None if path == url or path.startswith("file:") else Path(_OPTIONS.sub("", path))


def make_folder(settings: Settings) -> None:
    """Make `.jupyter_pipes/`, for its owner only, ignored by git.

    Raises:
        ConfigurationError: the place cannot be written.
    """
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = settings.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise ConfigurationError(
            f"{settings.folder} cannot be made ({error.strerror}): name a writable store and history "
            "in pipes.toml, or open the notebook in a folder that you can write"
        ) from error


def _find(directory: Path) -> tuple[Path | None, dict[str, Any]]:
    for folder in (directory, *directory.parents):
        file = folder / "pipes.toml"
        if file.is_file():
            check_owner(file, directory)
            return file, _parsed(file, _text(file))
        options = _project_options(folder / "pyproject.toml", directory)
        if options is not None:
            return folder / "pyproject.toml", options
    return None, {}


def _project_options(file: Path, directory: Path) -> dict[str, Any] | None:
    """Return the table of ours in a pyproject.toml; None for a project that has nothing to do with us."""
    try:
        text = _text(file) if file.is_file() else ""
    except ConfigurationError:
        # What this user cannot read was not written for this user.
        return None
    if "jupyter_pipes" not in text:
        return None
    if (options := _parsed(file, text).get("tool", {}).get("jupyter_pipes")) is not None:
        check_owner(file, directory)
    return options


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        # Bytes that are no UTF-8 were let through for the look, not for the parser.
        return tomllib.loads(text.encode("utf-8", "surrogateescape").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def check_owner(settings: Path, directory: Path) -> None:
    """Refuse settings that somebody else could have written.

    Those beside the notebook may be those of whoever the notebook's folder belongs to, who could change the
    notebook as well.

    Args:
        settings: a file of settings.
        directory: the notebook's folder.

    Raises:
        ConfigurationError: it belongs to somebody else, or others can write it.
    """
    is_beside = settings.parent == directory
    allowed = {_user(), _ROOT, directory.stat().st_uid} if is_beside else {_user(), _ROOT}
    # Whoever made a link chose what it leads to.
    for status in (settings.lstat(), settings.stat()):
        if status.st_uid not in allowed:
            raise _refused(settings, f"it belongs to {_name(status.st_uid)}")
    if not is_beside and _others_can_write(settings.stat()):
        raise _refused(settings, f"others can write it: chmod go-w {settings}")


def check_store(folder: Path) -> None:
    """Refuse a folder of kept values that somebody else could have written: loading a value runs its code.

    Raises:
        UntrustedStore: it belongs to somebody else, or everybody can write it.
    """
    try:
        status = folder.stat()
    except OSError:
        # Nothing is kept there.
        return
    if status.st_uid not in (_user(), _ROOT):
        raise _untrusted(folder, f"belongs to {_name(status.st_uid)}")
    if status.st_mode & stat.S_IWOTH:
        raise _untrusted(folder, "can be written by everybody")


def _refused(settings: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{settings} is not obeyed: {why}. It would say where values are kept, and loading them runs code; "
        "write a pipes.toml of your own beside the notebook (an empty one keeps all there), or make it yours"
    )


def _untrusted(folder: Path, why: str) -> UntrustedStore:
    return UntrustedStore(
        f"{folder} {why}, and loading a kept value runs the code that it names: say --trust (in Python: "
        "run.trust()) if you trust whoever wrote it"
    )


def _others_can_write(status: os.stat_result) -> bool:
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _is_private(status)


def _is_private(status: os.stat_result) -> bool:
    """Whether a group is its owner's alone: many systems give each user a group of the same name."""
    import grp

    try:
        group = grp.getgrgid(status.st_gid)
    except KeyError:
        return False
    name = _name(status.st_uid)
    return group.gr_name == name and set(group.gr_mem) <= {name}


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _user() -> int:
    return os.geteuid()
