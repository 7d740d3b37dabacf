"""`Pipeline`: steps and parameters that can be planned and run, from a notebook, a module or functions."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from jupyter_pipes import background, params, planning
from jupyter_pipes import graph as graphs
from jupyter_pipes.errors import NotebookError, ParameterError
from jupyter_pipes.functions import FunctionStep
from jupyter_pipes.graph import Graph
from jupyter_pipes.injection import injected, with_values
from jupyter_pipes.model import ArtifactRef, Cell, Diagnostic, Step
from jupyter_pipes.params import Parameter
from jupyter_pipes.planning import Plan
from jupyter_pipes.validation import STRUCTURE_PROBLEMS, capacity_problems, invalid

if TYPE_CHECKING:
    from jupyter_pipes.decision import Decider
    from jupyter_pipes.executors.inline import InlineExecutor
    from jupyter_pipes.executors.local import LocalExecutor
    from jupyter_pipes.notebook import Document
    from jupyter_pipes.run import Run
    from jupyter_pipes.workspace import Workspace

FIRST_VERSION = "1.0.0"

PARAMETER_PROBLEM = "JP031"
"""The code of a diagnostic about a `%%params` cell."""


class Pipeline:
    """Steps, parameters and the edges inferred between them.

    Args:
        name: the pipeline's name.
        steps: functions decorated with `@step`, in the order in which a notebook would have them.
        params: name -> default or `Parameter`.
        version: dotted numbers.

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
    ) -> None:
        from jupyter_pipes.params import from_mapping

        self.name = name
        self.version = version
        self.parameters: tuple[Parameter, ...] = from_mapping(params or {})
        specs = [parameter.spec for parameter in self.parameters]
        self.graph: Graph = graphs.connect([each.resolve() for each in steps], specs)
        self.directory = Path.cwd()
        self.document: Document | None = None
        self.cells: tuple[Cell, ...] = ()
        self.origin = ""
        self._python_path = tuple(dict.fromkeys(_folder_of(each) for each in steps))

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
        pipeline = cls(name, version=version)
        declared, problems = _declared(cells)
        pipeline.parameters = declared
        names = [parameter.name for parameter in declared]
        cells = [cell for cell in cells if not injected(cell, names)]
        graph = graphs.build(cells, [parameter.spec for parameter in declared], in_file=in_file)
        found = (*diagnostics, *problems, *graph.diagnostics)
        pipeline.graph = msgspec.structs.replace(graph, diagnostics=found)
        pipeline.cells = tuple(cells)
        pipeline.directory = directory
        pipeline._python_path = (directory,)
        return pipeline

    @classmethod
    def from_notebook(cls, path: str | Path) -> Pipeline:
        """Return the pipeline of a notebook file, without running any of it.

        Raises:
            NotebookError: it cannot be read as a notebook.
        """
        from jupyter_pipes import notebook

        document = notebook.read(path)
        pipeline = cls.from_cells(
            document.path.stem, document.cells, document.directory, document.diagnostics
        )
        pipeline.document = document
        pipeline.origin = str(document.path)
        return pipeline

    @classmethod
    def from_module(cls, path: str | Path) -> Pipeline:
        """Return the pipeline that a Python file defines (it is imported for that).

        Raises:
            NotebookError: the file cannot be imported, or has no or several pipelines.
        """
        place = Path(path).expanduser().absolute()
        defined: dict[str, object] = _import(place).__dict__
        found = [value for value in defined.values() if isinstance(value, Pipeline)]
        if len(set(map(id, found))) != 1:
            raise NotebookError(f"{place} defines {len(found)} pipelines; define one: pipeline = Pipeline(…)")
        pipeline = found[0]
        pipeline.origin, pipeline.directory = str(place), place.parent
        return pipeline

    @classmethod
    def load(cls, path: str | Path) -> Pipeline:
        """Return the pipeline of a notebook (`.ipynb`) or of a module (`.py`)."""
        return cls.from_module(path) if Path(path).suffix == ".py" else cls.from_notebook(path)

    @property
    def workspace(self) -> Workspace:
        """Where its runs and artifacts are kept."""
        return _workspace(self.directory)

    def plan(
        self, *steps: str, params: Mapping[str, object] | None = None, force: Iterable[str] = ()
    ) -> Plan:
        """Return what `run` with the same arguments would do, without running anything.

        Raises:
            InvalidPipeline: the pipeline has problems; `diagnostics` lists them.
            ParameterError, UsageError: an unknown step or parameter, or a value that does not fit.
        """
        selected = self._selected(steps)
        values = self._values(params or {})
        forced = self._forced(force)
        foreseen = planning.foresee(self.graph, self._decider(), selected, values, forced)
        return Plan(self.name, tuple(step for step, _ in foreseen))

    def kept(
        self, *steps: str, params: Mapping[str, object] | None = None
    ) -> dict[str, tuple[ArtifactRef, ...]]:
        """Return the artifacts of those steps whose kept results a run with these arguments would reuse.

        Raises:
            InvalidPipeline, ParameterError, UsageError: as for `plan`.
        """
        selected, values = self._selected(steps), self._values(params or {})
        foreseen = planning.foresee(self.graph, self._decider(), selected, values, frozenset())
        return {step.name: decision.result.artifacts for step, decision in foreseen if decision.result}

    def _decider(self) -> Decider:
        from jupyter_pipes.decision import Decider

        return Decider(self.workspace, self.name, self._python_path)

    def start(
        self,
        *steps: str,
        params: Mapping[str, object] | None = None,
        force: Iterable[str] = (),
        fail_fast: bool = False,
    ) -> Run:
        """Start a run of the steps (all, if none is named) and what they need; return at once.

        Args:
            steps: names of the steps to run.
            params: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
            force: steps to run whatever is kept; `all` for every one.
            fail_fast: whether the first failure cancels everything else.

        Raises:
            InvalidPipeline: the pipeline has problems; `diagnostics` lists them.
            ParameterError, UsageError: an unknown step or parameter, or a value that does not fit.
        """
        return self._start(_local_executor(), steps, params, force, fail_fast)

    def run(
        self,
        *steps: str,
        params: Mapping[str, object] | None = None,
        force: Iterable[str] = (),
        fail_fast: bool = False,
        debug: bool = False,
        check: bool = True,
    ) -> Run:
        """Run the steps (all, if none is named) and what they need; return when the run has ended.

        An interrupt (Ctrl-C) cancels the run.

        Args:
            debug: run the steps in this process, so that a debugger can stop in them.
            check: whether a run that did not complete raises.
            steps, params, force, fail_fast: as for `start`.

        Raises:
            RunFailed, RunCancelled: it did not complete, and `check` is true.
            InvalidPipeline, ParameterError, UsageError: as for `start`.
        """
        if debug:
            run = self.start_debugging(*steps, params=params, force=force, fail_fast=fail_fast)[0]
        else:
            run = self.start(*steps, params=params, force=force, fail_fast=fail_fast)
            wait_or_cancel(run)
        return run.check() if check else run

    def start_debugging(
        self, *steps: str, params: Any, force: Iterable[str], fail_fast: bool, prepared: Any = None
    ) -> tuple[Run, InlineExecutor]:
        """Run in this thread with the inline executor; `prepared(run)` is called before the first step.

        An interrupt cancels the run.
        """
        from jupyter_pipes import events as ev
        from jupyter_pipes.executors.inline import InlineExecutor

        executor = InlineExecutor(background.loop())
        run = self._start(executor, steps, params, force, fail_fast)
        run.subscribe(lambda _, record: executor.close() if isinstance(record.event, ev.RunEnded) else None)
        if run.has_ended:
            executor.close()
        try:
            if prepared is not None:
                prepared(run)
            executor.work()
        except KeyboardInterrupt:
            if not run.status.is_final:
                run.cancel()
                executor.work()
        run.wait()
        return run, executor

    def warm_up(self) -> None:
        """Have what the steps import imported already, so that the first run starts at once."""
        imports = tuple(dict.fromkeys(name for step in self.graph.steps for name in step.imports))
        places = tuple(str(path) for path in self._python_path)
        background.loop().call_soon_threadsafe(_local_executor().warm_up, places, imports)

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run the pipeline as a program: parameters become options (`--rows 10`), steps arguments."""
        from jupyter_pipes.cli import run_pipeline

        program: str = getattr(sys.modules["__main__"], "__file__", "")
        self.origin = str(Path(program).absolute())
        self.directory = Path(self.origin).parent
        raise SystemExit(run_pipeline(self, list(sys.argv[1:] if arguments is None else arguments)))

    def problems(self, selected: Iterable[str] | None = None) -> tuple[Diagnostic, ...]:
        """Return the errors that keep these steps (all, if None) from running."""
        steps = [step.name for step in self.graph.steps] if selected is None else list(selected)
        found = (*self.graph.errors, *capacity_problems(self.graph, _local_executor()))
        return tuple(problem for problem in found if problem.step is None or problem.step in steps)

    def _start(
        self,
        executor: Any,
        steps: Sequence[str],
        given: Mapping[str, object] | None,
        force: Iterable[str],
        fail_fast: bool,
    ) -> Run:
        from jupyter_pipes.controller import Controller, RunRequest
        from jupyter_pipes.run import Run

        selected = self._selected(steps)
        values = self._values(given or {})
        request = RunRequest(
            run=f"{datetime.now():%Y%m%d-%H%M%S}-{uuid4().hex[:4]}",
            pipeline=self.name,
            version=self.version,
            graph=self.graph,
            selected=selected,
            parameters=values,
            shown_parameters=self.shown_parameters(given or {}),
            directory=self.directory,
            python_path=self._python_path,
            forced=self._forced(force),
            fail_fast=fail_fast,
            origin=self.origin,
        )
        workspace = self.workspace
        _ = workspace.history, workspace.store
        controller = Controller(request, workspace, executor, background.loop())
        run = Run(workspace, request.run, controller)
        background.call(controller.start)
        return run

    def _selected(self, steps: Sequence[str]) -> tuple[str, ...]:
        for name in steps:
            self.graph.step(name)
        if any(problem.code in STRUCTURE_PROBLEMS for problem in self.problems()):
            raise invalid(self.problems())
        selected = (
            graphs.needed(self.graph, steps) if steps else tuple(step.name for step in self.graph.steps)
        )
        problems = self.problems(selected)
        if problems:
            raise invalid(problems)
        return selected

    def _forced(self, force: Iterable[str]) -> frozenset[str]:
        names = list(force)
        if "all" in names:
            return frozenset(step.name for step in self.graph.steps)
        return frozenset(self.graph.step(name).name for name in names)

    def _values(self, given: Mapping[str, object]) -> dict[str, dict[str, Any]]:
        """Return, for each step, the values of the parameters that it reads."""
        for_all, by_step = params.split_overrides(given)
        values = params.bind(self.parameters, for_all)
        own = {name: {**params.bind(self.parameters, {**for_all, **said})} for name, said in by_step.items()}
        for name, said in by_step.items():
            self._check_reads(self.graph.step(name), said)
        return {
            step.name: {name: own.get(step.name, values)[name] for name in step.parameters}
            for step in self.graph.steps
        }

    def _check_reads(self, step: Step, names: Iterable[str]) -> None:
        for name in names:
            if name not in step.parameters:
                known = ", ".join(step.parameters) or "none"
                message = f"step {step.name} does not read parameter {name}; it reads: {known}"
                raise ParameterError(message, step=step.name)

    def shown_parameters(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the values of all parameters as a run's `params` has them, `STEP.NAME` included."""
        for_all, by_step = params.split_overrides(given)
        values = params.bind(self.parameters, for_all)
        own = {
            f"{step}.{name}": params.bind(self.parameters, said)[name]
            for step, said in by_step.items()
            for name in said
        }
        return {name: params.to_json(value) for name, value in {**values, **own}.items()}


