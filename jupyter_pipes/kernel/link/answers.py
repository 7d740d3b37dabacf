"""Answers what the Lab extension asks, on whichever thread it comes: also while a cell runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import msgspec

from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.display.graph.picture import svg
from jupyter_pipes.history.sql import database
from jupyter_pipes.kernel.cell_outputs import LOG_TAIL
from jupyter_pipes.kernel.idle import idle_view
from jupyter_pipes.kernel.link import requests as ask
from jupyter_pipes.kernel.link.asking import Done, Request, RunStarted
from jupyter_pipes.kernel.link.places import place_of
from jupyter_pipes.kernel.link.showing import ShownView
from jupyter_pipes.kernel.link.topics.plans import stale_steps
from jupyter_pipes.kernel.link.topics.table import TOPICS
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.kernel.sessions import Sessions
from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.model.mapping.children import is_child, step_of
from jupyter_pipes.model.views import StepView
from jupyter_pipes.planning.preparation import RunOptions
from jupyter_pipes.runs.run import Run


class Answers:
    """Answers requests about a kernel's pipelines, one after the other; what only reads kept runs, at once.

    Args:
        sessions: what the requests are about.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._answering: dict[str, _Answering] = {}
        self._last: tuple[str, Any] = ("", None)

    def open(self, comm: Any) -> None:
        """Answer what comes on this comm, and never say anything else on it."""
        comm.on_msg(partial(self._on_message, comm))

    def _on_message(self, comm: Any, message: Any) -> None:
        comm.send(msgspec.to_builtins(self.reply(message["content"]["data"])))

    def reply(self, data: Any) -> ask.Reply:
        """Return the reply to a message as it came in."""
        number = data.get("number", -1)
        try:
            message = msgspec.convert(data, ask.Message)
            with self._turn(message.request):
                answer = self._answer_once(message)
        except (PipesError, msgspec.ValidationError) as error:
            undone = "exported" if data.get("request", {}).get("ask") == "export" else "run"
            return ask.Reply(number, refusal=self._refusal(error, undone, data.get("pipeline")))
        return ask.Reply(number, answer)

    def _refusal(
        self, error: PipesError | msgspec.ValidationError, undone: str, pipeline: str | None
    ) -> ask.Refusal:
        is_ours = isinstance(error, PipesError)
        place = place_of(error, self._session(pipeline).upcoming()) if is_ours else None
        return ask.Refusal(type(error).__name__, _in_short(error, undone), place)

    def _session(self, pipeline: str | None) -> Session:
        return self._sessions.in_use if pipeline is None else self._sessions.of(pipeline)

    def _answer_once(self, message: ask.Message) -> Any:
        """Carry out a request; what came of the last one with a key is said again."""
        if message.key and message.key == self._last[0]:
            return self._last[1]
        answer: Any = msgspec.to_builtins(self._answer(message))
        if message.key:
            self._last = message.key, answer
        return answer

    def _answer(self, message: ask.Message) -> msgspec.Struct:
        if isinstance(message.request, ask.ShowCells):
            # It is about all of them.
            self._sessions.show_cells(message.request.cells)
        session = self._session(message.pipeline)
        # Requests that read come on threads of their own; of two, one stays.
        answering = self._answering.setdefault(session.used_as, _Answering(session))
        return answering.answer(message.request)

    def _turn(self, request: ask.AnyRequest) -> AbstractContextManager[object]:
        """Return what is held while a request is answered: a long comparison must keep no button waiting."""
        answered = TOPICS.get(type(request))
        return self._lock if answered is None or answered.waits else nullcontext()


