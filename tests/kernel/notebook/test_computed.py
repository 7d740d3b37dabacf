"""What a kernel computes of defaults of parameters; what only a run tells is left to each run."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.kernel.notebook.computed import ComputedDefaults
from jupyter_pipes.pipelines.parameters import Parameter, from_mapping

STALE = object()


@pytest.mark.parametrize("reference", ["${load.df.rows}", "${run.id}", "after ${load.df}", "${params.other}"])
def test_a_default_that_only_a_run_tells_keeps_its_reference_and_is_no_variable(reference: str) -> None:
    namespace: dict[str, Any] = {"n": STALE}
    declared = from_mapping({"other": "${run.id}", "n": Parameter(Any, reference), "rows": 3})
    computed = ComputedDefaults(namespace)
    computed.set(declared)
    assert namespace == {"rows": 3}
    assert [computed.applied(each).default for each in declared] == ["${run.id}", reference, 3]


def test_a_default_that_refers_to_a_known_one_is_a_variable() -> None:
    namespace: dict[str, Any] = {}
    ComputedDefaults(namespace).set(from_mapping({"rows": 3, "n": Parameter(int, "${params.rows}")}))
    assert namespace == {"rows": 3, "n": 3}
