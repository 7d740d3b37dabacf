"""Notebooks in the style of real ones, every computing cell a step, give what they give plainly."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.verification.verify import verify
from tests.truth.plain import PlainServer
from tests.truth.test_table import differences

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted(Path(__file__).with_name("notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_of_many_cells_gives_the_same(
    path: Path, tmp_path: Path, plain_server: PlainServer
) -> None:
    copied = shutil.copy(path, tmp_path)
    problems = differences(verify(Pipeline.from_notebook(copied).tagged(), run_plainly=plain_server))
    assert not problems, "\n".join(problems)


def test_there_are_fifteen_of_ten_to_forty_cells() -> None:
    sizes = [len(Pipeline.from_notebook(path).cells) for path in NOTEBOOKS]
    assert len(sizes) >= 15
    assert all(10 <= size <= 40 for size in sizes)
