"""The command line as a face of the verbs: where it finds pipelines and runs, and what only it does."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.cli.answers import Answer, artifacts_named, of_run, outdated_notices, run_named
from jupyter_pipes.cli.driving import answer, running
from jupyter_pipes.cli.interrupts import Interrupts
from jupyter_pipes.cli.kept.catalog import described, inputs_named
from jupyter_pipes.cli.output import CANCELLED, COMPLETED, EXIT_CODES
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError, RunNotFound, UsageError
from jupyter_pipes.system.loading import loading

if TYPE_CHECKING:
    from jupyter_pipes.cli.documents import Document
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep
    from jupyter_pipes.storage.settings import Settings


class CommandLine:
    """Where the words of one command line point to.

    Args:
        arguments: with `source` (a notebook or module), or with `notebook` and `directory`; without
            them the current folder is meant.
        pipeline: the pipeline that is meant, where the program is a module that defines one.
    """

    def __init__(self, arguments: Namespace, pipeline: Pipeline | None = None) -> None:
        self._arguments = arguments
        self._pipeline = pipeline
        self.directory = Path()
        self.current: Run | None = None

    def pipeline(self) -> Pipeline:
        """Return the pipeline of the notebook or module.

        Raises:
            NotebookError: it cannot be read.
            InvalidPipeline: it has no steps.
            UsageError: none is named.
        """
        if self._pipeline is None:
            source: str | None = self._arguments.source
            if source is None:
                raise UsageError("NOTEBOOK|MODULE is missing: name one, or a run to repeat with --of")
            # What is yet to be tagged has no steps.
            may_be_empty = getattr(self._arguments, "tag", False)
            self._pipeline = _load(source, self._arguments.pipeline, may_be_empty=may_be_empty)
            if self._arguments.pipeline is None:
                _tell_of_others(self._pipeline)
        return self._pipeline

    @property
    def _is_of_a_source(self) -> bool:
        return self._pipeline is not None or getattr(self._arguments, "source", None) is not None

    def workspace(self) -> Workspace:
        """Return what the project keeps: of the source, or of `--notebook` or `--directory`.

        Raises:
            NotebookError, UsageError: there is no such file or folder.
            RunNotFound: it keeps no runs.
        """
        if self._is_of_a_source:
            return self.pipeline().workspace
        return _existing_workspace(self._place())

    def settings(self) -> Settings:
        """Return what the settings say for `--notebook` or `--directory`.

        Raises:
            NotebookError, UsageError: there is no such file or folder.
            ConfigurationError: they cannot be read.
        """
        from jupyter_pipes.storage.settings import load

        return load(self._place() if self._pipeline is None else self._pipeline.directory)

    def _place(self) -> Path:
        """Return the folder that `--notebook` or `--directory` mean, else the current one."""
        if getattr(self._arguments, "notebook", None) is None:
            directory = Path(getattr(self._arguments, "directory", None) or ".").absolute()
            if not directory.is_dir():
                raise UsageError(f"there is no folder {directory}; check the path")
            return directory
        if self._arguments.directory is not None:
            raise UsageError("--notebook and --directory exclude each other")
        path = Path(self._arguments.notebook).absolute()
        if not path.is_file():
            raise NotebookError(f"there is no file {path}; check the path")
        return path.parent

    def pipeline_name(self) -> str | None:
        """Return the pipeline whose runs are meant, if a notebook is named.

        Raises:
            UsageError: it has several, and none is named.
        """
        if self._is_of_a_source:
            return self.pipeline().name
        if named := getattr(self._arguments, "pipeline", None):
            return named
        path = Path(getattr(self._arguments, "notebook", None) or "")
        return _pipeline_in(path) if path.suffix == ".ipynb" else None

    def listed_pipeline(self, query: str = "") -> str | None:
        """Return the pipeline whose runs are listed, if a notebook or a pipeline is named."""
        return self.pipeline_name()

    def listing_notice(self) -> str:
        """Return which pipelines a notebook has beside the one that is meant where none was named."""
        path = Path(getattr(self._arguments, "notebook", None) or "")
        if getattr(self._arguments, "pipeline", None) or path.suffix != ".ipynb" or not path.is_file():
            return ""
        from jupyter_pipes.pipelines import notebook

        return _words_of_others(_pipeline_in(path), notebook.read(path).pipelines)

    def drive(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Run to the end and show how it goes on; then write the executed notebook, if one is asked for."""
        from jupyter_pipes.cli import terminal

        self._check_executed(arguments)
        with Interrupts() as interrupts:
            with loading():
                run = start()
            with terminal.progress(run):
                interrupts.wait(run)
        return self._ended(run, arguments)

    def sweep(self, sweep: Sweep, arguments: Namespace) -> Answer:
        """Carry out a sweep, and show how each of its runs goes on."""
        from jupyter_pipes.cli import documents, terminal
        from jupyter_pipes.display.text import sweep_run_line, sweep_summary, sweep_text
        from jupyter_pipes.runs.sweeping.lines import SweepLines

        while _carried_on(sweep):
            terminal.tell(sweep_run_line(SweepLines.of(sweep)))
        lines = SweepLines.of(sweep)
        codes = [EXIT_CODES[run.status] for run in sweep]
        return Answer(
            lambda: documents.of_sweep(lines),
            lambda colour: sweep_text(lines, colour=colour),
            notices=(sweep_summary(lines),),
            code=COMPLETED if arguments.no_check else max(codes, default=COMPLETED),
            is_done=True,
        )

    def hand_over(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Start a run that goes on without this process; print its id."""
        # Half a start is none: an interrupt waits.
        with Interrupts():
            run = start()
        return _going_on(run, COMPLETED, f"{run.id}\n")

    def drive_debugging(self, start: Callable[[Callable[[Run], None]], Run], arguments: Namespace) -> Answer:
        """Run in this process, for a debugger."""
        from jupyter_pipes.cli import terminal

        self._check_executed(arguments)
        with Interrupts() as interrupts:

            def prepared(run: Run) -> None:
                terminal.follow(run)
                interrupts.release()

            run = start(prepared)
        return self._ended(run, arguments)

    def _ended(self, run: Run, arguments: Namespace) -> Answer:
        from jupyter_pipes.display.text import results_text, summary

        if not run.has_ended:
            return _going_on(run, CANCELLED)
        if getattr(arguments, "output", None):
            from jupyter_pipes.export.executed_notebook import write_executed_notebook

            write_executed_notebook(self.pipeline(), run, Path(arguments.output))
        code = COMPLETED if arguments.no_check else EXIT_CODES[run.status]
        return Answer(
            lambda: _document(run),
            lambda _: results_text(run),
            notices=(summary(run),),
            code=code,
            is_done=True,
        )

    def _check_executed(self, arguments: Namespace) -> None:
        """Refuse an executed notebook that could not be written, before hours of running."""
        if not getattr(arguments, "output", None):
            return
        from jupyter_pipes.export.executed_notebook import checked
        from jupyter_pipes.export.targets import check_target

        pipeline = self.pipeline()
        if pipeline.notebook is None:
            raise UsageError(f"--output writes an executed notebook, but {pipeline.origin} is none")
        force = getattr(arguments, "overwrite", False)
        check_target(Path(arguments.output), force=force, source=pipeline.origin)
        checked(pipeline.notebook)

    def unsaved(self) -> Sequence[Pipeline]:
        """Return none: what it knows stands in files."""
        return ()


def _carried_on(sweep: Sweep) -> bool:
    """Start the next run and wait for its end; return whether there was one."""
    from jupyter_pipes.cli import terminal

    # For each run anew: a signal waits until the run is there.
    with Interrupts() as interrupts:
        if (run := sweep.start_next()) is None:
            return False
        with terminal.progress(run):
            interrupts.wait(run)
    return True


def _document(run: Run) -> Document:
    from jupyter_pipes.cli import documents

    return documents.of_run(run)


def _going_on(run: Run, code: int, text: str = "") -> Answer:
    """Return that a run goes on without this process."""
    from jupyter_pipes.display.text import goes_on

    return Answer(
        lambda: _document(run),
        lambda _: text,
        notices=(goes_on(run.id, "jupyter pipes"),),
        code=code,
        is_done=True,
    )


def cancel(face: CommandLine, arguments: Namespace) -> Answer:
    """Cancel a run or a step of it, in whichever process it is; and wait for its end.

    Raises:
        UsageError: the run does not go on, has no such step, or its controller did not end it in time.
    """
    run = running(face, arguments.run)
    run.cancel(arguments.step, force=arguments.force, reason="cancelled by jupyter pipes cancel")
    return of_run(run_named(face, run.id))


def approve(face: CommandLine, arguments: Namespace) -> Answer:
    """Let a step that waits at its gate begin, or refuse it, in whichever process its run is driven."""
    run = running(face, arguments.run)
    answer(run, arguments)
    return of_run(run_named(face, run.id))


def get(face: CommandLine, arguments: Namespace) -> Answer:
    """Print artifacts, or write one to a file."""
    from jupyter_pipes.cli import documents, saving
    from jupyter_pipes.export.targets import check_target

    if arguments.output and len(arguments.names) > 1:
        raise UsageError("--output writes one value; name one")
    if arguments.output:
        check_target(Path(arguments.output), force=arguments.force, replaces_own=False)
    pipeline = face.pipeline()
    # Values may be instances of classes in modules beside the notebook.
    sys.path.insert(0, str(pipeline.directory))
    inputs = inputs_named(face, arguments)
    matches, store = artifacts_named(face, arguments, apart=inputs), pipeline.workspace.store
    values = {**inputs, **{name: store.get_whole(match.artifact) for name, match in matches.items()}}
    if arguments.output:
        (name,) = arguments.names
        is_file = name in matches and _is_file(matches[name].artifact)
        saving.save(name, values[name], Path(arguments.output), as_is=is_file)
    loaded = {
        name: (match.artifact, repr(values[name]), store.uri(match.artifact.digest))
        for name, match in matches.items()
    } | described(face, arguments, inputs)
    return Answer(
        lambda: documents.of_values(loaded),
        lambda is_shown: "" if arguments.output else saving.text_of_all(values, escaped=is_shown),
        notices=outdated_notices(matches),
    )


def _is_file(artifact: ArtifactRef) -> bool:
    return artifact.serializer == "file" or bool(artifact.model and artifact.model.file)


def _load(source: str, name: str | None, *, may_be_empty: bool) -> Pipeline:
    from jupyter_pipes.runs.pipeline import Pipeline

    pipeline = Pipeline.load(source, name)
    if not may_be_empty and not pipeline.graph.steps and not pipeline.graph.errors:
        raise InvalidPipeline(f"{source} has no steps: write %%step NAME above the code of a cell")
    return pipeline


def _pipeline_in(path: Path) -> str:
    from jupyter_pipes.pipelines import notebook

    # Most notebooks have one pipeline: they are not read to find its runs, and need not be there.
    if not path.is_file() or b"%pipeline" not in path.read_bytes():
        return path.stem
    name, _, _ = notebook.read(path).pipeline(None)
    return name


def _tell_of_others(pipeline: Pipeline) -> None:
    """Say which pipelines a notebook has beside the one that is meant where none was named."""
    from jupyter_pipes.cli import terminal

    names = pipeline.notebook.pipelines if pipeline.notebook is not None else ()
    if words := _words_of_others(pipeline.name, names):
        terminal.tell(words)


def _words_of_others(name: str, names: Iterable[str]) -> str:
    others = ", ".join(each for each in names if each != name)
    return f"this is about pipeline {name}; --pipeline names another: {others}" if others else ""


def _existing_workspace(directory: Path) -> Workspace:
    """Return what a folder's project keeps; looking makes no project where there is none."""
    from jupyter_pipes.history.workspace import Workspace

    workspace = Workspace(directory)
    if workspace.settings.history.startswith("sqlite") and not workspace.settings.folder.exists():
        raise RunNotFound(
            f"no runs are kept in {directory}; say --notebook PATH, or go to the notebook's folder"
        )
    return workspace
