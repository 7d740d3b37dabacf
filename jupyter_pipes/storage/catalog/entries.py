"""The catalog as settings state it: names, or patterns of names, with their formats and places."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.catalog.formats import SQL, ending_of, libraries_of
from jupyter_pipes.storage.catalog.placeholders import is_any, parts_of
from jupyter_pipes.system.patterns import pattern

SQLITE = "sqlite:///"
"""Begins the URL of a database that is a file; behind it stands its path."""

_NAME = pattern(r"[\w*?]+")
_SECRET = pattern(r"(?i)(^|[_&?;])(password|passwd|pwd|secret|token|key|credentials?)($|=)")


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """What the catalog says of a name, or of all names that fit a pattern.

    Attributes:
        name: the name, or a pattern with `*` and `?`.
        format: which of the formats (`formats.py`).
        path: a path, or any fsspec URL, with placeholders; of a table the database's URL.
        table: the table's name; "" for the entry's.
        library: what reads it, where several can; "" for the format's own.
        load, save: options of the library's functions.
        versioned: whether each result gets a file of its own, and the newest is read.
        strict: whether it is an error that the format does not keep a value's types.
    """

    name: str
    format: str
    path: str = ""
    table: str = ""
    library: str = ""
    load: dict[str, Any] = {}
    save: dict[str, Any] = {}
    versioned: bool = False
    strict: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for several names."""
        return "*" in self.name or "?" in self.name

    @property
    def is_table(self) -> bool:
        """Whether it is a table of a database."""
        return self.format == SQL

    @property
    def is_remote(self) -> bool:
        """Whether it is no file of this machine, and no table."""
        return "://" in self.path and not self.is_table

    def fits(self, name: str) -> bool:
        """Return whether a name is one of those that it is about."""
        return name == self.name or fnmatchcase(name, self.name)

    def of(self, name: str) -> Entry:
        """Return what it says of one of its names."""
        return replace(self, name=name, path=self.path.replace("{name}", name), table=self.table or name)


class Catalog(Struct, frozen=True):
    """All entries.

    Attributes:
        entries: in the order of the file.
        place: the file that they stand in; None without one.
    """

    entries: tuple[Entry, ...] = ()
    place: Path | None = None

    def entry(self, name: str) -> Entry | None:
        """Return what the catalog says of a name: its own entry goes before patterns.

        Raises:
            ConfigurationError: two patterns fit it.
        """
        own = [entry for entry in self.entries if entry.name == name]
        fitting = own or [entry for entry in self.entries if entry.fits(name)]
        if len(fitting) > 1:
            patterns = " and ".join(entry.name for entry in fitting)
            raise ConfigurationError(
                f"{self.place}: catalog: {name} fits {patterns}: give it an entry of its own"
            )
        return fitting[0].of(name) if fitting else None


NOTHING = Catalog()
"""What settings say that name nothing."""


def catalog_of(table: object, place: Path | None, base: Path, directory: Path) -> Catalog:
    """Return the catalog, as settings name it.

    Args:
        table: what stands under `catalog`.
        place: the file of the settings.
        base: the folder that paths count from.
        directory: the notebook's folder, which they count from in what is returned.

    Raises:
        ConfigurationError: an entry is wrong; names file, entry and what to do.
    """
    try:
        named = msgspec.convert(table, dict[str, dict[str, Any]])
    except msgspec.ValidationError as error:
        example = 'df = { format = "csv", path = "df.csv" }'
        raise ConfigurationError(f"{place}: entries of the catalog are tables: {example}: {error}") from None
    entries = [_entry(name, fields, place, base, directory) for name, fields in named.items()]
    _check_places(entries, place)
    return Catalog(tuple(entries), place)


def _entry(name: str, fields: dict[str, Any], place: Path | None, base: Path, directory: Path) -> Entry:
    try:
        if not _NAME.fullmatch(name) or name[0].isdigit():
            raise ValueError("is no name of a variable, and no pattern of such names (df_*)")
        entry = msgspec.convert({"format": "", **fields, "name": name}, Entry)
        _check(entry)
        return _placed(entry, base, directory)
    except (ValueError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{place}: catalog entry {name}: {error}") from None


def _check(entry: Entry) -> None:
    """Refuse what cannot be right.

    Raises:
        ValueError: says what, and what to do.
    """
    libraries = libraries_of(entry.format)
    if entry.library and entry.library not in libraries:
        raise ValueError(f"{entry.format} is read by {' or '.join(libraries)}, not by {entry.library}")
    if entry.is_table and not entry.path:
        raise ValueError('a table needs path = "DATABASE URL", such as "sqlite:///shop.db"')
    if entry.is_table and entry.versioned:
        raise ValueError("a table has no versions: put {run} into its name")
    if entry.table and not entry.is_table:
        raise ValueError(f'table is for format = "{SQL}"')
    if entry.is_pattern and entry.path and not is_any(entry.path + entry.table, "name"):
        raise ValueError("all names that fit the pattern would have one place: put {name} into the path")
    _check_secrets(entry)
    for options in (entry.load, entry.save):
        _check_options(options)


def _check_secrets(entry: Entry) -> None:
    """Refuse secrets that would be kept with the code of runs; never tell them.

    Raises:
        ValueError: there is one.
    """
    plain = "".join(part.text if part.kind == "text" else "" for part in parts_of(entry.path))
    try:
        url = urlsplit(plain)
        has_secret = bool(url.password) or bool(_SECRET.search(url.query))
    except ValueError:
        has_secret = False
    if has_secret:
        raise ValueError(
            "there is a password in its path, which would be kept with the runs: write {env.NAME} in its "
            "place and set that variable, or use what the library itself reads (~/.pgpass, ~/.aws)"
        )


def _check_options(options: Mapping[str, Any]) -> None:
    for key, value in options.items():
        if _SECRET.search(key) and isinstance(value, str):
            raise ValueError(
                f"the option {key} would be kept with the runs: leave it to the environment, or to fsspec's "
                "own configuration"
            )
        if isinstance(value, dict):
            _check_options(cast("dict[str, Any]", value))
        elif not isinstance(value, (str, int, float, bool, list)):
            raise ValueError(f"the option {key} is a {type(value).__name__}: write it as a text")


def _placed(entry: Entry, base: Path, directory: Path) -> Entry:
    """Return the entry with its path as it counts from the notebook's folder."""
    path = entry.path or f"catalog/{{name}}{ending_of(entry.format)}"
    path = path.removeprefix("file://")
    file = path.removeprefix(SQLITE)
    if file != path and file and not file.startswith(("/", ":")):
        return replace(entry, path=f"{SQLITE}{os.path.relpath(base / file, directory)}")
    if "://" in path or path.startswith("{env."):
        return replace(entry, path=path)
    path = str(Path(path).expanduser())
    if not Path(path).is_absolute():
        path = os.path.relpath(base / path, directory)
    return replace(entry, path=path)


def _check_places(entries: Iterable[Entry], place: Path | None) -> None:
    first: dict[tuple[str, str], str] = {}
    for entry in entries:
        where = (entry.path, entry.table or entry.name if entry.is_table else "")
        if where in first and not is_any(entry.path, "name"):
            raise ConfigurationError(
                f"{place}: catalog entry {entry.name} has the place of {first[where]}: one would overwrite "
                "the other; give it another path"
            )
        first.setdefault(where, entry.name)
