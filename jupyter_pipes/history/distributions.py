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


class _Kept(Struct):
    key: Key
    packages: dict[str, str]
    modules: dict[str, str]


_in_memory: dict[str, _Kept] = {}
_decoder = msgspec.msgpack.Decoder(_Kept)


def installed(cache: Path) -> dict[str, str]:
    """Return name -> version of what is installed; what did not come from an index has its URL behind it.

    Looking takes about a millisecond for each distribution, so the answer is kept, in memory and in `cache`,
    until a folder that holds distributions' metadata changes. A cache that cannot be read or written is done
    without.

    Args:
        cache: an existing folder.
    """
    return _known(cache)[0].packages


def version_of(module: str, cache: Path) -> str:
    """Return the version of what a top-level module belongs to; "" for the standard library and unknown ones.

    It is the distribution's version, behind its name where that is another one than the module's.

    Args:
        module: its name.
        cache: an existing folder, as for `installed`.
    """
    if module in sys.stdlib_module_names:
        return ""
    kept, path = _known(cache)
    if module not in kept.modules:
        kept.modules[module] = _version(module, kept.packages)
        _write(path, kept)
    return kept.modules[module]


def _known(cache: Path) -> tuple[_Kept, Path]:
    key = _key()
    path = cache / f"packages-{digest(repr([path for path, _ in key]))[:16]}.msgpack"
    kept = _in_memory.get(path.name)
    if kept is None or kept.key != key:
        kept = _read(path, key) or _looked_up(path, key)
        _in_memory[path.name] = kept
    return kept, path


def _version(module: str, packages: Mapping[str, str]) -> str:
    from importlib import metadata

    named = {_normal(name): version for name, version in packages.items()}
    own = named.get(_normal(module))
    if own is not None:
        return _without_origin(own)
    owners = sorted(set(metadata.packages_distributions().get(module, [])))
    return " ".join(f"{owner} {_without_origin(named.get(_normal(owner), ''))}" for owner in owners)


def _without_origin(version: str) -> str:
    return version.partition(" @ ")[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def without_credentials(text: str) -> str:
    """Return the text with user names and passwords taken out of the URLs in it (`git@` of ssh stays)."""
    return _CREDENTIALS.sub(lambda found: found[1] or found[2], text)


def _key() -> Key:
    found: list[tuple[str, int]] = []
    for path in dict.fromkeys(os.path.abspath(entry) for entry in sys.path):  # noqa: PTH100 - 10 times faster
        with contextlib.suppress(OSError):
            changed = os.stat(path).st_mtime_ns  # noqa: PTH116 - as above
            if _holds_metadata(path, changed):
                found.append((path, changed))
    return tuple(found)


@lru_cache(maxsize=256)
def _holds_metadata(path: str, changed: int) -> bool:
    """Return whether a folder, as it was at that time, holds metadata of distributions."""
    try:
        with os.scandir(path) as entries:
            return any(entry.name.endswith((".dist-info", ".egg-info")) for entry in entries)
    except OSError:
        return False


def _read(path: Path, key: Key) -> _Kept | None:
    try:
        kept = _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return kept if kept.key == key else None


def _looked_up(path: Path, key: Key) -> _Kept:
    kept = _Kept(key, dict(sorted(_look(), key=lambda item: item[0].lower())), {})
    _write(path, kept)
    return kept


def _write(path: Path, kept: _Kept) -> None:
    # Another process may be writing the same: whoever is last wins, with the same content.
    with contextlib.suppress(OSError), replacing(path) as draft:
        draft.write_bytes(msgspec.msgpack.encode(kept))


def _look() -> Iterator[tuple[str, str]]:
    from importlib import metadata

    seen: set[str] = set()
    for found in metadata.distributions():
        name, version, origin = _facts(found)
        normal = _normal(name)
        if name and normal not in seen:
            seen.add(normal)
            yield name, f"{version} @ {origin}" if origin else version


def _facts(found: Any) -> tuple[str, str, str]:
    """Return name, version and origin of an `importlib.metadata.Distribution`; "" for what is broken."""
    try:
        fields = found.metadata
        return fields["Name"] or "", fields["Version"] or "", _origin(found.read_text("direct_url.json"))
    except (OSError, ValueError, KeyError, TypeError):
        # Half-removed distributions have folders without the files that belong there.
        return "", "", ""


class _DirectUrl(Struct, frozen=True):
    """What PEP 610 says of an installation that came from no index."""

    url: str = ""
    vcs_info: dict[str, Any] = {}
    dir_info: dict[str, Any] = {}


def _origin(document: str | None) -> str:
    if not document:
        return ""
    try:
        said = msgspec.json.decode(document, type=_DirectUrl)
    except msgspec.DecodeError:
        return ""
    system, commit = said.vcs_info.get("vcs"), said.vcs_info.get("commit_id")
    url = without_credentials(f"{system}+{said.url}@{commit}" if system and commit else said.url)
    return f"{url} (editable)" if said.dir_info.get("editable") else url
