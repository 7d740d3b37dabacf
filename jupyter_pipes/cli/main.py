"""The program `jupyter pipes`: one function for each verb, exit codes, and results on standard output."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_pipes.cli import history_verbs as cli_history
from jupyter_pipes.cli.output import CANCELLED, COMPLETED, EXIT_CODES, INVALID, Output
from jupyter_pipes.display.text import explanation_text, plan_text, results_text, summary
from jupyter_pipes.export.executed_notebook import write_executed_notebook
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError, PipesError, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code.

    Args:
        arguments: the words behind `jupyter pipes`; those of this process if None.

    Raises:
        SystemExit: help was asked for, and printed.
    """
    from jupyter_pipes.cli import parsers as command_line

    words = list(sys.argv[1:] if arguments is None else arguments)

    def understand() -> Callable[[Output], int]:
        verb, options = command_line.parse(words)
        return lambda output: _VERBS[verb](options, output)

    return answer(understand, words)


def answer(understand: Callable[[], Callable[[Output], int]], words: Sequence[str]) -> int:
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
    from jupyter_pipes.cli import documents, terminal

    if output.as_json:
        output.give(lambda: documents.of_error(error), str)
    place = "" if isinstance(error, InvalidPipeline) else terminal.place(error)
    terminal.tell(f"{type(error).__name__}: {place}{error}")
    return code


def _run(options: Namespace, output: Output) -> int:
    return run_pipeline(_load(options.source), options, output)


def run_pipeline(pipeline: Pipeline, options: Namespace, output: Output) -> int:
    from jupyter_pipes.cli import documents, terminal

    executed = Path(options.output) if options.output else None
    if executed is not None:
        _check_executed(pipeline, executed)
    run = _driven(pipeline, options)
    terminal.tell(summary(run))
    if executed is not None:
        write_executed_notebook(pipeline, run, executed)
    output.give(lambda: documents.of_run(run), lambda: results_text(run))
    return COMPLETED if options.no_check else EXIT_CODES[run.status]


def _driven(pipeline: Pipeline, options: Namespace) -> Run:
    """Run the pipeline to its end, and show how it goes on."""
    from jupyter_pipes.cli import terminal, verbs
    from jupyter_pipes.cli.interrupts import Interrupts

    given = verbs.run_arguments(options)
    with Interrupts() as interrupts:
        if options.of is not None:
            run = _repeated(pipeline, options)
            with terminal.progress(run):
                interrupts.wait(run)
            return run
        if options.debug:

            def prepared(run: Run) -> None:
                terminal.follow(run)
                interrupts.release()

            return pipeline.start_debugging(*options.steps, **given, prepared=prepared)
        run = pipeline.start(*options.steps, **given)
        with terminal.progress(run):
            interrupts.wait(run)
        return run


def _repeated(pipeline: Pipeline, options: Namespace) -> Run:
    """Start a kept run again, with its own code."""
    from jupyter_pipes.cli import verbs
    from jupyter_pipes.runs import kept as kept_runs
    from jupyter_pipes.runs import repeat as repetition

    verbs.check_repetition(options)
    run = kept_runs.find_run(pipeline.workspace, options.of, pipeline.name)
    return repetition.repeat(run, verbs.split_params(options.params))


def _why(options: Namespace, output: Output) -> int:
    from jupyter_pipes.cli import documents, verbs
    from jupyter_pipes.planning.explanation import explain_kept
    from jupyter_pipes.runs import kept as kept_runs

    pipeline = _load(options.source)
    if options.run is not None:
        run = kept_runs.find_run(pipeline.workspace, options.run, pipeline.name)
        found = explain_kept(run.step(options.step), pipeline.workspace.history)
    else:
        found = pipeline.why(options.step, params=verbs.split_params(options.params))
    output.give(
        lambda: documents.of_explanation(found),
        lambda: explanation_text(found, colour=output.is_terminal),
    )
    return COMPLETED


def _plan(options: Namespace, output: Output) -> int:
    return plan_pipeline(_load(options.source), options, output)


def plan_pipeline(pipeline: Pipeline, options: Namespace, output: Output) -> int:
    from jupyter_pipes.cli import documents, verbs

    given = verbs.run_arguments(options)
    if options.accept:
        pipeline.accept(*options.accept, params=given["params"])
    plan = pipeline.plan(*options.steps, **given)
    output.give(lambda: documents.of_plan(plan), lambda: plan_text(plan, colour=output.is_terminal))
    return COMPLETED


def _get(options: Namespace, output: Output) -> int:
    from jupyter_pipes.cli import documents, saving, verbs

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
        is_file = found[name].serializer == "file"
        saving.save(name, values[name], Path(options.output), as_is=is_file)
    kept = {
        name: (artifact, repr(values[name]), store.uri(artifact.digest)) for name, artifact in found.items()
    }
    output.give(
        lambda: documents.of_values(kept), lambda: "" if options.output else saving.text_of_all(values)
    )
    return COMPLETED


def _artifact(pipeline: Pipeline, name: str, params: Mapping[str, object], run: str | None) -> ArtifactRef:
    from jupyter_pipes.cli import terminal
    from jupyter_pipes.runs import kept as kept_runs
    from jupyter_pipes.runs import retrieval

    if run is not None:
        return kept_runs.find_run(pipeline.workspace, run, pipeline.name).artifact(name)
    found = retrieval.find_artifact(pipeline, name, params)
    if found.outdated:
        terminal.tell(f"{name} is that of run {found.outdated}; a run now would make it again")
    return found.artifact


def _export(options: Namespace, output: Output) -> int:
    from jupyter_pipes.cli import terminal
    from jupyter_pipes.export import write as exporting
    from jupyter_pipes.runs.run import Run

    pipeline, path = _load(options.source), Path(options.path)
    latest = next(iter(pipeline.workspace.history.runs(pipeline.name)), None)
    exporting.write(pipeline, path, options.to, Run(pipeline.workspace, latest.run) if latest else None)
    output.give(lambda: {"path": str(path.absolute())}, str)
    terminal.tell(f"wrote {path}")
    return COMPLETED


_VERBS: dict[str, Callable[[Namespace, Output], int]] = {
    "run": _run,
    "plan": _plan,
    "why": _why,
    "resume": cli_history.resume,
    "runs": cli_history.list_runs,
    "compare": cli_history.compare,
    "show": cli_history.show,
    "logs": cli_history.logs,
    "gc": cli_history.collect,
    "history": cli_history.history,
    "tag": cli_history.tag,
    "rename": cli_history.rename,
    "archive": cli_history.archive,
    "get": _get,
    "export": _export,
}


def _load(source: str) -> Pipeline:
    from jupyter_pipes.runs.pipeline import Pipeline

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


def program() -> int:
    """Carry out this process's command line, and return the exit code: the console script."""
    code = main()
    # The process ends: looking for what could be freed first takes longer than freeing it.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(program())
