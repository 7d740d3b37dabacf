"""Rules of outputs: the last step that writes a name has its value; inputs are never written."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.catalog.outputs import Outputs, with_outputs_kept
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.storage.catalog.entries import Catalog, Entry

CATALOG = Catalog(
    (Entry("df", "csv", "df.csv"), Entry("each", "csv", "{step}.csv"), Entry("raw", "csv", "raw.csv"))
)
LOAD = Step("load", 0, "", "cell 1", writes=("df", "each", "raw", "other"), loads=("raw",))
CLEAN = Step("clean", 1, "", "cell 2", writes=("df", "each"))


@pytest.mark.parametrize(
    ("step", "name", "is_written"),
    [
        (LOAD, "df", False),
        (CLEAN, "df", True),
        (LOAD, "each", True),
        (LOAD, "raw", False),
        (LOAD, "other", False),
    ],
)
def test_the_last_step_that_writes_a_name_writes_its_place(step: Step, name: str, is_written: bool) -> None:
    """Each step does if `{step}` gives it a place of its own; what is read from its place is left alone."""
    assert (Outputs(CATALOG, (LOAD, CLEAN)).entry(step, name) is not None) == is_written


def test_a_step_that_was_seen_changing_a_value_writes_it() -> None:
    """Its code does not show it; runs did."""
    last = replace(CLEAN, name="last", position=2, writes=())
    outputs = Outputs(CATALOG, (LOAD, CLEAN, last), {"last": Observation(changed=("df",))})
    assert outputs.entry(CLEAN, "df") is None
    assert outputs.entry(last, "df") is not None


def test_outputs_that_the_catalog_names_are_kept_whatever_their_size() -> None:
    """They are written from what is kept."""
    kept = with_outputs_kept(Graph((LOAD, CLEAN)), CATALOG)
    assert [step.demanded for step in kept.steps] == [("each",), ("df", "each")]
    assert with_outputs_kept(kept, Catalog()) is kept
