"""Which code may list folders by compiled code."""

from __future__ import annotations

import pytest

from jupyter_pipes.execution.worker.observation.listings import reads_folders_natively


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("import pyarrow.dataset as ds", True),
        ("from pyarrow import csv, dataset", True),
        ("import datasets", True),
        ("pl.scan_csv('*.csv')", True),
        ("from kedro_datasets.pandas.csv_dataset import CSVDataset", False),
        ("node('dataset: pandas.CSVDataset')", False),
        ("dataset = 1", False),
    ],
)
def test_only_code_that_calls_such_a_library_may(code: str, reads: bool) -> None:
    assert reads_folders_natively(code) is reads
