"""`Pipeline`: steps and parameters that can be planned and run, from a notebook, a module or functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from jupyter_pipes.history.opened import workspace_of
from jupyter_pipes.hooks.given import GivenCallbacks, check_callbacks
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Cell, Diagnostic
from jupyter_pipes.pipelines.arguments import (
    check_mapping,
    check_path,
    check_switch,
    check_text,
    check_version,
)
from jupyter_pipes.pipelines.catalog.inputs import built
from jupyter_pipes.pipelines.catalog.listing import PipelineCatalog
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.function_graph import function_graph
from jupyter_pipes.pipelines.functions import FunctionStep, function_steps
from jupyter_pipes.pipelines.graph import Graph, connect
from jupyter_pipes.pipelines.parameters import Parameter, from_mapping
from jupyter_pipes.pipelines.tagging import tagged
from jupyter_pipes.planning.plan import Plan, PlannedDecision, edges_of, foresee
from jupyter_pipes.planning.preparation import RunOptions, Values, decider_of
from jupyter_pipes.planning.request import Definition, RunRequest
from jupyter_pipes.runs.modules import one_of, program_named
from jupyter_pipes.runs.nesting.children import children_of
from jupyter_pipes.runs.nesting.requests import Children, Origin
from jupyter_pipes.runs.requesting.making import requested, values_in
from jupyter_pipes.runs.requesting.problems import observed, problems_on
from jupyter_pipes.runs.start import start, start_debugging, wait_or_cancel, warm_up
from jupyter_pipes.runs.taken.steps import TakenIn, folder_beside
from jupyter_pipes.runs.versions import state
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.execution.publishing.foreseeing import Foreseen
    from jupyter_pipes.history.models import KeptModel
    from jupyter_pipes.history.workspace import Workspace
    from jupyter_pipes.pipelines.notebook import NotebookFile
    from jupyter_pipes.planning.decision import Decision
    from jupyter_pipes.planning.explanation import Explanation
    from jupyter_pipes.runs.run import Run

FIRST_VERSION = "1.0.0"


class Pipeline:
    """Steps, parameters and the edges inferred between them.

    Args:
        name: the pipeline's name.
        steps: functions decorated with `@step`, in the order in which a notebook would have them.
        params: name -> default or `Parameter`.
        version: dotted numbers.
        callbacks: functions that are called in each of its runs, see `GivenCallbacks`.

    Raises:
        ParameterError, UsageError: a declaration that does not fit.
    """

    def __init__(
        self,
        name: str,
        steps: Sequence[FunctionStep[..., Any]] = (),
        params: Mapping[str, object] | None = None,
        *,
        version: str = FIRST_VERSION,
        **callbacks: Unpack[GivenCallbacks],
    ) -> None:
        self.callbacks = check_callbacks(callbacks)
        self.name = check_text("the name of a pipeline", name)
        self.version = check_version(version)
        steps = function_steps(steps)
        self.parameters: tuple[Parameter, ...] = from_mapping(check_mapping("params", params))
        self.graph: Graph = function_graph(steps, [parameter.spec for parameter in self.parameters])
        self.directory = Path.cwd()
        self.notebook: NotebookFile | None = None
        self.cells: tuple[Cell, ...] = ()
        self.plain_cells = self.declarations = self.cells
        self.origin = ""
        self.above: tuple[Origin, ...] = ()
        """Those pipelines whose step this one is, from the outermost."""
        self._children: Children | None = None
        self._project: Path | None = None
        self._as_written: Pipeline = self
        self._python_path = tuple(dict.fromkeys(each.folder for each in steps))

    @classmethod
    def from_cells(
        cls,
        name: str,
        cells: Sequence[Cell],
        directory: Path,
        diagnostics: Sequence[Diagnostic] = (),
        *,
        in_file: bool = True,
        version: str = FIRST_VERSION,
    ) -> Pipeline:
        """Return the pipeline of a notebook's cells, in their order; problems are in its graph."""
        pipeline, everything = cls(name, version=version), cells
        # What papermill puts in is no other code.
        written = [cell for cell in cells if not parameter_cells.is_papermills(cell)]
        declared, problems = parameter_cells.read(cells, (directory,))
        pipeline.parameters, pipeline.declarations = declared, parameter_cells.declaring(cells, declared)
        names, specs = [each.name for each in declared], [each.spec for each in declared]
        cells = [cell for cell in cells if not parameter_cells.injected(cell, names)]
        pipeline.plain_cells, graph = built(cells, specs, directory, in_file=in_file)
        diagnostics = (*diagnostics, *problems, *graph.diagnostics)
        pipeline.graph = msgspec.structs.replace(graph, diagnostics=diagnostics)
        pipeline.cells, pipeline.directory, pipeline._python_path = tuple(cells), directory, (directory,)
        if len(written) < len(everything):
            pipeline._as_written = cls.from_cells(name, written, directory, in_file=in_file)
        return pipeline

    @classmethod
    def from_notebook(cls, path: str | Path, pipeline: str | None = None) -> Pipeline:
        """Return a notebook's own pipeline, or the one of this name (`%pipeline use`); none of it is run.

        Raises:
            NotebookError, UsageError: it is no notebook, or has not just one such pipeline.
        """
        from jupyter_pipes.pipelines import notebook

        file = notebook.read(path)
        name, cells, problems = file.pipeline(pipeline)
        loaded = cls.from_cells(name, cells, file.directory, problems)
        loaded.notebook, loaded.origin = file, str(file.path)
        return loaded

    @classmethod
    def from_module(cls, path: str | Path, pipeline: str | None = None) -> Pipeline:
        """Return the pipeline, or that of this name, that a Python file defines (it is imported for that).

        Raises:
            NotebookError: the file cannot be imported, or has not just one such pipeline.
        """
        from jupyter_pipes.pipelines import notebook

        place = notebook.full_path(path)
        loaded = one_of(Pipeline, place, pipeline)
        loaded.stand_in(place)
        return loaded

    @classmethod
    def from_luigi(cls, task: object) -> Pipeline:
        """Return a task of Luigi, such as `Train(rows=10)`, and all that it requires as a pipeline.

        Raises:
            UsageError: a task cannot be a step; the message names it and says why.
        """
        from jupyter_pipes.runs.taken.luigi_tasks import steps_of

        return cls._taken_in(steps_of(task))

    @classmethod
    def from_kedro(cls, project: str | Path = ".", pipeline: str = "__default__", env: str = "") -> Pipeline:
        """Return a pipeline of the Kedro project in a folder, with its nodes as steps; it is run there.

        Raises:
            UsageError: there is none, or a node cannot be a step; the message names it and says why.
        """
        from jupyter_pipes.runs.taken.kedro_nodes import steps_of_project

        return cls._taken_in(steps_of_project(project, pipeline, env))

    @classmethod
    def _taken_in(cls, taken: TakenIn) -> Pipeline:
        pipeline = cls(taken.name, params=taken.parameters)
        pipeline.graph = connect(taken.steps, [parameter.spec for parameter in pipeline.parameters])
        pipeline._python_path, pipeline._project = taken.folders, taken.project
        pipeline.directory = taken.project or pipeline.directory
        return pipeline

    def stand_in(self, file: Path) -> None:
        """Have this be the pipeline that a file defines: its steps run in the file's folder."""
        self.origin, self.directory = str(file), folder_beside(file, self._project)

    def moved(self, directory: Path) -> Pipeline:
        """Return the same pipeline in another folder: its steps run there, its runs are kept there."""
        moved = copy(self)
        moved.directory, moved._python_path, moved._children = directory, (directory,), None
        return moved

    def tagged(self) -> Pipeline:
        """Return the pipeline that a notebook would be with every cell that computes something a step."""
        cells = tagged(self.cells)
        problems = [each for each in self.graph.diagnostics if each.code == "JP030"]
        pipeline = Pipeline.from_cells(self.name, cells, self.directory, problems, version=self.version)
        pipeline.notebook, pipeline.origin = self.notebook, self.origin
        return pipeline

    @classmethod
    def load(cls, path: str | Path, pipeline: str | None = None) -> Pipeline:
        """Return the pipeline, or that of this name, of a notebook (`.ipynb`) or of a module (`.py`)."""
        is_module = Path(check_path("the notebook or module", path)).suffix == ".py"
        return cls.from_module(path, pipeline) if is_module else cls.from_notebook(path, pipeline)

    @property
    def workspace(self) -> Workspace:
        """Where its runs and artifacts are kept."""
        return workspace_of(self.directory)

    @property
    def catalog(self) -> PipelineCatalog:
        """The names that the settings give formats and places, with who reads and writes them."""
        return PipelineCatalog(self.workspace.catalog, self.graph.steps, self.directory)

    def models(self, name: str | None = None) -> tuple[KeptModel, ...]:
        """Return the models that its runs kept (`current.model`), all or of one name, the oldest first."""
        from jupyter_pipes.history.models import kept_models

        name = "" if name is None else check_text("name", name)
        return kept_models(self.workspace.history, name, self.name) if self.workspace.has_history else ()

    def plan(self, *steps: str, **options: Unpack[RunOptions]) -> Plan:
        """Return what `run` with the same arguments would do, without running anything.

        Raises:
            InvalidPipeline: the pipeline has problems; `diagnostics` lists them.
            ParameterError, UsageError: an unknown step or parameter, or a value that does not fit.
            ArtifactMissing, ConfigurationError: what is to be taken is not kept; a strict entry loses types.
        """
        return Plan(self.name, tuple(step for step, _ in self.planned(*steps, **options)))

    def planned(self, *steps: str, **options: Unpack[RunOptions]) -> tuple[Foreseen, ...]:
        """Return the same with the decisions, and what formats of the catalog lose; raises as `plan`."""
        from jupyter_pipes.execution.publishing.foreseeing import with_losses

        return with_losses(self.foreseen(*steps, **options), self.definition(), self.workspace)

    def why(self, step: str, **options: Unpack[RunOptions]) -> Explanation:
        """Return why a run with these arguments would run the step or not, by lines; raises as `plan`."""
        from jupyter_pipes.planning.explanation import explain

        planned, decision = next(each for each in self.foreseen(step, **options) if each[0].name == step)
        explanation = explain(step, decision, self.workspace.history)
        return msgspec.structs.replace(explanation, edges=edges_of(planned.step, decision))

    def accept(self, *steps: str, params: Mapping[str, object] | None = None) -> None:
        """Hold the newest kept outputs of these steps for up to date, though code or inputs changed.

        Raises:
            ArtifactMissing: a step has no kept outputs.
            UsageError: a step that it reads from is not up to date itself: accept that as well, or run it.
            InvalidPipeline, ParameterError: as for `plan`.
        """
        from jupyter_pipes.planning.acceptance import accept

        request = self.request(*steps, params=params)
        accept(request, decider_of(request.definition, self.workspace), steps)

    def foreseen(
        self, *steps: str, **options: Unpack[RunOptions]
    ) -> Iterable[tuple[PlannedDecision, Decision]]:
        """Yield what a run with these arguments would do with each step, and why; raises as `plan`."""
        request = self.request(*steps, **options)
        return foresee(request, decider_of(request.definition, self.workspace))

    def kept(
        self, *steps: str, params: Mapping[str, object] | None = None
    ) -> dict[str, tuple[ArtifactRef, ...]]:
        """Return the artifacts of those steps whose kept results a run with these arguments would reuse.

        Raises:
            InvalidPipeline, ParameterError, UsageError: as for `plan`.
        """
        foreseen = self.foreseen(*steps, params=params or {})
        return {step.name: decision.result.artifacts for step, decision in foreseen if decision.result}

    def start(self, *steps: str, detach: bool = False, **options: Unpack[RunOptions]) -> Run:
        """Start a run of the steps (all, if none is named) and what they need; return at once.

        Args:
            steps: names of the steps to run.
            detach: hand the controller to `queue`: the run goes on without this process, and is followed.
            options: see `RunOptions`.

        Raises:
            InvalidPipeline: the pipeline has problems; `diagnostics` lists them.
            ParameterError, UsageError: an unknown step or parameter, or a value that does not fit.
            ArtifactMissing: outputs that are to be taken as they are, and are not kept.
        """
        controller = options.get("queue", LOCAL) if check_switch("detach", detach) else ""
        request = self.request(*steps, for_run=True, **options)
        return start(request, self.workspace, detached_to=controller)

    def run(self, *steps: str, debug: bool = False, check: bool = True, **options: Unpack[RunOptions]) -> Run:
        """Run the steps (all, if none is named) and what they need; return when the run has ended.

        An interrupt (Ctrl-C) cancels the run.

        Args:
            debug: run the steps in this process, so that a debugger can stop in them.
            check: whether a run that did not complete raises.
            steps, options: as for `start`.

        Raises:
            RunFailed, RunCancelled: it did not complete, and `check` is true.
            InvalidPipeline, ParameterError, UsageError, ArtifactMissing: as for `start`.
        """
        check = check_switch("check", check)
        if check_switch("debug", debug):
            run = self.start_debugging(*steps, **options)
        else:
            run = self.start(*steps, **options)
            wait_or_cancel(run)
        return run.check() if check else run

    def start_debugging(
        self, *steps: str, prepared: Callable[[Run], None] | None = None, **options: Unpack[RunOptions]
    ) -> Run:
        """Run in this thread with the inline executor, behind `prepared(run)`; an interrupt cancels it."""
        return start_debugging(self.request(*steps, for_run=True, **options), self.workspace, prepared)

    def request(self, *steps: str, for_run: bool = False, **options: Unpack[RunOptions]) -> RunRequest:
        """Return what a run with these arguments is to do.

        Args:
            for_run: whether to run what only running code tells of parameters.
            steps, options: as for `start`, and it raises what that does.
        """
        return requested(self, steps, options, for_run=for_run)

    def observed_graph(self) -> Graph:
        """Return the graph with what runs showed of it; one with cycles as its code has it."""
        return observed(self.graph, self.parameters, self.definition(), self.workspace)

    def definition(self) -> Definition:
        """Return what of the pipeline is kept with each run."""
        graph = self.graph
        return Definition(
            *(graph.steps, graph.parameters, graph.diagnostics),
            callbacks=graph.callbacks,
            retry_rules=graph.retry_rules,
            pipeline=self.name,
            declarations=self.declarations,
            directory=str(self.directory),
            python_path=tuple(map(str, self._python_path)),
            origin=self.origin,
            children=self.children.definitions,
        )

    @property
    def children(self) -> Children:
        """The pipelines that steps of it are (`--pipeline`), as they are when first asked for."""
        if self._children is None:
            self._children = children_of(self, Pipeline.load)
        return self._children

    @property
    def state_as_written(self) -> str:
        """The digest of its state without what papermill put in; "" where its definition has all of it."""
        return "" if self._as_written is self else state(self._as_written.graph)

    def warm_up(self) -> None:
        """Have what the steps import imported already, so that the first run starts at once."""
        warm_up(self.graph.steps, self._python_path)

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run the pipeline as a program: modules exported by version 0.2.0 call it, later ones call `main`.

        Raises:
            SystemExit: always, with the exit code.
        """
        program_named("module")(self, arguments)

    def export(self, path: str | Path, *, to: str | None = None, force: bool = False) -> None:
        """Write the pipeline as code: a Python module, or (`to="luigi"`) that of another engine.

        Raises:
            UsageError: the path does not fit, or somebody's file is there and `force` is false.
            NotebookError: a file cannot be written, or the engine has no words for what a step does.
        """
        program_named("export")(self, Path(path), to, None, force=force)

    def problems(
        self, selected: Iterable[str] | None = None, queue: str = LOCAL, graph: Graph | None = None
    ) -> tuple[Diagnostic, ...]:
        """Return the errors that keep these steps (all, if None) from running on `queue`, or their own."""
        of = graph or self.graph
        problems = problems_on(queue, of, self.children.problems, self.workspace, self.directory)
        steps = None if selected is None else (None, *selected)
        return tuple(each for each in problems if steps is None or each.step in steps)

    def values(self, said: Mapping[str, object], run: str = "") -> Values:
        """Return the values of all parameters; without the id of a run, as far as they are known before one.

        Raises:
            ParameterError, UsageError: an unknown parameter, or a value that does not fit it or an option.
        """
        return values_in(self.definition(), self.parameters, said, self.workspace, run)
