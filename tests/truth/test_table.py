"""Small notebooks of every kind give as pipelines what they give plainly, or say why they cannot."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import InvalidPipeline
from jupyter_pipes.verification.findings import Verification
from jupyter_pipes.verification.verify import verify
from tests.conftest import MakePipeline
from tests.truth.plain import PlainServer
from tests.truth.table import Case, cases

pytestmark = pytest.mark.slow

CASES = list(cases())
PLAIN_CELLS = "plain_cells"
"""The kind of notebooks of which only those cells are steps that say so."""

NO_DIFFERENCE = ("equal", "only in the notebook", "only in the pipeline")
"""What a step does not keep because nobody reads it, and what a later one deletes, has no wrong value."""


def differences(verification: Verification) -> list[str]:
    """Return all that is not as in the plain run, in words; a second run that is not all cached as well.

    Open files, connections and generators are never kept: that is said, and is no difference.
    """
    names = [
        f"{each.name}{each.where} {each.outcome}: {each.notebook and each.notebook.repr} in the notebook, "
        f"{each.pipeline and each.pipeline.repr} in the pipeline {each.reason}"
        for each in verification.names
        if each.outcome not in NO_DIFFERENCE and "cannot be stored" not in each.reason
    ]
    failed = [f"step {each.place} {each.reason}" for each in verification.step_failures]
    plain = [f"plainly: {each.place} {each.reason}" for each in [verification.notebook_failure] if each]
    return [*names, *plain, *failed, *(f"rerun: {each.place}, {each.reason}" for each in verification.rerun)]


def outcome(
    pipeline_of: MakePipeline, server: PlainServer, cells: tuple[str, ...], *, as_written: bool = False
) -> list[str]:
    """Return how the notebook differs as a pipeline from its plain run.

    Each computing cell is a step, unless it is to be taken as written.
    """
    pipeline = pipeline_of(*cells)
    try:
        return differences(verify(pipeline if as_written else pipeline.tagged(), run_plainly=server))
    except InvalidPipeline as refusal:
        return [f"refused: {refusal}"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.name}")
def test_a_notebook_gives_as_a_pipeline_what_it_gives_plainly(
    case: Case, pipeline_of: MakePipeline, plain_server: PlainServer
) -> None:
    found = outcome(pipeline_of, plain_server, case.cells, as_written=case.kind == PLAIN_CELLS)
    is_refused = case.expected != "equal" and any(case.expected in each for each in found)
    assert is_refused or not found, "\n".join(found)


def test_the_table_has_many_notebooks_and_each_a_name() -> None:
    names = [(case.kind, case.name) for case in CASES]
    assert len(names) >= 120
    assert len(set(names)) == len(names)
