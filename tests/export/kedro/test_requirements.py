"""A project asks for what its nodes import, and for no module of one's own."""

from __future__ import annotations

from jupyter_pipes.export.kedro.requirements import requirements
from jupyter_pipes.storage.catalog.entries import Entry

NODES = """
import os
import pandas as pd
from sklearn.linear_model import Ridge
from . import beside
import nobody_has_this


def fit():
    import yaml
"""


def test_a_project_needs_kedro_what_is_imported_and_what_is_asked_for() -> None:
    """Each once; of what comes with Python, lies beside or is nowhere, nothing."""
    asked = ["torch==2.6", "pandas"]
    assert requirements(
        NODES, [Entry("x", "parquet", library="polars"), Entry("y", "sql")], asked, of_functions=True
    ) == [
        "kedro>=1.0",
        "kedro-datasets",
        "cloudpickle",
        "PyYAML",
        "SQLAlchemy",
        "pandas",
        "polars",
        "scikit-learn",
        "torch==2.6",
    ]
    assert requirements("x = 1", [], [], of_functions=False) == ["kedro>=1.0", "kedro-datasets"]
