"""The program `jupyter pipes`: one function for each verb, exit codes, and results on standard output."""

from __future__ import annotations

import json
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.errors import InvalidPipeline, NotebookError, PipesError, RunNotFound, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.model import ArtifactRef
    from jupyter_pipes.pipeline import Pipeline
    from jupyter_pipes.run import Run
    from jupyter_pipes.workspace import Workspace

COMPLETED, FAILED, INVALID, CANCELLED = range(4)
"""The exit codes: of runs, and `INVALID` of commands that cannot be carried out."""

_EXIT_CODES = {"completed": COMPLETED, "failed": FAILED, "cancelled": CANCELLED, "interrupted": CANCELLED}


class Output:
    """Standard output, for results alone.

    Args:
        as_json: whether the result is to be one JSON document.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._file = os.dup(1)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it."""
        return os.isatty(self._file)

    @contextmanager
    def reserved(self) -> Generator[None]:
        """Send what modules, steps and their children print in the meantime to standard error."""
        sys.stdout.flush()
        os.dup2(2, 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(self._file, 1)

    def give(self, document: Callable[[], Mapping[str, Any]], text: Callable[[], str]) -> None:
        """Print the result: the document if JSON is wanted, else the text."""
        self.write(json.dumps(document(), indent=2, allow_nan=False) + "\n" if self.as_json else text())

    def write(self, content: str | bytes) -> None:
        """Print, in UTF-8. A reader that has gone is no error.

        Raises:
            PipesError: standard output cannot be written.
        """
        rest = memoryview(
            content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        )
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except BrokenPipeError:
            return
        except OSError as error:
            raise PipesError(f"the result cannot be written to standard output: {error.strerror}") from error

    def close(self) -> None:
        """Let go of standard output."""
        os.close(self._file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code.

    Args:
        arguments: the words behind `jupyter pipes`; those of this process if None.

    Raises:
        SystemExit: help was asked for, and printed.
    """
    from jupyter_pipes import command_line

    words = list(sys.argv[1:] if arguments is None else arguments)

    def understand() -> Callable[[Output], int]:
        verb, options = command_line.parse(words)
        return lambda output: _VERBS[verb](options, output)

    return _answer(understand, words)


def run_pipeline(pipeline: Pipeline, arguments: Sequence[str]) -> int:
    """Run a pipeline by the words behind `python MODULE.py`, and return the exit code.

    Raises:
        SystemExit: help was asked for, and printed.
    """
    from jupyter_pipes import command_line

    def understand() -> Callable[[Output], int]:
        about = f"Run the pipeline {pipeline.name}: {', '.join(step.name for step in pipeline.graph.steps)}."
        parser = command_line.module_parser(Path(pipeline.origin).name, about, pipeline.parameters)
        options = parser.parse(arguments)
        options.params += [f"{name}={text}" for name, text in options.given.items()]
        options.output = None
        carry_out = _plan_pipeline if options.plan else _run_pipeline
        return lambda output: carry_out(pipeline, options, output)

    return _answer(understand, arguments)


def _answer(understand: Callable[[], Callable[[Output], int]], words: Sequence[str]) -> int:
    """Carry out what the words mean and return the exit code; tell an error, as JSON if that is wanted."""
    output = Output(as_json="--json" in words)
    try:
        carry_out = understand()
        with output.reserved():
            return carry_out(output)
    except PipesError as error:
        return _refuse(error, output, INVALID)
    except KeyboardInterrupt as error:
        return _refuse(error, output, CANCELLED)
    except Exception as error:  # a bug of ours: the caller still gets a document, and a code that is no run's
        traceback.print_exc()
        return _refuse(error, output, INVALID)
    finally:
        output.close()


def _refuse(error: BaseException, output: Output, code: int) -> int:
    from jupyter_pipes import documents, terminal

    if output.as_json:
        output.give(lambda: documents.of_error(error), str)
    place = "" if isinstance(error, InvalidPipeline) else terminal.place(error)
    terminal.tell(f"{type(error).__name__}: {place}{error}")
    return code


def _run(options: Namespace, output: Output) -> int:
    return _run_pipeline(_load(options.source), options, output)


def _run_pipeline(pipeline: Pipeline, options: Namespace, output: Output) -> int:
    from jupyter_pipes import documents, exporting, terminal

    executed = Path(options.output) if options.output else None
    if executed is not None:
        _check_executed(pipeline, executed)
    run = _driven(pipeline, options)
    terminal.tell(terminal.summary(run))
    if executed is not None:
        exporting.write_executed_notebook(pipeline, run, executed)
    output.give(lambda: documents.of_run(run), lambda: terminal.results_text(run))
    return COMPLETED if options.no_check else _EXIT_CODES[run.status]


def _driven(pipeline: Pipeline, options: Namespace) -> Run:
    """Run the pipeline to its end, and show how it goes on."""
    from jupyter_pipes import terminal, verbs
    from jupyter_pipes.interrupts import Interrupts

    given = verbs.run_arguments(options)
    with Interrupts() as interrupts:
        if options.debug:

            def prepared(run: Run) -> None:
                terminal.follow(run)
                interrupts.release()

            return pipeline.start_debugging(*options.steps, **given, prepared=prepared)[0]
        run = pipeline.start(*options.steps, **given)
        with terminal.progress(run):
            interrupts.wait(run)
        return run


def _plan(options: Namespace, output: Output) -> int:
    return _plan_pipeline(_load(options.source), options, output)


def _plan_pipeline(pipeline: Pipeline, options: Namespace, output: Output) -> int:
    from jupyter_pipes import documents, terminal, verbs

    plan = pipeline.plan(*options.steps, **verbs.run_arguments(options))
    output.give(lambda: documents.of_plan(plan), lambda: terminal.plan_text(plan, colour=output.is_terminal))
    return COMPLETED


def _show(options: Namespace, output: Output) -> int:
    from jupyter_pipes import documents, terminal

    run = _kept_run(options)
    output.give(lambda: documents.of_run(run), lambda: terminal.run_text(run.view, colour=output.is_terminal))
    return COMPLETED


def _logs(options: Namespace, output: Output) -> int:
    run = _kept_run(options)
    log, attempt = _log(run, options.step, options.attempt)
    if output.as_json:
        text = log.decode("utf-8", "replace")
        output.give(lambda: {"run": run.id, "step": options.step, "attempt": attempt, "log": text}, str)
    else:
        output.write(log)
    return COMPLETED


def _log(run: Run, step: str, attempt: int | None) -> tuple[bytes, int | None]:
    """Return what an attempt (the latest that the step shows, if None) printed, and its number."""
    from jupyter_pipes import terminal

    path = run.log_path(step, attempt)
    if path is not None and path.exists():
        _, shown = run.shown_attempt(step)
        return path.read_bytes(), attempt or (shown.number if shown else None)
    if attempt is not None:
        known = ", ".join(str(each.number) for each in run.step(step).attempts) or "none"
        raise UsageError(f"run {run.id} has no log of attempt {attempt} of step {step}; attempts: {known}")
    terminal.tell(terminal.one_line(f"{step} did not run: {run.step(step).status} {run.step(step).reason}"))
    return b"", None


def _get(options: Namespace, output: Output) -> int:
    from jupyter_pipes import documents, saving, verbs

    if options.output and len(options.names) > 1:
        raise UsageError("--output writes one value; name one")
    if options.run and options.params:
        raise UsageError("-p picks a run by its parameter values and --run by its id; say one of both")
    pipeline = _load(options.source)
    # Values may be instances of classes in modules beside the notebook.
    sys.path.insert(0, str(pipeline.directory))
    given = verbs.split_params(options.params)
    found = {name: _artifact(pipeline, name, given, options.run) for name in options.names}
    store = pipeline.workspace.store
    values = {name: store.get_whole(artifact) for name, artifact in found.items()}
    if options.output:
        name = options.names[0]
        saving.save(name, values[name], Path(options.output))
    kept = {
        name: (artifact, repr(values[name]), store.uri(artifact.digest)) for name, artifact in found.items()
    }
    output.give(
        lambda: documents.of_values(kept), lambda: "" if options.output else saving.text_of_all(values)
    )
    return COMPLETED


def _artifact(pipeline: Pipeline, name: str, params: Mapping[str, object], run: str | None) -> ArtifactRef:
    from jupyter_pipes import retrieval, terminal

    if run is not None:
        return _find_run(pipeline.workspace, run, pipeline.name).artifact(name)
    found = retrieval.find(pipeline, name, params)
    if found.outdated:
        terminal.tell(f"{name} is that of run {found.outdated}; a run now would make it again")
    return found.artifact


def _export(options: Namespace, output: Output) -> int:
    from jupyter_pipes import exporting, terminal
    from jupyter_pipes.run import Run

    pipeline, path = _load(options.source), Path(options.path)
    latest = next(iter(pipeline.workspace.history.runs(pipeline.name)), None)
    exporting.write(pipeline, path, options.to, Run(pipeline.workspace, latest.run) if latest else None)
    output.give(lambda: {"path": str(path.absolute())}, str)
    terminal.tell(f"wrote {path}")
    return COMPLETED


_VERBS: dict[str, Callable[[Namespace, Output], int]] = {
    "run": _run,
    "plan": _plan,
    "show": _show,
    "logs": _logs,
    "get": _get,
    "export": _export,
}


def _load(source: str) -> Pipeline:
    from jupyter_pipes.pipeline import Pipeline

    pipeline = Pipeline.load(source)
    if not pipeline.graph.steps and not pipeline.graph.errors:
        raise InvalidPipeline(f"{source} has no steps: write %%step NAME above the code of a cell")
    return pipeline


def _check_executed(pipeline: Pipeline, path: Path) -> None:
    """Refuse an executed notebook that could not be written, before hours of running."""
    if pipeline.document is None:
        raise UsageError(f"--output writes an executed notebook, but {pipeline.origin} is none")
    if not os.access(path.absolute().parent, os.W_OK):
        raise NotebookError(
            f"{path} cannot be written: {path.absolute().parent} is no folder that you can write"
        )
    pipeline.document.node()


def _kept_run(options: Namespace) -> Run:
    """Return the run that `show` or `logs` names."""
    if options.notebook is not None:
        source = Path(options.notebook).absolute()
        if not source.is_file():
            raise NotebookError(f"there is no file {source}; check the path")
        name = source.stem if source.suffix == ".ipynb" else None
        return _find_run(_workspace(source.parent), options.run, name)
    return _find_run(_workspace(Path(options.directory or ".").absolute()), options.run)


def _workspace(directory: Path) -> Workspace:
    from jupyter_pipes.workspace import Workspace

    if not directory.is_dir():
        raise UsageError(f"there is no folder {directory}; check the path")
    workspace = Workspace(directory)
    # Looking must not make a project where there is none.
    if workspace.settings.history.startswith("sqlite") and not workspace.settings.folder.exists():
        raise RunNotFound(
            f"no runs are kept in {directory}; say --notebook PATH, or go to the notebook's folder"
        )
    return workspace


def _find_run(workspace: Workspace, run: str, pipeline: str | None = None) -> Run:
    from jupyter_pipes.run import Run

    if run != "last":
        return Run(workspace, workspace.history.find(run))
    kept = workspace.history.runs(pipeline)
    if not kept:
        raise RunNotFound(f"no runs{f' of {pipeline}' if pipeline else ''} are kept yet")
    return Run(workspace, kept[0].run)


if __name__ == "__main__":
    sys.exit(main())
