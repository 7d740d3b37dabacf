"""A program for tests: the values of studies, as other engines computed them, against the notebook's."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

from jupyter_pipes import Pipeline
from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.verification.equality.walk import difference

Values = dict[str, Any]
"""Step and name, with a dot between, -> value."""


def of_notebook(study: dict[str, Any]) -> Values:
    """Run the notebook as a pipeline."""
    pipeline = Pipeline.from_notebook(study["notebook"])
    pipeline.run(params=study["params"])
    found = pipeline.kept(params=study["params"])
    return {
        f"{step}.{artifact.name}": pipeline.workspace.store.get(artifact)
        for step, artifacts in found.items()
        for artifact in values_among(artifacts)
        # What only runs show that a step leaves, no export of the notebook's text can know.
        if artifact.name in pipeline.graph.step(step).writes
    } | _published(study, Path(study["notebook"]).parent)


def _published(study: dict[str, Any], folder: Path) -> Values:
    """Take the files that the catalog names out of a folder."""
    return {f"file {name}": _taken(folder / name) for name in study["published"]}


def _taken(file: Path) -> bytes:
    content = file.read_bytes()
    file.unlink()
    return content


def of_luigi(study: dict[str, Any], folder: Path) -> tuple[Values, ModuleType]:
    """Run the exported tasks."""
    luigi = importlib.import_module("luigi")
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    flow = importlib.import_module(study["name"])
    wrapper = getattr(flow, study["name"].title().replace("_", ""))(**study["params"])
    assert luigi.build([wrapper], local_scheduler=True, log_level="WARNING"), "Luigi says that it failed"
    return _of_tasks(luigi, wrapper), importlib.import_module(f"{study['name']}_steps")


def _of_tasks(luigi: Any, task: Any) -> Values:
    values: Values = {}
    for each in luigi.task.flatten(task.requires()):
        values |= _of_tasks(luigi, each)
    if not isinstance(task, luigi.WrapperTask) and task.outputs != ("done",):
        there = [name for name, target in task.output().items() if target.exists()]
        step = type(task).__name__.lower()
        values |= {f"{step}.{name}": _read(task.output()[name]) for name in there}
    return values


def _read(target: Any) -> Any:
    pickle = importlib.import_module("pickle")
    with target.open("r") as file:
        return pickle.load(file)


def of_kedro(study: dict[str, Any], folder: Path) -> tuple[Values, ModuleType]:
    """Run the exported project."""
    project = folder / f"{study['name']}_project"
    os.chdir(project)
    importlib.import_module("kedro.framework.startup").bootstrap_project(project)
    session = importlib.import_module("kedro.framework.session").KedroSession
    with session.create(project_path=project, runtime_params=study["params"]) as opened:
        opened.run()
        catalog = opened.load_context().catalog
    package = importlib.import_module(f"{study['name']}_project.pipelines.{study['name']}")
    values: Values = {}
    for node in package.create_pipeline().nodes:
        for name in node.outputs:
            step = node.func.__name__
            values[f"{node.name}.{name.removeprefix(f'{step}_')}"] = catalog.load(name)
    return values, importlib.import_module(f"{package.__name__}.nodes")


class _Recorded:
    """What the components of a flow are called with, and what they return."""

    def __init__(self, flow: ModuleType, specs: list[dict[str, Any]]) -> None:
        self.calls: list[tuple[dict[str, Any], dict[str, Any], list[Any]]] = []
        for spec in specs:
            name = spec["function"].__name__
            setattr(flow, name, self._recording(spec, getattr(flow, name)))

    def _recording(self, spec: dict[str, Any], component: Any) -> Any:
        def call(**given: Any) -> Any:
            returned = component(**given)
            results = returned if len(spec["function_return"]) > 1 else [returned]
            self.calls.append((spec, given, results))
            return returned

        return call


def of_clearml(study: dict[str, Any], folder: Path) -> tuple[Values, ModuleType]:
    """Run the exported pipeline in this process, then the script of each task as an agent would."""
    os.environ["CLEARML_OFFLINE_MODE"] = "1"
    decorator = importlib.import_module("clearml.automation.controller").PipelineDecorator
    # One task of a controller does for all: to close each takes ten seconds without a server.
    importlib.import_module("clearml").Task.close = lambda self: None
    # Pipelines of one process are in each other's way there.
    decorator._added_decorator.clear()
    decorator._singleton = None
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    flow = importlib.import_module(f"{study['name']}_flow")
    recorded = _Recorded(flow, [*decorator._added_decorator])
    decorator.debug_pipeline()
    getattr(flow, study["name"])(**study["params"])
    debugged = {
        f"{spec['name']}.{name}": result._remoteref()
        for spec, _, results in recorded.calls
        for name, result in zip(spec["function_return"], results, strict=True)
        if name != "return_object"
    }
    of_agent = _as_agent(recorded, flow)
    assert debugged.keys() == of_agent.keys()
    for name, value in debugged.items():
        different = None if inspect.isfunction(value) else difference(value, of_agent[name])
        assert different is None or name in study["unlike"]["clearml"], (
            f"{name}, as the agent makes it: {different}"
        )
    has_shared = Path(f"{study['name']}_flow_shared.py").exists()
    return of_agent, importlib.import_module(f"{study['name']}_flow_shared") if has_shared else flow


class _Task:
    """What a task's script asks of ClearML's server, kept in this process."""

    kept: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, name: str, artifacts: dict[str, str]) -> None:
        self.name, self._inputs = name, artifacts

    @property
    def artifacts(self) -> dict[str, Any]:
        """The artifacts of the task, each to be loaded."""
        return {name: each for name, each in self.kept[self.name].items() if isinstance(each, _Artifact)}

    def connect(self, given: dict[str, Any], name: str) -> None:
        """Let a user change what is given: nobody does."""

    def set_progress(self, progress: int) -> None:
        """Take what the step tells."""

    def get_parameters(self, cast: bool) -> dict[str, Any]:
        """Return what is given by reference, and what was returned as a number or text."""
        returned = {f"return/{name}": each for name, each in self.kept.get(self.name, {}).items()}
        return {**{f"kwargs_artifacts/{name}": each for name, each in self._inputs.items()}, **returned}

    def upload_artifact(self, name: str, artifact_object: Any, serialization_function: Any, **_: Any) -> None:
        """Keep a value."""
        self.kept[self.name][name] = _Artifact(serialization_function(artifact_object))

    def _set_parameters(self, parameters: dict[str, Any], **_: Any) -> None:
        self.kept[self.name] |= {name.removeprefix("return/"): each for name, each in parameters.items()}


class _Artifact:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def get(self, deserialization_function: Any) -> Any:
        """Load the value."""
        return deserialization_function(self._content)


def _as_agent(recorded: _Recorded, flow: ModuleType) -> Values:
    """Run the script of each task by itself; values go from one to the other as ClearML keeps them."""
    clearml: Any = importlib.import_module("clearml")
    pipeline = importlib.import_module("clearml.automation.controller").PipelineDecorator._singleton
    # It would ask the server for the project, and git for changes.
    populate: Any = importlib.import_module("clearml.backend_interface.task.populate")
    populate.CreateAndPopulate = lambda **_: SimpleNamespace(create_task=lambda dry_run: {"script": {}})
    homes = {
        id(result): f"{spec['name']}.{name}"
        for spec, _, results in recorded.calls
        for name, result in zip(spec["function_return"], results, strict=True)
    }
    real, logger = clearml.Task, clearml.Logger
    reports = ("report_scalar", "report_single_value", "report_text")
    quiet = SimpleNamespace(**{name: lambda *_, **__: None for name in reports})
    clearml.Logger = SimpleNamespace(current_logger=lambda: quiet)
    _Task.kept.clear()
    try:
        for spec, given, _ in recorded.calls:
            references = {name: homes[id(value)] for name, value in given.items() if id(value) in homes}
            plain = {name: value for name, value in given.items() if name not in references}
            script = pipeline._create_task_from_function(
                **dict.fromkeys(("docker", "docker_args", "docker_bash_setup_script")),
                **dict.fromkeys(("auto_connect_frameworks", "auto_connect_arg_parser", "packages")),
                **dict.fromkeys(("project_name", "task_name", "task_type", "repo", "branch", "commit")),
                function=spec["function"],
                function_input_artifacts=references,
                function_kwargs={**spec["function_kwargs"], **plain},
                function_return=spec["function_return"],
                helper_functions=spec["helper_functions"],
            )["script"]["diff"]
            _Task.kept[spec["name"]] = {}
            task = _Task(spec["name"], references)
            clearml.Task = SimpleNamespace(
                init=lambda task=task, **_: task,
                current_task=lambda task=task: task,
                get_task=lambda task_id: _Task(task_id, {}),
            )
            exec(compile(script, spec["name"], "exec"), {"__name__": "__main__"})
    finally:
        clearml.Task, clearml.Logger = real, logger
    return {
        f"{step}.{name}": flow.deserialized(each._content) if isinstance(each, _Artifact) else each
        for step, values in _Task.kept.items()
        for name, each in values.items()
        if name != "return_object"
    }


ENGINES = {"luigi": of_luigi, "kedro": of_kedro, "clearml": of_clearml}


def differing(ours: Values, theirs: Values, module: ModuleType) -> dict[str, str]:
    """Return what differs, in words."""
    for definition in vars(module).values():
        # A class of the notebook and the same of the module are two classes.
        if inspect.isclass(definition) and definition.__module__ == module.__name__:
            _compile_alone(definition, module)
            definition.__module__ = "__main__"
    found = dict.fromkeys(sorted(ours.keys() ^ theirs.keys()), "is on one side only")
    for name in ours.keys() & theirs.keys():
        # A function stands inside of another one there; what it returns is another step's output.
        if not inspect.isfunction(theirs[name]) and (different := difference(ours[name], theirs[name])):
            found[name] = str(different)
    return found


def _compile_alone(definition: type, module: ModuleType) -> None:
    """Give methods the byte code of a cell: Python compiles calls of what the same text imports otherwise."""
    alone: dict[str, Any] = {}
    code = compile(inspect.getsource(definition), module.__name__, "exec", dont_inherit=True)
    exec(code, dict(vars(module)), alone)
    for name, member in vars(alone[definition.__name__]).items():
        function, own = (getattr(each, "fget", each) for each in (member, vars(definition)[name]))
        if inspect.isfunction(function) and inspect.isfunction(own):
            own.__code__ = function.__code__


def compared(studies: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """Return what differs, by study and engine."""
    ours = {study["name"]: of_notebook(study) for study in studies}
    # A figure that was loaded is the current one, which steps would draw into.
    importlib.import_module("matplotlib.pyplot").close("all")
    found: dict[str, dict[str, dict[str, str]]] = {name: {} for name in ours}
    # ClearML comes last: from then on `plt.show()` clears figures.
    for engine, run in ENGINES.items():
        for study in studies:
            if engine in study["folders"]:
                values, module = run(study, Path(study["folders"][engine]))
                values |= _published(study, Path.cwd())
                found[study["name"]][engine] = differing(ours[study["name"]], values, module)
    return found


def main(path: str) -> int:
    """Compare all studies of a file, print what differs, and return the exit code."""
    try:
        found = compared(json.loads(Path(path).read_text()))
    except Exception:  # what an engine raises may be anything
        traceback.print_exc()
        return 1
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # ClearML would wait for minutes for a server that is not there.
    os._exit(code)
