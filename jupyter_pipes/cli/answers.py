"""What verbs do that mean the same in a kernel and on the command line, and what they give back."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from jupyter_pipes.cli.parsers import overrides, run_options
from jupyter_pipes.display.ansi import plain, terminal_text
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import RunNotFound, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.cli.documents import Document
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.retrieval import Match
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.runs.sweeping.sweep import Sweep
    from jupyter_pipes.storage.settings import Settings


def _no_document() -> Document:
    from jupyter_pipes.cli.documents import Document

    return Document()


def _no_text(colour: bool) -> str:
    return ""


class Answer(Struct, frozen=True):
    """What a verb gives back; each form is made when it is asked for.

    Attributes:
        document: makes what `--json` prints.
        text: makes what a terminal shows, with colours if its argument is true.
        shown: makes what a kernel displays; None where the text serves.
        notices: what is to be told beside the result.
        code: the exit code.
        run: a run under way that the verb waits for: an asking kernel's cell.
        sweep: runs that are started one after another while the verb waits for them, likewise.
        check: whether it is an error if that run, or one of them, does not complete.
        is_done: whether the exit code stands even if nobody can be told the rest: a run has ended.
    """

    document: Callable[[], Document] = _no_document
    text: Callable[[bool], str] = _no_text
    shown: Callable[[], object] | None = None
    notices: tuple[str, ...] = ()
    code: int = 0
    run: Run | None = None
    sweep: Sweep | None = None
    check: bool = True
    is_done: bool = False


class Face(Protocol):
    """Where a verb is said: in a kernel, or on the command line."""

    @property
    def directory(self) -> Path:
        """The folder from which paths count."""
        ...

    @property
    def current(self) -> Run | None:
        """The run that is shown just now, or was last."""
        ...

    def pipeline(self) -> Pipeline:
        """Return the pipeline as its cells are now."""
        ...

    def workspace(self) -> Workspace:
        """Return where runs are kept.

        Raises:
            RunNotFound: none are.
        """
        ...

    def settings(self) -> Settings:
        """Return what the project's settings say, whether or not it keeps runs (ConfigurationError)."""
        ...

    def pipeline_name(self) -> str | None:
        """Return whose runs `last`, `previous` and a version mean; None for all of the project."""
        ...

    def listed_pipeline(self, query: str = "") -> str | None:
        """Return whose runs and models are listed, of runs those that a query finds; None for all."""
        ...

    def listing_notice(self) -> str:
        """Return what is to be said of a notebook's pipelines whose runs are not listed; "" for none."""
        ...

    def drive(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Start a run and show how it goes on, to its end or until the face can wait for it."""
        ...

    def hand_over(self, start: Callable[[], Run], arguments: Namespace) -> Answer:
        """Start a run that goes on without this process, and say how to follow it."""
        ...

    def sweep(self, sweep: Sweep, arguments: Namespace) -> Answer:
        """Carry out a sweep and show how it goes on, to its end or until the face can wait for it."""
        ...

    def drive_debugging(self, start: Callable[[Callable[[Run], None]], Run], arguments: Namespace) -> Answer:
        """Run in this process, for a debugger; `start` takes what is called before the first step."""
        ...

    def unsaved(self) -> Sequence[Pipeline]:
        """Return the pipelines that may stand in no file as they are now."""
        ...


def run_named(face: Face, name: str | None) -> Run:
    """Return the run of that name; without one, the current or the newest.

    Raises:
        RunNotFound: there is none, or there are several.
    """
    if name is None and face.current is not None:
        return face.current
    from jupyter_pipes.runs.kept import find_run

    try:
        return find_run(face.workspace(), "last" if name is None else name, face.pipeline_name())
    except RunNotFound as error:
        if name is None or not Path(name).is_file():
            raise
        raise RunNotFound(in_its_notebook(name, "last")) from error


def in_its_notebook(name: str, words: str) -> str:
    """Return what to write on the command line, where a file is named and a run or a query is meant."""
    instead = f"{words} --notebook {shlex.quote(name)}"
    return f"{name} is a file, not a run: on the command line, say {instead}"


def artifacts_named(face: Face, arguments: Namespace, apart: Collection[str] = ()) -> dict[str, Match]:
    """Return what `get` asks for, but for names that no step makes (`apart`).

    It is that of the named run; else of the current one; else what a run now would reuse.

    Raises:
        ArtifactMissing: nothing is kept under a name.
        UsageError: options that contradict each other.
        UntrustedStore: another user could have written them, and `--trust` was not said.
    """
    params = overrides(arguments)
    if arguments.run and params:
        raise UsageError("-p picks a run by its parameter values and --run by its id; say one of both")
    names = [name for name in arguments.names if name not in apart]
    if names:
        face.workspace().check_values(trust=arguments.trust)
    return {name: _artifact(face, name, params, arguments.run) for name in names}


def _artifact(face: Face, name: str, params: Mapping[str, object], run: str | None) -> Match:
    from jupyter_pipes.runs.retrieval import Match, find_artifact

    if run is not None:
        return Match(run_named(face, run).artifact(name))
    if not params and face.current is not None and name in face.current:
        return Match(face.current.artifact(name))
    return find_artifact(face.pipeline(), name, params)


def outdated_notices(matches: Mapping[str, Match]) -> tuple[str, ...]:
    """Return what is to be told of artifacts that a run now would make again."""
    return tuple(
        f"{name} is that of run {match.outdated}; {_what_a_run_would_do(match)}"
        for name, match in matches.items()
        if match.outdated
    )


def _what_a_run_would_do(match: Match) -> str:
    if not match.to_come:
        return "a run now would make it again"
    return f"a run now computes {', '.join(match.to_come)} when it starts, and may make it again"


def plan(face: Face, arguments: Namespace) -> Answer:
    """Say what a run would do and why."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.tables import plan_table
    from jupyter_pipes.display.text import plan_text, warnings

    pipeline, options = face.pipeline(), run_options(arguments)
    if arguments.accept:
        pipeline.accept(*arguments.accept, params=options.get("params"))
    table = plan_table(pipeline, *arguments.steps, **options)
    return Answer(
        lambda: documents.of_plan(table),
        lambda colour: plan_text(table, colour=colour),
        lambda: table,
        notices=tuple(warnings(pipeline.graph.diagnostics, [step.name for step in table.steps])),
    )


def why(face: Face, arguments: Namespace) -> Answer:
    """Say why a step would run or not, or did in a kept run."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.tables import Why
    from jupyter_pipes.display.text import explanation_text
    from jupyter_pipes.planning.explanation import explain_kept

    if arguments.run is None:
        explanation = face.pipeline().why(arguments.step, params=overrides(arguments))
    else:
        run = run_named(face, arguments.run)
        explanation = explain_kept(run.step(arguments.step), run.workspace.history)
    return Answer(
        lambda: documents.of_explanation(explanation),
        lambda colour: explanation_text(explanation, colour=colour),
        lambda: Why(explanation),
    )


def compare(face: Face, arguments: Namespace) -> Answer:
    """Say what differs between two runs."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.tables import Comparison
    from jupyter_pipes.display.text import comparison_text
    from jupyter_pipes.runs.comparing.comparison import differences
    from jupyter_pipes.runs.kept import side

    face.workspace().check_values(trust=arguments.trust)
    a, b = (run_named(face, name) for name in (arguments.a, arguments.b))
    changes = tuple(differences(side(a), side(b)))
    return Answer(
        lambda: documents.of_comparison(a.id, b.id, changes),
        lambda colour: comparison_text((a.id, b.id), changes, colour=colour),
        lambda: Comparison((a.id, b.id), changes),
    )


def show(face: Face, arguments: Namespace) -> Answer:
    """Say how a kept run went."""
    return of_run(run_named(face, arguments.run))


def of_run(run: Run) -> Answer:
    """Return how a run stands."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.text import run_text

    return Answer(lambda: documents.of_run(run), lambda colour: run_text(run.view, colour=colour))


def logs(face: Face, arguments: Namespace) -> Answer:
    """Return what an attempt (the latest that the step shows, if none is named) printed."""
    from jupyter_pipes.cli import documents

    run, step, attempt = run_named(face, arguments.run), arguments.step, arguments.attempt
    path, (_, shown) = run.log_path(step, attempt), run.shown_attempt(step)
    is_there = path is not None and path.exists()
    number = attempt or (shown.number if shown else None) if is_there else None
    status = f"{run.step(step).status} {run.step(step).reason}"
    elements = [] if attempt else run.element_logs(step)
    # A step that is another pipeline has no log of its own.
    notice = "" if is_there or elements else f"{step} did not run: {status}"
    if not (notice or any(map(len, (run.log(step, attempt), *(log for _, log in elements))))):
        notice = f"{step} printed nothing"
    if run.log(step, attempt).is_long:
        notice = f"the log is long, so its end is shown; all of it is in {path}"
    return Answer(
        lambda: documents.LogDocument(run.id, step, number, plain(run.logs(step, attempt))),
        lambda colour: (terminal_text if colour else plain)(run.logs(step, attempt)),
        notices=(notice,) if notice else (),
    )


def tag(face: Face, arguments: Namespace) -> Answer:
    """Label a run."""
    return _remark(face, arguments, ev.RunTagged(tuple(dict.fromkeys(arguments.tags))))


def rename(face: Face, arguments: Namespace) -> Answer:
    """Give a run a title."""
    return _remark(face, arguments, ev.RunRenamed(" ".join(arguments.title)))


def archive(face: Face, arguments: Namespace) -> Answer:
    """Put a run away, or take it back."""
    return _remark(face, arguments, ev.RunArchived(not arguments.undo))


def _remark(face: Face, arguments: Namespace, event: ev.AnyEvent) -> Answer:
    from jupyter_pipes.cli import documents
    from jupyter_pipes.runs.run import Run

    run = run_named(face, arguments.run)
    run.workspace.history.remark(run.id, event)
    return Answer(lambda: documents.of_run(Run(run.workspace, run.id)))


def collect(face: Face, arguments: Namespace) -> Answer:
    """Remove old runs and what nobody refers to."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display import cleanup_text
    from jupyter_pipes.runs import cleanup

    limits = cleanup.limits(arguments)
    collection = cleanup.clean_up(face.workspace(), limits, face.unsaved(), dry_run=arguments.dry_run)
    return Answer(
        lambda: documents.CleanupDocument.of(collection, dry_run=arguments.dry_run),
        lambda _: cleanup_text.text(collection, dry_run=arguments.dry_run) + "\n",
    )


def rebuild_history(face: Face, arguments: Namespace) -> Answer:
    """Make the indexes of the history again."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.history.rebuilding import rebuild

    history = face.workspace().history
    rebuilt = rebuild(history.database, history.seals)
    return Answer(
        lambda: documents.RebuildingDocument.of(rebuilt),
        lambda _: f"made the indexes of {rebuilt.runs} runs again\n",
        notices=tuple(f"left as it was: {message}" for message in rebuilt.unreadable),
    )


def verify(face: Face, arguments: Namespace) -> Answer:
    """Run the notebook both ways, in a copy of its folder, and say where the values differ."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.verification.text import text
    from jupyter_pipes.verification.verify import verify

    pipeline = face.pipeline().tagged() if arguments.tag else face.pipeline()
    verification = verify(pipeline, overrides(arguments))
    return Answer(
        lambda: documents.VerificationDocument.about(verification),
        lambda _: text(verification),
        code=0 if verification.holds else 1,
        is_done=True,
    )


def export(face: Face, arguments: Namespace) -> Answer:
    """Write the pipeline as a module, its notebook with the outputs of the newest run, or for an engine."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.export.write import write

    path = face.directory / arguments.path
    files = write(face.pipeline(), path, arguments.to, _current_or_newest(face), force=arguments.force)
    beside = [file.name for file in files if file != path]
    return Answer(
        lambda: documents.ExportDocument(str(path.absolute())),
        notices=(f"wrote {', '.join([arguments.path, *beside])}",),
    )


def report(face: Face, arguments: Namespace) -> Answer:
    """Write a kept run as one HTML file."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.export.report import write_report

    path = face.directory / arguments.path
    write_report(run_named(face, arguments.run), path, force=arguments.force)
    return Answer(
        lambda: documents.ExportDocument(str(path.absolute())), notices=(f"wrote {arguments.path}",)
    )


def _current_or_newest(face: Face) -> Run | None:
    try:
        return run_named(face, None)
    except RunNotFound:
        return None
