"""Names that only count loops are no results, unless somebody reads or keeps them."""

from __future__ import annotations

import pytest

from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source

LOOP = "for i in range(3):\n    pass"


@pytest.mark.parametrize(
    ("bodies", "writers"),
    [
        ([f"{LOOP}\nx = 1"], []),
        ([LOOP, "y = i"], ["s1"]),
        ([LOOP, "i = 5"], ["s1", "s2"]),
        (["i = 5", LOOP, "for j in range(2):\n    pass"], ["s1", "s2"]),
        ([LOOP, "y = i", LOOP], ["s1", "s3"]),
    ],
    ids=["nobody", "a reader", "bound later", "bound before", "again behind the reader"],
)
def test_a_loops_variable_is_kept_by_all_steps_or_by_none(bodies: list[str], writers: list[str]) -> None:
    """Else the value of an earlier step would stand for the one that the notebook ends with."""
    sources = [f"%%step s{place}\n{body}" for place, body in enumerate(bodies, 1)]
    graph = build([cell_from_source(f"id{at}", at, source)[0] for at, source in enumerate(sources, 1)])
    assert [step.name for step in graph.steps if "i" in step.writes] == writers
    assert not any("j" in step.writes for step in graph.steps)
