"""How a catalog's entry is read: as the code that a cell would have for it, and by running that."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.catalog.entries import Entry
from jupyter_pipes.storage.catalog.formats import LOCAL_BYTES, REMOTE_BYTES, format_named
from jupyter_pipes.storage.catalog.placeholders import is_any, parts_of


def is_readable(entry: Entry) -> bool:
    """Return whether what an entry names can be known before a run: an input's place has no run or step."""
    return not is_any(entry.path + entry.table, "run", "signature", "step")


def code_of(entry: Entry, newest: str = "") -> str:
    """Return the code that reads what an entry names, and binds its name.

    Args:
        entry: of one name.
        newest: the file of its newest version, "" where it has none.
    """
    library = entry.library or next(iter(format_named(entry.format).reads))
    path = repr(newest) if newest else text_code(entry.path)
    modules, call = _call(entry.format, library, path, entry.load, entry.is_remote, text_code(entry.table))
    modules |= {"os"} if is_any(entry.path, "env") else set()
    imports = "".join(f"import {module}\n" for module in sorted(modules))
    return f"{imports}\n{entry.name} = {call}\n"


def read(entry: Entry, path: str, library: str = "") -> Any:
    """Return what stands in a place, read as the entry says.

    Raises:
        Exception: whatever the library raises.
    """
    library = library or entry.library or next(iter(format_named(entry.format).reads))
    is_remote = "://" in path and not entry.is_table
    modules, call = _call(entry.format, library, repr(path), entry.load, is_remote, repr(entry.table))
    namespace: dict[str, Any] = {}
    exec("".join(f"import {module}\n" for module in modules) + f"value = {call}", namespace)
    return namespace["value"]


def check_libraries(entry: Entry, place: Path | None) -> None:
    """Refuse an entry whose library is not installed.

    Raises:
        ConfigurationError: it is not; says how to install it.
    """
    of = format_named(entry.format)
    library = entry.library or next(iter(of.reads))
    needed = dict.fromkeys(module.partition(".")[0] for module in of.modules[library] if module != "bytes")
    missing = [module for module in needed if find_spec(module) is None]
    if missing:
        raise ConfigurationError(
            f"{place}: catalog entry {entry.name}: {entry.format} needs {' and '.join(missing)}: "
            f"pip install {' '.join(missing)}"
        )


def _call(
    name: str, library: str, path: str, options: Mapping[str, Any], is_remote: bool, table: str
) -> tuple[set[str], str]:
    """Return the modules that a format's code uses, and the code with its path and options."""
    of = format_named(name)
    modules = [each for each in of.modules[library] if f"{each}." in of.reads[library]]
    if "bytes" in of.modules[library]:
        modules.append("fsspec" if is_remote else "pathlib")
    listed = [f"{key}={value!r}" for key, value in options.items()]
    whole = (REMOTE_BYTES if is_remote else LOCAL_BYTES).format(path=path)
    plain = ", ".join(listed)
    code = of.reads[library].format(
        path=path, bytes=whole, table=table, options=f", {plain}" if plain else "", plain_options=plain
    )
    packages = {each for each in modules if not any(other.startswith(f"{each}.") for other in modules)}
    return packages, code


def text_code(text: str) -> str:
    """Return a text with placeholders as Python writes it."""
    parts = list(parts_of(text))
    if all(part.kind == "text" for part in parts):
        return repr(text)
    pieces = {"params": "{{{}}}", "env": "{{os.environ['{}']}}"}
    return 'f"{}"'.format(
        "".join(
            pieces[part.kind].format(part.text)
            if part.kind in pieces
            else part.text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
            for part in parts
        )
    )
