"""A Kedro project, opened: its configuration, its catalog and its nodes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.errors import UsageError


class Project(Struct, frozen=True):
    """A project with its configuration.

    Attributes:
        path: its folder.
        source: the folder that its package is imported from.
        package: the package.
        env: the environment of its configuration, "" for its own default.
        context: what Kedro knows of it.
        catalog: its catalog, as the project's hooks left it.
    """

    path: Path
    source: Path
    package: str
    env: str
    context: Any
    catalog: Any

    def parameters(self) -> dict[str, Any]:
        """Return what `parameters.yml` says, before types of nodes make something of it."""
        return _said(self.context, "parameters")

    def has_hooks(self) -> bool:
        """Return whether its settings name hooks."""
        return bool(import_module("kedro.framework.project").settings.HOOKS)


def opened(path: str | Path, env: str) -> Project:
    """Open a project anew: its modules are imported again.

    Raises:
        UsageError: there is none, or it cannot be opened.
    """
    try:
        startup = import_module("kedro.framework.startup")
    except ModuleNotFoundError as error:
        raise UsageError("from_kedro needs Kedro: pip install kedro") from error
    try:
        metadata = startup.bootstrap_project(path)
        package = str(metadata.package_name)
        _forget_modules(package)
        context = context_of(package, Path(metadata.project_path), env)
        catalog = context.catalog
    except Exception as error:
        raise UsageError(
            f"{path} cannot be opened as a Kedro project: {type(error).__name__}: {error}"
        ) from error
    return Project(Path(metadata.project_path), Path(metadata.source_dir), package, env, context, catalog)


def context_of(package: str, path: Path, env: str) -> Any:
    """Return what Kedro knows of a project whose package can be imported."""
    import_module("kedro.framework.project").configure_project(package)
    sessions = import_module("kedro.framework.session")
    return sessions.KedroSession.create(path, save_on_close=False, env=env or None).load_context()


def entries_of(context: Any, names: Iterable[str], credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Return dataset -> what `catalog.yml` says of it, patterns filled in; None of what it does not say.

    Args:
        context: the project's.
        names: the datasets.
        credentials: name -> what stands there for these credentials.
    """
    memory = {"{default}": {"type": "MemoryDataset"}}
    resolver = import_module("kedro.io").CatalogConfigResolver(
        _said(context, "catalog"), credentials, default_runtime_patterns=memory
    )
    found = {name: dict(resolver.resolve_pattern(name)) for name in names}
    return {name: None if entry in memory.values() else entry for name, entry in found.items()}


def credentials_of(context: Any) -> dict[str, Any]:
    """Return the project's credentials."""
    return _said(context, "credentials")


def nodes_of(project: Project, pipeline: str) -> list[Any]:
    """Return the nodes of a pipeline of an open project, each behind those whose outputs it reads.

    Raises:
        UsageError: there is no such pipeline, or its modules cannot be imported.
    """
    try:
        found = dict(import_module("kedro.framework.project").pipelines)
    except Exception as error:
        raise UsageError(
            f"the pipelines of {project.package} cannot be made: {type(error).__name__}: {error}"
        ) from error
    if pipeline not in found:
        raise UsageError(f"{project.package} has no pipeline {pipeline}; it has {', '.join(found)}")
    nodes = list(found[pipeline].nodes)
    if not nodes:
        raise UsageError(
            f"the pipeline {pipeline} of {project.package} has no nodes: there is nothing to run"
        )
    return nodes


def _said(context: Any, kind: str) -> dict[str, Any]:
    missing = import_module("kedro.config").MissingConfigException
    try:
        return dict(context.config_loader[kind])
    except missing:
        return {}


def _forget_modules(package: str) -> None:
    """Have the package imported anew, as Kedro's own `%reload_kedro` does."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
