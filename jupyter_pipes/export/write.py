"""A pipeline to files, in the form that is wanted: a module, the executed notebook, or another engine's."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.analysis.local_modules import has_module, imported
from jupyter_pipes.execution.inert_imports import without_inert_imports
from jupyter_pipes.export.executed_notebook import write_executed_notebook
from jupyter_pipes.export.forms import FORMS
from jupyter_pipes.export.plain.preparation import Exported
from jupyter_pipes.export.shadows import check_imports
from jupyter_pipes.export.targets import check_new, check_target
from jupyter_pipes.model.errors import NotebookError, UsageError
from jupyter_pipes.storage.whole_files import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_pipes.pipelines.graph import Graph
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


def write(
    pipeline: Pipeline,
    path: Path,
    form: str | None,
    run: Run | None,
    *,
    force: bool = False,
    only_new: bool = False,
) -> tuple[Path, ...]:
    """Write the pipeline to `path`, as a whole or not at all; return the files, as they are to be read.

    Args:
        form: one of `FORMS`; by the path's ending when None.
        run: the run whose outputs an exported notebook shows.
        force: whether a file that no export wrote may be replaced.
        only_new: whether no file may be replaced, whoever wrote it.

    Raises:
        FilesInTheWay: there are files that would be replaced, and `only_new` is true.
        InvalidPipeline: the pipeline has problems.
        UsageError: a module of that name could not run, there is no run to export, or somebody's file is
            there and `force` is false.
        NotebookError: the file cannot be written, there is no notebook, or the engine has no words for
            what a step says or does.
    """
    is_notebook = path.suffix == ".ipynb"
    kind = form or ("notebook" if is_notebook else "python")
    if kind not in FORMS:
        raise UsageError(f"there is no form {kind}: name one of {', '.join(FORMS)}")
    if FORMS[kind].is_engine:
        files = _files_for_engine(pipeline, path, kind)
        _check_all(files, only_new=only_new, force=force, source=pipeline.origin)
        _write_all(files, path if FORMS[kind].path == "folder" else path.parent)
        return tuple(files)
    if only_new:
        check_new([path])
    if kind == "python" or run is not None:
        fits = is_notebook == (kind == "notebook")
        check_target(path, force=force, source=pipeline.origin, replaces_own=fits)
    if kind == "python":
        _check_name(path)
        module = _module(pipeline)
        check_imports({path.name: module})
        replace_file(path, module)
    elif run is None:
        raise UsageError("there is no run whose outputs could be exported: run the pipeline first")
    else:
        write_executed_notebook(pipeline, run, path)
    return (path,)


def _files_for_engine(pipeline: Pipeline, path: Path, engine: str) -> Mapping[Path, str]:
    """Return all files for an engine, with their texts."""
    if not pipeline.cells:
        raise UsageError(f"{pipeline.name} is no notebook: only notebooks can be exported to {engine}")
    root = path
    if path.stem.lower() == engine:
        raise UsageError(f"{path.name} would stand before {engine} itself: give it another name")
    if FORMS[engine].path == "module":
        if path.suffix != ".py":
            raise UsageError(f"name a module, as flow.py: {path.name} is none that {engine} could load")
        _check_name(path)
        root = path.parent
    export = getattr(import_module(f"jupyter_pipes.export.{engine}"), f"export_{engine}")
    source = Path(pipeline.origin).name if pipeline.origin else pipeline.name
    catalog = pipeline.workspace.catalog
    texts: Mapping[str, str] = export(
        Exported(
            *(_graph(pipeline), pipeline.cells, pipeline.parameters, catalog),
            *(pipeline.name, source, path.stem, _beside(pipeline)),
        )
    )
    check_imports(texts)
    return {root / name: text for name, text in texts.items()}


def _check_all(files: Iterable[Path], *, only_new: bool, force: bool, source: str) -> None:
    if only_new:
        check_new(files)
    for file in files:
        if file.parent.exists():
            check_target(file, force=force, source=source)


def _write_all(files: Mapping[Path, str], root: Path) -> None:
    for file, text in files.items():
        _make_folder(file.parent, root.parent)
        replace_file(file, text)


def _make_folder(folder: Path, above: Path) -> None:
    """Make a folder of a project; the one that the project stands in has to be there."""
    if folder.exists():
        return
    if folder == above:
        raise NotebookError(f"cannot write into {folder}: it is not there")
    _make_folder(folder.parent, above)
    try:
        folder.mkdir()
    except OSError as error:
        raise NotebookError(f"cannot make the folder {folder}: {error.strerror}") from error


def _check_name(path: Path) -> None:
    """Refuse what a module cannot be called, so that it runs."""
    if "." in path.stem:
        raise UsageError(f"{path.name} could not be imported by its steps: give it a name without dots")
    # Its folder is the first place where Python looks for modules. (Nobody needs the tests of Python itself.)
    if path.stem in sys.stdlib_module_names - {"test"}:
        raise UsageError(f"{path.name} would stand before Python's own {path.stem}: give it another name")


def _module(pipeline: Pipeline) -> str:
    from jupyter_pipes.export.python import export_python, formatted

    if pipeline.origin.endswith(".py"):
        # It is what an export of it would be.
        return formatted(Path(pipeline.origin).read_text(encoding="utf-8"))
    source = Path(pipeline.origin).name if pipeline.origin else pipeline.name
    parameters, beside = pipeline.parameters, _beside(pipeline)
    return export_python(_graph(pipeline), pipeline.cells, parameters, pipeline.name, source, beside)


def _graph(pipeline: Pipeline) -> Graph:
    """The pipeline's graph, without imports that would do nothing in an export."""
    places = (Path(pipeline.directory),)
    steps = tuple(without_inert_imports(step, places) for step in pipeline.graph.steps)
    return replace(pipeline.graph, steps=steps)


def _beside(pipeline: Pipeline) -> tuple[str, ...]:
    """The modules in the notebook's folder that its steps import."""
    modules = {
        name.split(".")[0]
        for step in pipeline.graph.steps
        for each in step.sources
        for name in imported(each)
    }
    return tuple(sorted(name for name in modules if has_module(Path(pipeline.directory), name)))
