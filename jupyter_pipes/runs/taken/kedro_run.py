"""Runs one node of a Kedro project, in the process of its step."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from jupyter_pipes.execution.worker.observation.files import leave_out
from jupyter_pipes.runs.taken.kedro_datasets import database_of, place_of
from jupyter_pipes.runs.taken.kedro_parameters import is_parameter
from jupyter_pipes.runs.taken.kedro_project import context_of, credentials_of, entries_of

_PATHS = ("filename", "filepath", "path")
"""Words of entries that Kedro takes for paths."""


def run_node(function: Callable[..., Any], said: str, given: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run a node as Kedro's `ParallelRunner` does, with hooks; return those outputs that are no files.

    What the catalog keeps elsewhere is its version, or a new word each time: who reads it then runs again.

    Args:
        function: the node's function; the project is the working directory.
        said: the node and its datasets, as YAML.
        given: parameters, and what earlier nodes left that is no file.
    """
    told: Mapping[str, Any] = import_module("yaml").safe_load(said)
    entries: dict[str, Any] = told.get("catalog", {})
    node = _node(function, told)
    _configure(told["package"])
    catalog = _catalog(told, entries, {name: value for name, value in given.items() if name in entries})
    for name, value in _values(node, given).items():
        if name not in entries:
            catalog[name] = value
    passed = told.get("passed", ())
    in_memory = [name for name in passed if name not in entries]
    for name in in_memory:
        catalog[name] = import_module("kedro.io").MemoryDataset(copy_mode="assign")
    _leave_out_places(catalog, (*passed, *(name for name in given if name in entries)), entries)
    import_module("kedro.runner.task").Task(node, catalog, False, parallel=True).execute()
    return tuple(catalog.load(name) if name in in_memory else _word(catalog.get(name)) for name in passed)


def _node(function: Callable[..., Any], told: Mapping[str, Any]) -> Any:
    words = ("inputs", "outputs", "name", "namespace", "confirms")
    return import_module("kedro.pipeline").Node(
        function, **{name: told[name] for name in words if name in told}
    )


def _configure(package: str) -> None:
    """Have Kedro know the project, whose hooks a task makes that stands alone."""
    project = import_module("kedro.framework.project")
    project.configure_project(package)
    # What counts of the project's configuration stands in the text.
    leave_out(project.settings.CONF_SOURCE)


def _catalog(told: Mapping[str, Any], entries: Mapping[str, Any], versions: Mapping[str, str]) -> Any:
    """The catalog of the node's own datasets, with credentials if one of them needs any."""
    configured, credentials = told.get("configured", ()), dict[str, Any]()
    if configured:
        context = context_of(told["package"], Path.cwd(), told.get("env", ""))
        credentials = credentials_of(context)
        entries = {**entries, **entries_of(context, configured, credentials)}
    return import_module("kedro.io").DataCatalog.from_config(
        _absolute(entries), credentials, {**told.get("versions", {}), **versions}
    )


def _absolute(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the catalog says, with paths that count from the project's folder as Kedro has them."""
    whole: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, Mapping):
            whole[key] = _absolute(cast("Mapping[str, Any]", value))
        elif key in _PATHS and isinstance(value, str) and "://" not in value:
            whole[key] = (Path.cwd() / value).as_posix()
        else:
            whole[key] = value
    return whole


def _values(node: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the node is given, its parameters as the types of its function want them."""
    raw = {
        name.removeprefix("params:"): value
        for name, value in given.items()
        if is_parameter(name) and name != "parameters"
    }
    validation = import_module("kedro.validation.parameter_validator")
    pipeline = import_module("kedro.pipeline").Pipeline([node])
    validated = validation.ParameterValidator({"": pipeline}).validate_raw_params(raw)
    return {**given, **{f"params:{name}": value for name, value in validated.items()}}


def _leave_out_places(catalog: Any, names: Iterable[str], entries: Mapping[str, Any]) -> None:
    """Have what counts by a version or word be no files of the step; nor the logs that Kedro writes."""
    datasets = [catalog.get(name) for name in names if name in entries]
    places = [place_of(each) or database_of(each) for each in datasets]
    logs = [each.baseFilename for each in logging.root.handlers if isinstance(each, logging.FileHandler)]
    for place in (*filter(None, places), *logs):
        leave_out(place)


def _word(dataset: Any) -> str:
    version = getattr(dataset, "_version", None)
    return str(version.save) if version is not None else secrets.token_hex(8)
