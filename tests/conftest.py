"""What tests of several files need: a notebook made of a few cells, as a pipeline; which tests are slow."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from hypothesis import settings

from jupyter_pipes.runs.pipeline import Pipeline
from tests.unit import UNIT, NoProcesses

MakePipeline = Callable[..., Pipeline]

SLOW_FOLDERS = {"acceptance", "browser"}

# How long an example takes is no property of the code, but of what else the machine does.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Have the unit tests start no processes."""
    if config.option.markexpr == UNIT:
        config.pluginmanager.register(NoProcesses())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Have the unit tests not even read what they leave out as a whole: None of the rest is decided here."""
    return (config.option.markexpr == UNIT and collection_path.name in SLOW_FOLDERS) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives the program from outside."""
    for item in items:
        if item.path.parent.name in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Have no test pay for the thousands of others: the collector looks no more at what is there by now."""
    gc.collect()
    gc.freeze()


@contextmanager
def _as_outside_of_pytest() -> Generator[None]:
    """Take away the variable that pytest changes from test to test.

    What starts steps serves runs of one environment only: as in a kernel, one shall serve many runs.
    """
    name = "PYTEST_CURRENT_TEST"
    test = os.environ.pop(name, None)
    try:
        yield
    finally:
        if test is not None:
            os.environ[name] = test


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, bool | None, bool | None]:
    """Call a test."""
    with _as_outside_of_pytest():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, object, object]:
    """Set a fixture up."""
    with _as_outside_of_pytest():
        return (yield)


@pytest.fixture
def pipeline_of(tmp_path: Path) -> MakePipeline:
    """Return a function that writes code cells into a notebook and reads it as a pipeline."""

    def make(*cells: str, name: str = "made", folder: Path | None = None) -> Pipeline:
        path = (folder or tmp_path) / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        found = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=found), path)
        return Pipeline.from_notebook(path)

    return make
