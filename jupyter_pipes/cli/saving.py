"""Write a value to a file, in the format that the file's ending names."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from jupyter_pipes.display.text import value_text
from jupyter_pipes.model.errors import PipesError, UsageError, visible
from jupyter_pipes.pipelines.parameter_types import to_json
from jupyter_pipes.storage.serializers.displayed import DisplayedFigure
from jupyter_pipes.storage.whole_files import replacing

Writer = Callable[[Any, Path], object]


def save(name: str, value: object, path: Path, *, as_is: bool = False) -> None:
    """Write the value, as a whole or not at all.

    Args:
        name: the artifact's name, for messages.
        value: what to write.
        path: the file; its ending says how: `.csv`, `.parquet`, `.json`, `.npy`, `.pkl`, `.txt`, or an
            image format for a figure; for one that a step displayed, the format that it has.
        as_is: whether the value is the content of a file, to be written whatever the ending.

    Raises:
        UsageError: a value of this type cannot be written so, or the file cannot be written.
    """
    write = _bytes if as_is else _writer(name, value, path.suffix.lower())
    try:
        with replacing(path) as draft:
            write(value, draft)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    except Exception as error:  # a foreign writer may raise anything
        raise PipesError(
            f"{name} cannot be written as {path.suffix}: {type(error).__name__}: {error}"
        ) from error


def text_of(value: object) -> str:
    """Return the value as `print` shows it: a text itself, anything else by its repr."""
    return value if isinstance(value, str) else repr(value)


def text_of_all(values: Mapping[str, object], *, escaped: bool = False) -> str:
    """Return values as text: one alone as it is, several each behind its name.

    Args:
        values: name -> value.
        escaped: whether what would move or set up a terminal is shown as text; colours stay.
    """
    form = visible if escaped else str
    texts = {name: form(text_of(value)) for name, value in values.items()}
    lines = texts.values() if len(texts) == 1 else itertools.starmap(value_text, texts.items())
    return "".join(f"{line}\n" for line in lines)


def _writer(name: str, value: object, suffix: str) -> Writer:
    if isinstance(value, DisplayedFigure) and suffix == value.ending:
        return _calling("write")
    if suffix in _WRITERS:
        return _WRITERS[suffix]
    for method in _METHODS.get(suffix, ()):
        if callable(getattr(value, method, None)):
            return _calling(method)
    kind = type(value).__name__
    if isinstance(value, DisplayedFigure):
        raise UsageError(f"{name} is kept as {value.form}: write it as {value.ending}, not {suffix}")
    endings = [
        *_WRITERS,
        *(other for other, methods in _METHODS.items() if any(hasattr(value, m) for m in methods)),
    ]
    raise UsageError(
        f"{name} ({kind}) cannot be written as {suffix or 'a file without ending'}; use {', '.join(endings)}"
    )


def _calling(method: str) -> Writer:
    return lambda value, path: getattr(value, method)(path, **_SETTINGS.get(method, {}))


def _json(value: object, path: Path) -> None:
    plain = to_json(msgspec.to_builtins(value, str_keys=True, enc_hook=_scalar))
    path.write_text(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _scalar(value: Any) -> Any:
    if getattr(value, "ndim", None) == 0:
        return value.item()
    raise TypeError(f"JSON has no form for {type(value).__name__}")


def _pickle(value: object, path: Path) -> None:
    import cloudpickle

    path.write_bytes(cloudpickle.dumps(value))  # pyright: ignore[reportUnknownMemberType] - untyped


def _bytes(value: Any, path: Path) -> None:
    path.write_bytes(value)


def _text(value: object, path: Path) -> None:
    path.write_text(text_of(value), "utf-8", newline="")


def _array(value: object, path: Path) -> None:
    import numpy

    with path.open("wb") as file:
        numpy.save(file, numpy.asarray(value), allow_pickle=False)


_WRITERS: dict[str, Writer] = {".txt": _text, ".json": _json, ".pkl": _pickle, ".npy": _array}
_METHODS = {
    ".csv": ("to_csv", "write_csv"),
    ".parquet": ("to_parquet", "write_parquet"),
    **dict.fromkeys((".png", ".svg", ".pdf", ".jpg"), ("savefig",)),
}
_SETTINGS: dict[str, dict[str, object]] = {"savefig": {"bbox_inches": "tight"}}
