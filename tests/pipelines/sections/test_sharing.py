"""Plain cells are everybody's, but what reads another pipeline's values is run with that one only."""

from __future__ import annotations

import pytest

from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.sections.division import OWN, Division, divided, owners
from jupyter_pipes.pipelines.sections.sharing import cells_of_others


def division_of(*cells: str) -> Division:
    read = [cell_from_source(f"c{number}", number, cell)[0] for number, cell in enumerate(cells, 1)]
    return divided(read, cells, owners(cells, "made"), ())


A = ("%pipeline use a", "%%step load\nxs = [1]")
B = ("%pipeline use b", "%%step load\nys = [1]")


@pytest.mark.parametrize(
    ("cells", "others_of_a"),
    [
        ((*A, "len(xs)", *B, "len(ys)"), ["len(ys)"]),
        ((*B, "n = len(ys)", "print(n)", *A, "len(xs)"), ["n = len(ys)", "print(n)"]),
        ((*B, "def f():\n    return ys", *A, "ys = 2", "ys"), ["def f():\n    return ys"]),
        ((*B, *A, "%%step own\nys = 1", "len(ys)"), []),
        ((*B, *A, "nowhere", "import math", "math.pi"), []),
        ((*B, "%%step rest --pipeline c.ipynb --out zs", "# ys\n", *A, "len(zs)"), ["len(zs)"]),
        (("x = 1", "%%step own\ny = x", "print(y)"), ["print(y)"]),
    ],
)
def test_a_plain_cell_belongs_to_those_that_make_what_it_reads(
    cells: tuple[str, ...], others_of_a: list[str]
) -> None:
    division = division_of(*cells)
    found = cells_of_others(division, "a")
    assert [cell.source for cell in division.cells if cell.id in found] == others_of_a


def test_a_notebook_of_one_pipeline_shares_all_its_cells() -> None:
    assert not cells_of_others(division_of("x = 1", "%%step own\ny = x", "print(y)", "nowhere"), OWN)
