"""Code of plain cells runs behind the changes that it may look at, as it stands in the notebook."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.states import OF_LOCAL_MODULES, state_of, state_of_module
from jupyter_pipes.execution.late_code import in_order_of_changes
from jupyter_pipes.model.steps import CodePiece, Step


def piece(
    source: str, name: str, cell: int, *uses: str, is_definition: bool = False, into: str = ""
) -> CodePiece:
    return CodePiece(
        f"cell {cell}",
        1,
        source,
        (name,),
        cell=cell,
        uses=uses,
        uses_at_once=uses,
        is_definition=is_definition,
        registers_in=(into,) if into else (),
    )


@pytest.mark.parametrize(
    ("state", "code", "is_late"),
    [
        (state_of("Base"), piece("n = Base.n", "n", 4, "Base"), True),
        (state_of("Base"), piece("n = Base.n", "n", 2, "Base"), False),
        (state_of("Base"), piece("n = x", "n", 4, "x"), False),
        (state_of("Base"), piece("class C(A): pass", "C", 4, "A", is_definition=True, into="Base"), True),
        (OF_LOCAL_MODULES, piece("n = own.n", "n", 4, "own"), True),
        (OF_LOCAL_MODULES, piece("n = math.n", "n", 4, "math"), False),
        (state_of_module("math"), piece("n = math.n", "n", 4, "math"), True),
        (state_of_module("math"), piece("n = own.n", "n", 4, "own"), False),
    ],
)
def test_code_that_may_look_at_a_change_before_it_is_late(state: str, code: CodePiece, is_late: bool) -> None:
    imports = (
        piece("import own", "own", 1, is_definition=True),
        piece("import math", "math", 1, is_definition=True),
    )
    writer = Step("writer", 0, "", "cell 3", cell=3)
    reader = Step("reader", 1, "", "cell 5", reads={state: "writer"}, prelude=(*imports, code))
    *kept, last = in_order_of_changes(reader, {"writer": writer}).prelude
    assert last.is_late == is_late
    assert not any(each.is_late for each in kept)
