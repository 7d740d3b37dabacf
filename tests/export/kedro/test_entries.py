"""Entries of our catalog that Kedro's can have: only where what is read or written is the same."""

from __future__ import annotations

import pytest

from jupyter_pipes.export.kedro.entries import keeps, lines_of
from jupyter_pipes.export.placing.catalogued import Use
from jupyter_pipes.storage.catalog.entries import Entry


@pytest.mark.parametrize(
    ("entry", "uses"),
    [
        (Entry("x", "csv", "a"), {"loaded"}),
        (Entry("x", "csv", "a", save={"index": False}), {"loaded", "left"}),
        (Entry("x", "parquet", "a"), {"loaded", "left", "handed on"}),
        (Entry("x", "parquet", "{params.n}"), set()),
        (Entry("x", "parquet", "{env.n}"), set()),
        (Entry("x", "parquet", "a", library="pyarrow"), set()),
        (Entry("x", "npy", "a"), set()),
        (Entry("x", "json", "a", load={"parse_float": "x"}), {"left"}),
        (Entry("x", "sql", "sqlite:///a", "t"), set()),
    ],
)
def test_kedro_has_what_is_the_same_there(entry: Entry, uses: set[Use]) -> None:
    every: tuple[Use, ...] = ("loaded", "left", "handed on")
    assert {use for use in every if keeps(entry, use)} == uses


def test_an_entry_has_its_dataset_place_options_and_versions() -> None:
    entry = Entry("x", "csv", "in/x.csv", load={"sep": ";"}, save={"index": False}, versioned=True)
    assert lines_of(entry) == [
        "  type: pandas.CSVDataset",
        "  filepath: in/x.csv",
        '  load_args: {"sep": ";"}',
        '  save_args: {"index": false}',
        "  versioned: true",
    ]
