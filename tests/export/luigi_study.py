"""A program for tests: each study's values, as Luigi computed them, held against those of the notebook."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

from jupyter_pipes import Pipeline
from jupyter_pipes.analysis.states import values_among
from jupyter_pipes.verification.equality.walk import difference

# A dependency of this program only: whoever has no Luigi can check the types of it all the same.
luigi: Any = importlib.import_module("luigi")


def computed(task: Any) -> dict[str, Any]:
    """Return the values that a task and all before it kept, by class and name."""
    values: dict[str, Any] = {}
    for each in luigi.task.flatten(task.requires()):
        values |= computed(each)
    if isinstance(task, luigi.WrapperTask):
        return values
    for name, target in task.output().items():
        if target.exists():
            with target.open("r") as file:
                values[f"{type(task).__name__}.{name}"] = pickle.load(file)
    return values


def expected(study: dict[str, Any]) -> dict[str, Any]:
    """Run the notebook as a pipeline; return its values, by the class of the step's task and name."""
    pipeline = Pipeline.from_notebook(study["notebook"])
    pipeline.run(params=study["params"])
    found = pipeline.kept(params=study["params"])
    return {
        f"{step.title().replace('_', '')}.{artifact.name}": pipeline.workspace.store.get(artifact)
        for step, artifacts in found.items()
        for artifact in values_among(artifacts)
        # What only runs show that a step leaves, no export of the notebook's text can know.
        if artifact.name in pipeline.graph.step(step).writes
    }


def compared(study: dict[str, Any]) -> dict[str, str]:
    """Return what differs."""
    os.chdir(study["folder"])
    sys.path.insert(0, study["folder"])
    flow = importlib.import_module(study["flow"])
    steps = importlib.import_module(f"{study['flow']}_steps")
    wrapper = getattr(flow, study["flow"].title().replace("_", ""))
    if not luigi.build([wrapper(**study["params"])], local_scheduler=True, log_level="WARNING"):
        return {"luigi": "failed"}
    theirs, ours = computed(wrapper(**study["params"])), expected(study)
    for definition in vars(steps).values():
        # A class of the notebook and the same of the module are two classes.
        if inspect.isclass(definition) and definition.__module__ == steps.__name__:
            definition.__module__ = "__main__"
    names = {name for name in ours.keys() ^ theirs.keys() if not name.endswith(".done")}
    differing = dict.fromkeys(sorted(names), "is on one side only")
    for name in ours.keys() & theirs.keys():
        if inspect.isfunction(theirs[name]):
            # A later step calls it: by its code it is another one, as it stands inside of a function.
            continue
        if found := difference(ours[name], theirs[name]):
            differing[name] = str(found)
    return differing


if __name__ == "__main__":
    studies = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(json.dumps({name: compared(study) for name, study in studies.items()}) + "\n")
