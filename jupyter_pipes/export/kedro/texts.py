"""What is the same in all projects."""

REPORTS = {
    "metric": '''def {name}(name: str, value: float, *, at: float | None = None) -> None:
    """Say what was measured."""
    {logger}.info("%s = %s%s", name, value, "" if at is None else f" at {{at}}")''',
    "progress": '''def {name}(done: float, total: float = 0, text: str = "") -> None:
    """Say how far the step is."""
    {logger}.info("%s of %s %s", done, total or "?", text)''',
    "log": '''def {name}(text: object) -> None:
    """Write a line into the log."""
    {logger}.info("%s", text)''',
}
"""Method of `current` -> a function that stands in for it."""

LOGGER = "{logger} = {logging}.getLogger(__name__)"
"""Where Kedro shows what nodes log."""

PACKAGES = '''"""The pipeline {name}.

{origin}
"""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
'''
"""The package of the pipeline, as Kedro finds it."""

PIPELINE = '''"""The nodes of {name}.

{origin}
"""

from kedro.pipeline import Node, Pipeline

from . import nodes


def create_pipeline(**kwargs: object) -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            {nodes}
        ]
    )
'''
"""The pipeline itself."""

REGISTRY = '''"""The pipelines of this project.

{origin}
"""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Return name -> pipeline; `kedro run` runs all of them."""
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(pipelines.values())
    return pipelines
'''
"""The module that Kedro asks for pipelines."""

SETTINGS = '''"""Settings of Kedro, all as Kedro has them.

{origin}
"""
'''
"""The module that Kedro asks for settings."""

TESTS = '''"""The pipeline has the shape that the notebook had.

{origin}
"""

from {package}.pipelines.{pipeline} import create_pipeline


def test_nodes() -> None:
    assert sorted(node.name for node in create_pipeline().nodes) == {nodes}


def test_edges() -> None:
    pipeline = create_pipeline()
    edges = {{
        node.name: sorted(each.name for each in parents)
        for node, parents in pipeline.node_dependencies.items()
        if parents
    }}
    assert edges == {edges}


def test_inputs_and_outputs() -> None:
    assert sorted(create_pipeline().inputs()) == {inputs}
    assert sorted(create_pipeline().outputs()) == {outputs}
'''
"""Tests of the pipeline's shape."""

PROJECT = """\
# {origin}
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "0.1.0"
requires-python = ">=3.10"
# What the notebook imports and its catalog needs, in any version.
dependencies = [
{dependencies}]

[tool.kedro]
package_name = "{package}"
project_name = "{name}"
kedro_init_version = "1.0.0"
source_dir = "src"

[tool.setuptools.packages.find]
where = ["src"]

[tool.pytest.ini_options]
pythonpath = ["src"]

[tool.ruff]
line-length = 100
src = ["src"]
"""
"""The project's own file."""
