"""How a catalog's entry is written, as the code that a cell would have for it: for exports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jupyter_pipes.storage.catalog.entries import SQLITE, Entry
from jupyter_pipes.storage.catalog.formats import SQL, format_named
from jupyter_pipes.storage.catalog.placeholders import is_any
from jupyter_pipes.storage.catalog.reading import text_code

_FOLDER = "pathlib.Path({path}).parent.mkdir(parents=True, exist_ok=True)"
_WRITERS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "json": ("json", {"ensure_ascii": False}, "json.dump({name}, {file}{options})"),
    "pickle": ("cloudpickle", {}, "cloudpickle.dump({name}, {file}{options})"),
    "text": ("", {}, "{file}.write({name})"),
    "npy": ("numpy", {"allow_pickle": False}, "numpy.save({file}, numpy.asarray({name}){options})"),
    "png": ("", {"format": "png"}, "{name}.savefig({file}{options})"),
}
"""Format -> the module that it takes, options, and how a value comes into an open file."""

_FILE = "\0file"
"""Stands for the name of the open file."""

_OF_TEXT = ("json", "text")

_WITH_INDEX = ("to_csv", "to_excel", "to_sql")


def code_to_write(entry: Entry, taken: Collection[str] = (), engine: str = "code") -> str:
    """Return the code that writes a value to what an entry names; the value is of the entry's library.

    Args:
        entry: of one name; {step} in its path is filled.
        taken: names that the code must not bind.
        engine: what runs it, for the comment with what the code does not do.

    Raises:
        ValueError: there is no such code; says why.
    """
    if is_any(entry.path + entry.table, "run", "signature"):
        raise ValueError("its place is named after a run or a signature, which only jupyter_pipes has")
    if entry.versioned:
        raise ValueError("it has versions, which jupyter_pipes counts by its runs")
    path = text_code(entry.path)
    modules, lines = _table(entry, path) if entry.format == SQL else _file(entry, path)
    modules |= {"os"} if is_any(entry.path, "env") else set()
    alike = sorted({module.partition(".")[0] for module in modules}.intersection(taken))
    if alike:
        raise ValueError(f"the module {alike[0]}, which writes it, is called like a name of the step")
    lines = [line.replace(_FILE, _unused(taken)) for line in lines]
    file = entry.path.removeprefix(SQLITE)
    if "://" not in file and not file.startswith(":"):
        modules |= {"pathlib"}
        lines = [_FOLDER.format(path=path.replace(SQLITE, "", 1)), *lines]
    return (
        "".join(f"import {module}\n" for module in sorted(modules))
        + "\n"
        + "\n".join([*note_of(entry, engine), *lines])
        + "\n"
    )


def note_of(entry: Entry, engine: str) -> list[str]:
    """Return the comment with what an entry says and an engine has no place for, if it says such."""
    return [f"# No place in {engine}: strict ({entry.format} may lose types)"] if entry.strict else []


def _table(entry: Entry, url: str) -> tuple[set[str], list[str]]:
    said = {"if_exists": "replace", **entry.save}
    modules, index = _index(entry, "to_sql")
    return modules, [f"{entry.name}.to_sql({text_code(entry.table)}, {url}{_listed(said)}{index})"]


def _file(entry: Entry, path: str) -> tuple[set[str], list[str]]:
    of = format_named(entry.format)
    library = entry.library or next(iter(of.reads))
    way = of.writes.get(library, "")
    if ":" in way:
        module, _, function = way.partition(":")
        return {module}, [f"{module}.{function}({entry.name}, {path}{_listed(entry.save)})"]
    if way:
        modules, index = _index(entry, way)
        return modules, [f"{entry.name}.{way}({path}{_listed(entry.save)}{index})"]
    if entry.is_remote:
        raise ValueError(f"its place is on another file system, and no library writes {entry.format} there")
    return _opened(entry, path)


def _opened(entry: Entry, path: str) -> tuple[set[str], list[str]]:
    if entry.format not in _WRITERS:
        raise ValueError(f"its format {entry.format} is a package's, which says no code for writing")
    module, options, call = _WRITERS[entry.format]
    of_file = {"encoding": "utf-8", **(entry.save if entry.format == "text" else {})}
    mode = f'"w"{_listed(of_file)}' if entry.format in _OF_TEXT else '"wb"'
    return {"pathlib", *filter(None, [module])}, [
        f"with pathlib.Path({path}).open({mode}) as {_FILE}:",
        f"    {call.format(name=entry.name, file=_FILE, options=_listed({**options, **entry.save}))}",
    ]


def _unused(taken: Collection[str]) -> str:
    name = "file"
    while name in taken:
        name += "_"
    return name


def _index(entry: Entry, way: str) -> tuple[set[str], str]:
    """What has an index left out that only counts rows, unless the entry says it."""
    library = entry.library or "pandas"
    if way not in _WITH_INDEX or "index" in entry.save or library != "pandas":
        return set(), ""
    return {"pandas"}, f", index=not {entry.name}.index.identical(pandas.RangeIndex(len({entry.name})))"


def _listed(options: Mapping[str, Any]) -> str:
    return "".join(f", {key}={value!r}" for key, value in options.items())