class _Answering:
    """Answers requests about one pipeline.

    Args:
        session: the pipeline.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._view = ShownView(session)
        self._is_warm = False
        self._arranged: tuple[object, Layout] | None = None

    def answer(self, request: ask.AnyRequest) -> msgspec.Struct:
        """Carry out a request."""
        carry_out: dict[type[Request], Callable[[Any], msgspec.Struct]] = {
            ask.StartRun: self._start_run,
            ask.StartStale: self._start_stale,
            ask.Stop: self._stop,
            ask.ShowCells: self._show_cells,
            ask.ArrangeGraph: self._arrange_graph,
            ask.DrawGraph: self._draw_graph,
            ask.UnfoldStep: self._unfold_step,
            ask.ExplainStep: self._explain_step,
            ask.ReadLog: self._read_log,
            **{topic: partial(answered.by, self._session) for topic, answered in TOPICS.items()},
        }
        return carry_out[type(request)](request)

    def _start_run(self, request: ask.StartRun) -> RunStarted:
        options = RunOptions(
            params=request.params,
            force=request.force,
            only=request.only,
            from_=request.behind,
            skip=request.skip,
        )
        return self._started(request.steps, options)

    def _start_stale(self, request: ask.StartStale) -> RunStarted:
        # They are stale for the values that the run before was given.
        options = RunOptions(params=self._session.parameters)
        return self._started(stale_steps(self._session), options)

    def _started(self, steps: tuple[str, ...], options: RunOptions) -> RunStarted:
        return RunStarted(self._session.start_shown(steps, dict(options)).id)

    def _stop(self, request: ask.Stop) -> Done:
        run, sweep = self._session.run, self._session.sweep
        if sweep is not None and not sweep.has_ended and request.step is None:
            sweep.stop()
            return Done()
        if run is None or run.has_ended:
            raise UsageError("no run goes on in this kernel")
        run.cancel(request.step)
        return Done()

    def _show_cells(self, request: ask.ShowCells) -> Done:
        if not self._is_warm and self._session.upcoming().graph.steps:
            self._is_warm = True
            threading.Thread(target=self._warm_up, name="jupyter-pipes-warm-up", daemon=True).start()
        return Done()

    def _warm_up(self) -> None:
        """Load what a first run needs: whoever shows a pipeline is about to run it."""
        pipeline = self._session.upcoming()
        pipeline.warm_up()
        if not pipeline.workspace.has_history:
            database.warm_up()

    def _arrange_graph(self, request: ask.ArrangeGraph) -> Layout:
        return self._layout(self._view.steps(), request)

    def _draw_graph(self, request: ask.DrawGraph) -> ask.Picture:
        steps = self._view.steps()
        layout = self._layout(steps, request)
        return ask.Picture(svg(self._view.now(), layout, self._session.stale_words(), steps))

    def _unfold_step(self, request: ask.UnfoldStep) -> Done:
        session, step = self._session, self._view.steps().get(request.step)
        if request.is_unfolded and (step is None or session.nested.of(step) is None):
            raise UsageError(
                f"the pipeline that {request.step} is cannot be read: run it, or plan it, to see why"
            )
        others = session.unfolded - {request.step}
        session.unfolded = others | {request.step} if request.is_unfolded else others
        session.nested.changed()
        return Done()

    def _explain_step(self, request: ask.ExplainStep) -> ask.Reasons:
        run, name = self._told_by(request.step)
        # What makes it stale now goes before why it was decided so then.
        explanation = self._session.why(run.step(name), self._session.run)
        return ask.Reasons(
            (*explanation.reasons, *explanation.edges),
            "\n".join(change.diff for change in explanation.changes if change.diff),
        )

    def _read_log(self, request: ask.ReadLog) -> ask.LogTail:
        run, name = self._told_by(request.step)
        return ask.LogTail(run.logs(name, request.attempt, tail=LOG_TAIL))

    def _told_by(self, step: str) -> tuple[Run, str]:
        """Return the run that tells of a step, and its name there: the one that is shown, else a kept one."""
        run = self._shown_run()
        if run is not None and is_child(step) and step_of(step) in run.steps:
            # One of another pipeline is told of by its own run.
            return self._session.nested.place_of(run, step) or (run, step)
        if run is not None and step in run.steps:
            return run, step
        pipeline = self._session.upcoming()
        kept = idle_view(pipeline).steps.get(step)
        if kept is None:
            raise UsageError(f"the notebook has no step {step}")
        if not kept.source_run:
            raise UsageError(f"step {step} has not run yet")
        return Run(pipeline.workspace, kept.source_run), kept.source_step

    def _shown_run(self) -> Run | None:
        """Return the run that is shown: this kernel's, else the last one that is kept."""
        if self._session.run is not None:
            return self._session.run
        kept = self._view.now().run
        return Run(self._session.upcoming().workspace, kept) if kept else None

    def _layout(self, steps: Mapping[str, StepView], request: ask.ArrangeGraph | ask.DrawGraph) -> Layout:
        """Arrange the graph; what was asked last, by another page or for a picture, is not done again."""
        plans = [step.planned for step in steps.values()]
        collapsed = None if request.collapsed is None else frozenset(request.collapsed)
        wanted = (plans, request.width, request.height, collapsed)
        if self._arranged is None or self._arranged[0] != wanted:
            self._arranged = wanted, arrange_within(*wanted)
        return self._arranged[1]


def _in_short(error: PipesError | msgspec.ValidationError, undone: str) -> str:
    """Return what stands against a request; of problems the first, as front ends list them all."""
    problems = error.diagnostics if isinstance(error, PipesError) else ()
    if not problems:
        return str(error)
    first, *more = problems
    others = f" ({len(more)} more: see Problems.)" if more else ""
    is_placed = not first.cell or f"cell {first.cell}" in first.message
    place = "" if is_placed else f"Cell {first.cell}: "
    return f"Nothing was {undone}. {place}{first.message}{others}"
