"""Elements of a `--map` as the attempt that looks for them takes and keeps them."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from jupyter_pipes.execution.worker.mapping.elements import all_of, keep_elements
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.mapping.clauses import MOST_ELEMENTS
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.storage.artifacts import ArtifactStore


def test_elements_without_end_are_refused_in_words() -> None:
    with pytest.raises(PipesError, match=f"more than {MOST_ELEMENTS:,} elements"):
        all_of((number,) for number in count())


def test_as_many_as_there_may_be_are_taken() -> None:
    assert len(all_of((number,) for number in range(MOST_ELEMENTS))) == MOST_ELEMENTS


@pytest.mark.parametrize("number", [0, 1, 450])
def test_all_elements_are_told_of_in_order_some_at_a_time(tmp_path: Path, number: int) -> None:
    told: list[ev.AnyEvent] = []
    step = Step("m", 0, "", "cell 1", options=StepOptions(map=("x in xs",)))
    store = ArtifactStore(tmp_path)
    keep_elements(Job("r", "p", step, 1), store, [(each,) for each in range(number)], told.append)
    facts = [fact for fact in told if isinstance(fact, ev.StepsAdded)]
    assert [fact.first for fact in facts] == list(range(0, number or 1, 200))
    values = [value for fact in facts for (value,) in fact.values]
    assert [store.get(value.named("x")) for value in values] == list(range(number))
