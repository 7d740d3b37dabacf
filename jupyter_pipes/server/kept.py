"""A notebook's pipeline with its last run, as kept: read from the file and the history, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from jupyter_pipes.display.board.making import board_of
from jupyter_pipes.display.board.model import BoardShown
from jupyter_pipes.display.board.standing import before_a_run, with_run
from jupyter_pipes.history.history import History, Result
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.endings import ending_facts
from jupyter_pipes.model.errors import ConfigurationError, UsageError
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.version import __version__
from jupyter_pipes.model.views import RunView
from jupyter_pipes.pipelines import notebook
from jupyter_pipes.planning.observations import as_observed, observations
from jupyter_pipes.planning.request import Definition, read
from jupyter_pipes.runs.kept import last_run, name_in_last_run
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.server.edits import edited
from jupyter_pipes.server.places import Place
from jupyter_pipes.storage import settings


class _Kept:
    """What is kept of a pipeline, under the name that it had last."""

    def __init__(
        self, name: str, results: Mapping[str, Result], run: RunView | None, definition: Definition | None
    ):
        self.name, self.results, self.run, self.definition = name, results, run, definition


def kept_boards(place: Place) -> list[BoardShown]:
    """Return the boards of a notebook's pipelines, the own before others, as a kernel shows them at first.

    Raises:
        as for `KeptPipeline`.
    """
    first = KeptPipeline(place)
    others = [KeptPipeline(place, name) for name in first.others]
    return [each.shown() for each in (first, *others)]


class KeptPipeline:
    """A notebook's pipeline as it is saved, and what is kept of its steps.

    Nothing is made, written, brought up to date, unpickled or run for it, and no other machine is asked.

    Args:
        place: where the notebook is.
        pipeline: which one, as `%pipeline use` calls it; "" for the notebook's own, or the first.

    Raises:
        UsageError: it has no such pipeline.
        NotebookError: it cannot be read as a notebook.
        ConfigurationError: its settings cannot be read, or name a place that this server does not show.
        StoreError: the history cannot be read.
    """

    def __init__(self, place: Place, pipeline: str = "") -> None:
        path = place.notebook
        self._pipeline = Pipeline.from_notebook(path, pipeline) if pipeline else _own_or_first(path)
        self._history = _history_file(place)

    @property
    def others(self) -> Sequence[str]:
        """The other pipelines of the notebook."""
        file = self._pipeline.notebook
        return [name for name in file.pipelines if name != self._pipeline.name] if file is not None else []

    def shown(self) -> BoardShown:
        """Return its board, as a kernel would show it at first."""
        graph = self._pipeline.graph
        view = self.view()
        cells = {cell.number: cell.id for cell in self._pipeline.cells}
        stale = edited(graph, self._kept.definition, view) if self._kept.definition else {}
        board = board_of(view, stale=stale, problems=graph.diagnostics, cells=cells)
        # There is no kernel whose cells could be about it.
        board = replace(board, heading=replace(board.heading, in_use=False))
        is_own = self._pipeline.name == Path(self._pipeline.origin).stem
        pipeline = "" if is_own else self._pipeline.name
        return BoardShown(number=0, time=time.time(), pipeline=pipeline, package=__version__, board=board)

    def view(self) -> RunView:
        """Return its last run with the steps that it has now; as before a run, if there was none."""
        pipeline, kept = self._pipeline, self._kept
        graph = as_observed(pipeline.graph, observations(pipeline.graph.steps, kept.results))
        return with_run(before_a_run(kept.name, pipeline.version, graph, kept.results), kept.run)

    @cached_property
    def _kept(self) -> _Kept:
        if self._history is None:
            return _Kept(self._pipeline.name, {}, None, None)
        with closing(History(_read_only(self._history))) as history:
            name = self._name_in(history)
            run = last_run(history, name, self._pipeline.origin)
            content = history.attachment(run.definition) if run else None
            run = run and _as_it_stands(run, history)
            definition = read(content, Definition) if content else None
            return _Kept(name, history.newest_results(name), run, definition)

    def _name_in(self, history: History) -> str:
        """Return the name that it had last: one with others in its notebook is called as the text has it."""
        name, origin, file = self._pipeline.name, self._pipeline.origin, self._pipeline.notebook
        is_alone = file is not None and file.pipelines == (Path(origin).stem,)
        return name_in_last_run(history, name, origin) if is_alone else name


def _own_or_first(path: Path) -> Pipeline:
    """Return a notebook's own pipeline, else the first that it has."""
    try:
        return Pipeline.from_notebook(path)
    except UsageError:
        return Pipeline.from_notebook(path, notebook.read(path).pipelines[0])


def _history_file(place: Place) -> Path | None:
    """Return the file of the history; None if nothing is kept."""
    path = settings.sqlite_file(settings.load(place.notebook.parent).history)
    if path is None or not path.resolve().is_relative_to(place.root):
        raise ConfigurationError(
            "its runs are kept outside the folder that this server shows: start a kernel"
        )
    return path.resolve() if path.is_file() else None


def _read_only(history: Path) -> str:
    """Return the URL by which SQLite changes no file: the one of a log that nobody has is not made either."""
    is_in_use = history.with_name(f"{history.name}-wal").exists()
    return (
        f"{settings.SQLITE}file:{quote(str(history))}?mode=ro&uri=true{'' if is_in_use else '&immutable=1'}"
    )


def _as_it_stands(run: RunView, history: History) -> RunView:
    """Return a run, as interrupted if its controller is gone: whoever can write will end it so."""
    standing = history.leases.look(run.run) if run.status is Status.RUNNING else None
    if standing is None or not standing.is_over:
        return run
    ended = ev.RunEnded(Status.INTERRUPTED, standing.why_over)
    for fact in (*ending_facts(run, f"interrupted: {standing.why_over}"), ended):
        apply(ev.Record(run.run, run.seq + 1, time.time(), fact), run)
    return run