def wait_or_cancel(run: Run) -> None:
    """Wait for a run; an interrupt cancels it and waits for its end."""
    try:
        run.wait()
    except KeyboardInterrupt:
        run.cancel()
        run.wait()


def _declared(cells: Sequence[Cell]) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    declared: tuple[Parameter, ...] = ()
    problems: list[Diagnostic] = []
    # papermill puts its cell at the top when no cell is tagged for it.
    for cell in sorted(cells, key=lambda cell: cell.role != "params"):
        try:
            declared = _with_cell(cell, declared)
        except ParameterError as error:
            problems.append(Diagnostic(PARAMETER_PROBLEM, error.message, None, error.line or 1, cell.number))
    return declared, problems


def _with_cell(cell: Cell, declared: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    if cell.role == "params":
        new = params.declare(cell.body, declared)
        replaced = {parameter.name for parameter in new}
        return (*(each for each in declared if each.name not in replaced), *new)
    return with_values(declared, injected(cell, [each.name for each in declared]))


@cache
def _workspace(directory: Path) -> Workspace:
    from jupyter_pipes.workspace import Workspace

    return Workspace(directory)


@cache
def _local_executor() -> LocalExecutor:
    from jupyter_pipes.executors.local import LocalExecutor

    return LocalExecutor(background.loop())


def _folder_of(step: FunctionStep[..., Any]) -> Path:
    """Return the folder from which the function's top-level module is imported."""
    path = Path(inspect.getfile(step.function)).absolute()
    depth = 0 if step.function.__module__ == "__main__" else step.function.__module__.count(".")
    return path.parents[depth]


def _import(path: Path) -> ModuleType:
    if not path.is_file():
        raise NotebookError(f"there is no file {path}; check the path")
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not name.isidentifier():
        raise NotebookError(f"{path} cannot be imported as a module; give it a name of letters, digits and _")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NotebookError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module
