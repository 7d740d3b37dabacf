"""A sweep: a pipeline's runs with one set of parameters after another, under one tag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack, cast, overload

from msgspec.structs import replace

from jupyter_pipes.model.errors import RunCancelled, RunFailed, UsageError
from jupyter_pipes.model.facts.sweeping import SweepPart
from jupyter_pipes.model.steps import Status
from jupyter_pipes.pipelines.arguments import check_all, check_count, check_mapping, check_switch, shown
from jupyter_pipes.runs.start import new_run_id, start, wait_or_cancel
from jupyter_pipes.runs.sweeping.search import Goal, Grid, Search

if TYPE_CHECKING:
    from jupyter_pipes.planning.preparation import RunOptions
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run


class Sweep(Sequence["Run"]):
    """The runs of a pipeline over values of its parameters: a sequence that grows as they are started.

    They go on one after another; what does not depend on what changes runs once, and is reused. Each has the
    sweep's id as a tag.

    Args:
        pipeline: whose runs they are.
        over: parameter (or `STEP.NAME`) -> the values that it is to have, all combinations of several; or a
            `Search` that proposes parameters.
        steps: names of the steps to run, with what they need; none for all.
        metric: `NAME:max` or `NAME:min` says which run is the best.
        at_most: so many runs, of a grid its first ones.
        options: as for `Pipeline.start`; `params` are those that all runs have.

    Raises:
        ParameterError, UsageError, InvalidPipeline: a value that does not fit, before anything runs.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        over: Mapping[str, Iterable[Any]] | Search,
        *,
        steps: Sequence[str] = (),
        metric: str = "",
        at_most: int | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        self.id = f"sweep-{new_run_id()}"
        self.goal, self._metric = Goal.parsed(metric), metric
        self.params: list[Mapping[str, Any]] = []
        """What each run was started with beside the others, in their order."""
        self._pipeline, self._steps, self._options = pipeline, tuple(steps), options
        self._given = dict(check_mapping("params", options.get("params")))
        self._search: Search = self._grid(over) if isinstance(over, Mapping) else _checked(over)
        limit = None if at_most is None else check_count("at_most", at_most)
        self.most = min(_sizes(self._search, limit), default=None)
        """How many runs there will be, unless one is cancelled; None where the search decides."""
        self.reason = ""
        """Why it ended before all was tried; "" where it did not, or a run says why."""
        self.has_ended = False
        """Whether no run goes on, and no other will be started."""
        self._runs: list[Run] = []
        self._settled = 0
        self._is_stopped = False

    def _grid(self, over: Mapping[str, Iterable[Any]]) -> Grid:
        values = {
            name: check_all(f"the values of {name}", each, object, "any")
            for name, each in check_mapping("over", over).items()
        }
        for name, tried in values.items():
            if name in self._given:
                raise UsageError(f"{name} is swept, and given as a parameter of all runs: say one of both")
            if not tried:
                raise UsageError(f"the sweep over {name} has no values")
            # What does not fit is told before anything runs.
            for value in tried:
                self._pipeline.values({**self._given, name: value})
        return Grid(values)

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | Sequence[Run]:
        """Return a run, or several, in the order in which they were started."""
        return self._runs[place]

    def __len__(self) -> int:
        """Return how many were started."""
        return len(self._runs)

    def __bool__(self) -> bool:
        """Return that there is a sweep, also before its first run."""
        return True

    def __repr__(self) -> str:
        best = f", the best is {self.best.id}" if self.best is not None else ""
        runs = f"{len(self)} run{'s' * (len(self) != 1)}"
        return f"<{self.id}: {runs} of {self._pipeline.name}{best}>"

    @property
    def values(self) -> list[float | None]:
        """The sweep's metric of each run; None where it has none, or did not complete."""
        return self.goal.values(run.view for run in self._runs)

    @property
    def best(self) -> Run | None:
        """The completed run with the best value of the metric; None where there is none."""
        place = self.goal.best(self.values)
        return None if place is None else self._runs[place]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that the runs differ by."""
        return tuple(dict.fromkeys(name for params in self.params for name in params))

    @property
    def part(self) -> SweepPart:
        """What the newest run says of the sweep."""
        return SweepPart(self.id, self.names, self._metric, len(self.params), self.most)

    def start_next(self, drive: Callable[[Callable[[], Run]], Run] = lambda start: start()) -> Run | None:
        """Start the next run, behind the end of the last one; return None when the sweep is over.

        Args:
            drive: is called with what starts the run, and returns it: to show it, for example.

        Raises:
            ParameterError: a search proposed a value that does not fit.
            UsageError: the last run goes on.
        """
        self._settle()
        params = None if self._is_over else self._search.ask()
        if params is None:
            self.has_ended = True
            return None
        self.params.append(dict(params))
        run = drive(lambda: self._start(params))
        self._runs.append(run)
        if self._is_stopped:
            # By another thread, that did not know of this run yet.
            run.cancel()
        return run

    def _start(self, params: Mapping[str, Any]) -> Run:
        request = self._pipeline.request(*self._steps, for_run=True, **self._options_with(params))
        return start(replace(request, sweep=self.part), self._pipeline.workspace)

    def stop(self) -> None:
        """Cancel the run that goes on, and start no other; from any thread."""
        self._is_stopped = True
        if self._runs and not self._runs[-1].has_ended:
            self._runs[-1].cancel()

    def end(self, reason: str = "") -> None:
        """Start no other run, for a reason in words: for who drives it, and cannot go on."""
        self._is_stopped = self.has_ended = True
        self.reason = self.reason or reason

    def run(self, *, check: bool = True) -> Sweep:
        """Run all of it; an interrupt (Ctrl-C) cancels the run that goes on, and ends the sweep.

        Args:
            check: whether a run that did not complete raises, once the sweep is over.

        Raises:
            RunFailed, RunCancelled: one did not complete, and `check` is true.
            ParameterError: a search proposed a value that does not fit.
        """
        check = check_switch("check", check)
        while (run := self.start_next()) is not None:
            wait_or_cancel(run)
        return self.check() if check else self

    def check(self) -> Sweep:
        """Return this if all its runs completed.

        Raises:
            RunFailed, RunCancelled: one did not; its `run` is the cancelled one, or the first that failed.
        """
        errors = [error for run in self._runs if (error := _error_of(run)) is not None]
        if errors:
            first = max(errors, key=lambda error: isinstance(error, RunCancelled))
            raise type(first)(f"{len(errors)} of {len(self)} runs did not complete: {first}", first.run)
        return self

    @property
    def _is_over(self) -> bool:
        stops = {Status.CANCELLED, Status.INTERRUPTED}
        if self._options.get("fail_fast"):
            stops.add(Status.FAILED)
        is_full = self.most is not None and len(self) >= self.most
        return is_full or self._is_stopped or (bool(self._runs) and self._runs[-1].status in stops)

    def _settle(self) -> None:
        """Tell the search of the run that ended last."""
        if self._settled < len(self._runs):
            run = self._runs[-1]
            if not run.has_ended:
                raise UsageError(f"run {run.id} of the sweep still goes on: wait for it, or cancel it")
            self._settled += 1
            self._search.tell(self.params[-1], self.values[-1])

    def _options_with(self, params: Mapping[str, Any]) -> RunOptions:
        return {**self._options, "params": {**self._given, **params}}


def _error_of(run: Run) -> RunFailed | RunCancelled | None:
    try:
        run.check()
    except (RunFailed, RunCancelled) as error:
        return error
    return None


def _checked(search: object) -> Search:
    if not (callable(getattr(search, "ask", None)) and callable(getattr(search, "tell", None))):
        raise UsageError(
            f"a sweep is over a dict of values, or what has the methods ask and tell; not {shown(search)}"
        )
    return cast("Search", search)


def _sizes(search: Search, limit: int | None) -> Iterable[int]:
    """Yield how many runs there are at most, by each that says so."""
    if isinstance(search, Grid):
        yield len(search)
    if limit is not None:
        yield limit
