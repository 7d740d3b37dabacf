"""Entries of our catalog as those of Kedro's: which it can have, and their lines in `catalog.yml`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_pipes.storage.catalog.placeholders import is_any
from jupyter_pipes.storage.catalog.writing_code import note_of

if TYPE_CHECKING:
    from jupyter_pipes.export.placing.catalogued import Use
    from jupyter_pipes.storage.catalog.entries import Entry

_TYPES: Mapping[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("csv", "pandas"): ("pandas.CSVDataset", {}),
    ("parquet", "pandas"): ("pandas.ParquetDataset", {}),
    ("feather", "pandas"): ("pandas.FeatherDataset", {}),
    ("excel", "pandas"): ("pandas.ExcelDataset", {}),
    ("json", "pandas"): ("pandas.JSONDataset", {}),
    ("csv", "polars"): ("polars.EagerPolarsDataset", {"file_format": "csv"}),
    ("parquet", "polars"): ("polars.EagerPolarsDataset", {"file_format": "parquet"}),
    ("feather", "polars"): ("polars.EagerPolarsDataset", {"file_format": "ipc"}),
    ("json", "json"): ("json.JSONDataset", {}),
    ("pickle", "pickle"): ("pickle.PickleDataset", {"backend": "cloudpickle"}),
    ("png", "matplotlib"): ("matplotlib.MatplotlibDataset", {}),
    ("text", "pathlib"): ("text.TextDataset", {}),
}
"""Format and library -> the dataset that reads and writes it, with what it needs to be told."""

_OWN = {"json": "json", "pickle": "pickle", "png": "matplotlib", "text": "pathlib"}
"""Format -> the library that is meant where the entry says none; of all others pandas."""

_KEEPS_TYPES = ("feather", "parquet", "pickle")
"""Formats whose files other steps may be given."""

_WITH_INDEX = ("csv", "excel")

_WITHOUT_OPTIONS = ("json", "png", "text")
"""Formats whose datasets of Kedro read without options."""

_SAVED = {"json": {"ensure_ascii": False, "indent": None}}
"""Format -> what is saved otherwise than Kedro does unasked."""


def keeps(entry: Entry, use: Use) -> bool:
    """Return whether Kedro's catalog can have an entry of ours: what is read or written is the same then."""
    if is_any(entry.path, "params", "env", "run", "signature") or _type_of(entry) not in _TYPES:
        return False
    match use:
        case "loaded":
            return not entry.load or entry.format not in _WITHOUT_OPTIONS or entry.library == "pandas"
        case "left":
            # Kedro leaves every index out, we one that only counts rows.
            return entry.format not in _WITH_INDEX or "index" in entry.save or entry.library == "polars"
        case "handed on":
            return entry.format in _KEEPS_TYPES


def lines_of(entry: Entry) -> list[str]:
    """Return what stands below the name in `catalog.yml`."""
    kind, needed = _TYPES[_type_of(entry)]
    said: dict[str, Any] = {
        "type": kind,
        "filepath": entry.path,
        **needed,
        "load_args": entry.load,
        "save_args": {**_SAVED.get(entry.format, {}), **entry.save},
        "versioned": entry.versioned,
    }
    notes = [f"  {note}" for note in note_of(entry, "Kedro")]
    return [*notes, *(f"  {word}: {_yaml(value)}" for word, value in said.items() if value)]


def _type_of(entry: Entry) -> tuple[str, str]:
    return entry.format, entry.library or _OWN.get(entry.format, "pandas")


def _yaml(value: Any) -> str:
    plain = isinstance(value, str) and value.replace("/", "").replace(".", "").replace("_", "").isalnum()
    return value if plain else json.dumps(value, ensure_ascii=False)
