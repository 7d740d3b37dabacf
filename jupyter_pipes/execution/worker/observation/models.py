"""What is seen of a model: its framework, its parameters, and what it takes, as far as the object tells."""

from __future__ import annotations

import inspect
import io
import numbers
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.results import ModelFacts
from jupyter_pipes.pipelines.parameter_types import to_json

_FRAMEWORKS = {
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
    "lightning": "PyTorch",
    "pytorch_lightning": "PyTorch",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "statsmodels": "statsmodels",
    "transformers": "Transformers",
    "jax": "JAX",
    "flax": "JAX",
    "onnx": "ONNX",
    "spacy": "spaCy",
}
"""Top-level package of a class -> how people call the framework."""

_OF_FILES = {
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".keras": "Keras",
    ".h5": "Keras",
    ".onnx": "ONNX",
    ".cbm": "CatBoost",
    ".ubj": "XGBoost",
}
"""How a file's name ends -> the framework that writes such."""

_MOST = 200
"""So many parameters and names of inputs are kept at most, and so many characters of each."""


def facts_of(value: object, framework: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what an object tells of itself as a model, and notes on what it does not tell.

    Args:
        value: the model.
        framework: as the user calls it; "" to look at its class.
    """
    notes: list[str] = []
    parameters: Mapping[Any, Any] = _asked(value, _parameters, "parameters", notes) or {}
    inputs, count = _asked(value, _inputs, "inputs", notes) or ((), 0)
    kept = tuple((str(name), _plain(each)) for name, each in list(parameters.items())[:_MOST])
    names = tuple(str(name)[:_MOST] for name in inputs[:_MOST])
    changed = _changed(value, parameters) if callable(getattr(value, "get_params", None)) else None
    facts = ModelFacts(framework or _framework(type(value)), kept, names, count, changed=changed)
    return facts, tuple(notes)


def file_facts(path: Path, framework: str) -> ModelFacts:
    """Return what the name of a file or folder tells of the model in it."""
    return ModelFacts(framework or _OF_FILES.get(path.suffix.lower(), ""), file=path.name)


def file_content(path: Path) -> bytes:
    """Return the content of a model's file, or of a folder as a ZIP archive, equal for equal files.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    try:
        return _archive(path) if path.is_dir() else path.read_bytes()
    except OSError as error:
        raise UsageError(f"the model's file {path} cannot be read: {error.strerror or error}") from error


def _archive(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            # Without the times of the files: they are no part of the model.
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def as_path(value: object) -> Path | None:
    """Return where a model is, None for one that is there itself."""
    return Path(os.fspath(value)) if isinstance(value, (str, os.PathLike)) else None  # pyright: ignore[reportUnknownArgumentType] - of any type


def _framework(kind: type) -> str:
    packages = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return next((_FRAMEWORKS[package] for package in packages if package in _FRAMEWORKS), "")


def _asked(value: object, ask: Callable[[Any], Any], what: str, notes: list[str]) -> Any:
    try:
        return ask(value)
    except Exception as error:  # it is the user's class, and the model is worth keeping all the same
        notes.append(f"its {what} are not known: {type(error).__name__}: {error}"[:_MOST])
        return None


def _parameters(model: Any) -> Mapping[str, Any]:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return {"parameters": sum(each.numel() for each in model.parameters())}
    if callable(ask := getattr(model, "get_params", None)):
        return cast("Mapping[str, Any]", ask())
    if callable(count := getattr(model, "count_params", None)):
        return {"parameters": count()}
    params = getattr(model, "params", None)
    return cast("Mapping[str, Any]", params) if isinstance(params, dict) else {}


def _changed(model: Any, parameters: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the names of the parameters that differ from the defaults of their estimators' classes."""
    changed: list[str] = []
    for name, value in list(parameters.items())[:_MOST]:
        # `clf__alpha` is the alpha of the estimator that is the parameter clf.
        above, _, own = str(name).rpartition("__")
        default = _default(parameters.get(above) if above else model, own)
        if default is inspect.Parameter.empty or _plain(value) != _plain(default):
            changed.append(str(name))
    return tuple(changed)


def _default(estimator: object, name: str) -> Any:
    try:
        declared = inspect.signature(type(estimator)).parameters.get(name)
    except (TypeError, ValueError):  # a class of C that does not tell
        declared = None
    return declared.default if declared else None


def _inputs(model: Any) -> tuple[Sequence[Any], int]:
    """Return the names of what it takes, and how many there are; () and 0 where it does not tell."""
    names = tuple(_names(model))
    count = getattr(model, "n_features_in_", None)
    return names, len(names) if count is None else int(count)


def _names(model: Any) -> Iterator[Any]:
    for attribute in ("feature_names_in_", "feature_name", "feature_names"):
        told = getattr(model, attribute, None)
        told = told() if callable(told) else told
        if isinstance(told, Iterable) and not isinstance(told, str):
            yield from cast("Iterable[Any]", told)
            return


def _plain(value: Any) -> str | int | float | bool | None:
    """Return a parameter as it is where that is a number or short text, else in words."""
    if value is None or isinstance(value, (numbers.Number, str)):
        told = to_json(value)
        return told[:_MOST] if isinstance(told, str) else told
    if isinstance(value, (list, tuple, dict)):
        return repr(value)[:_MOST]  # pyright: ignore[reportUnknownArgumentType] - of any type
    return type(value).__qualname__
