"""A program for tests: the values of studies, as other engines computed them, against the notebook's."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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
    }


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


ENGINES = {"luigi": of_luigi, "kedro": of_kedro}


def differing(ours: Values, theirs: Values, module: ModuleType) -> dict[str, str]:
    """Return what differs, in words."""
    for definition in vars(module).values():
        # A class of the notebook and the same of the module are two classes.
        if inspect.isclass(definition) and definition.__module__ == module.__name__:
            definition.__module__ = "__main__"
    found = dict.fromkeys(sorted(ours.keys() ^ theirs.keys()), "is on one side only")
    for name in ours.keys() & theirs.keys():
        # A function stands inside of another one there; what it returns is another step's output.
        if not inspect.isfunction(theirs[name]) and (different := difference(ours[name], theirs[name])):
            found[name] = str(different)
    return found


def compared(study: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what differs, by engine."""
    ours = of_notebook(study)
    return {
        engine: differing(ours, *ENGINES[engine](study, Path(folder)))
        for engine, folder in study["folders"].items()
    }


if __name__ == "__main__":
    studies = json.loads(Path(sys.argv[1]).read_text())
    found = {study["name"]: compared(study) for study in studies}
    sys.stdout.write("\n" + json.dumps(found) + "\n")
