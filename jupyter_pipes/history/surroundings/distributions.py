"""Which distributions are installed in this process, as `pip freeze` knows them; kept until one changes."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.model.digests import digest
from jupyter_pipes.storage.whole_files import replacing

_CREDENTIALS = re.compile(r"""(\w+://)[^\s/"'<>:]*:[^\s/"'<>]*@|(https?://)[^\s/"'<>]+@""")

Key = tuple[tuple[str, int], ...]
"""Path and mtime (ns) of each folder that holds metadata of distributions, in the order of `sys.path`."""


class _Lookup(Struct):
    """What is installed while the folders are as in `key`, and the versions of the modules asked for."""

    key: Key
    packages: dict[str, str]
    modules: dict[str, str]


_in_memory: dict[str, _Lookup] = {}
_decoder = msgspec.msgpack.Decoder(_Lookup)


def installed(cache: Path) -> dict[str, str]:
    """Return name -> version of what is installed; what did not come from an index has its URL behind it.

    Looking takes about a millisecond for each distribution, so the answer is kept, in memory and in `cache`,
    until a folder that holds distributions' metadata changes. A cache that cannot be read or written is done
    without.

    Args:
        cache: an existing folder.
    """
    return _lookup(cache)[0].packages


def version_of(module: str, cache: Path) -> str:
    """Return the version of what a top-level module belongs to; "" for the standard library and unknown ones.

    It is the distribution's version, behind its name where that is another one than the module's.

    Args:
        module: its name.
        cache: an existing folder, as for `installed`.
    """
    if module in sys.stdlib_module_names:
        return ""
    lookup, path = _lookup(cache)
    if module not in lookup.modules:
        lookup.modules[module] = _version(module, lookup.packages)
        _write(path, lookup)
    return lookup.modules[module]


def installed_in(environment: Path) -> dict[str, str]:
    """Return name -> version of what is installed in a virtual environment; {} where there is none.

    Args:
        environment: its folder.
    """
    folders = sorted(map(str, environment.glob("lib/python3*/site-packages")))
    return _installed_in(tuple((folder, os.stat(folder).st_mtime_ns) for folder in folders))  # noqa: PTH116


@lru_cache(maxsize=64)
def _installed_in(folders: Key) -> dict[str, str]:
    from importlib import metadata

    found = metadata.distributions(path=[folder for folder, _ in folders])
    facts = [_facts(distribution) for distribution in found]
    return {normal(name): version for name, version, _ in sorted(facts) if name}


def _lookup(cache: Path) -> tuple[_Lookup, Path]:
    """Return what is installed, as kept or newly looked up, and the file in the cache."""
    key = _key()
    path = cache / f"packages-{digest(repr([path for path, _ in key]))[:16]}.msgpack"
    lookup = _in_memory.get(path.name)
    if lookup is None or lookup.key != key:
        lookup = _read(path)
    if lookup is None or lookup.key != key:
        lookup = _Lookup(key, dict(sorted(_look(), key=lambda item: item[0].lower())), {})
        _write(path, lookup)
    _in_memory[path.name] = lookup
    return lookup, path


def _version(module: str, packages: Mapping[str, str]) -> str:
    from importlib import metadata

    named = {normal(name): version for name, version in packages.items()}
    if normal(module) in named:
        return _without_origin(named[normal(module)])
    owners = sorted(set(metadata.packages_distributions().get(module, [])))
    return " ".join(f"{owner} {_without_origin(named.get(normal(owner), ''))}" for owner in owners)


def _without_origin(version: str) -> str:
    return version.partition(" @ ")[0]


def normal(name: str) -> str:
    """Return a distribution's name as all its spellings come to."""
    return re.sub(r"[-_.]+", "-", name).lower()


def without_credentials(text: str) -> str:
    """Return the text with user names and passwords taken out of the URLs in it (`git@` of ssh stays)."""
    return _CREDENTIALS.sub(lambda match: match[1] or match[2], text)


def _key() -> Key:
    folders: list[tuple[str, int]] = []
    for path in dict.fromkeys(os.path.abspath(entry) for entry in sys.path):  # noqa: PTH100 - 10 times faster
        with contextlib.suppress(OSError):
            changed = os.stat(path).st_mtime_ns  # noqa: PTH116 - as above
            if _holds_metadata(path, changed):
                folders.append((path, changed))
    return tuple(folders)


@lru_cache(maxsize=256)
def _holds_metadata(path: str, changed: int) -> bool:
    """Return whether a folder, as it was at that time, holds metadata of distributions."""
    try:
        with os.scandir(path) as entries:
            return any(entry.name.endswith((".dist-info", ".egg-info")) for entry in entries)
    except OSError:
        return False


def _read(path: Path) -> _Lookup | None:
    try:
        return _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _write(path: Path, lookup: _Lookup) -> None:
    # Another process may be writing the same: whoever is last wins, with the same content.
    with contextlib.suppress(OSError), replacing(path) as draft:
        draft.write_bytes(msgspec.msgpack.encode(lookup))


def _look() -> Iterator[tuple[str, str]]:
    from importlib import metadata

    seen: set[str] = set()
    for distribution in metadata.distributions():
        name, version, origin = _facts(distribution)
        spelt = normal(name)
        if name and spelt not in seen:
            seen.add(spelt)
            yield name, f"{version} @ {origin}" if origin else version


def _facts(distribution: Any) -> tuple[str, str, str]:
    """Return name, version and origin of an `importlib.metadata.Distribution`; "" for what is broken."""
    try:
        fields, source = distribution.metadata, distribution.read_text("direct_url.json")
        return fields["Name"] or "", fields["Version"] or "", _origin(source)
    except (OSError, ValueError, KeyError, TypeError):
        # Half-removed distributions have folders without the files that belong there.
        return "", "", ""


class _DirectUrl(Struct, frozen=True):
    """What PEP 610 says of an installation that came from no index."""

    url: str = ""
    vcs_info: dict[str, Any] = {}
    dir_info: dict[str, Any] = {}


def _origin(source: str | None) -> str:
    if not source:
        return ""
    try:
        direct = msgspec.json.decode(source, type=_DirectUrl)
    except msgspec.DecodeError:
        return ""
    system, commit = direct.vcs_info.get("vcs"), direct.vcs_info.get("commit_id")
    url = without_credentials(f"{system}+{direct.url}@{commit}" if system and commit else direct.url)
    return f"{url} (editable)" if direct.dir_info.get("editable") else url
