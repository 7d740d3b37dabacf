"""`%%time`, `%%capture` and `%time` around `%pipeline run` and `%%step` mean what they mean elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.pipelines.notebook import cell_from_source
from tests.kernels import run_cells


@pytest.mark.slow
def test_magics_run_around_a_run_and_around_a_step(tmp_path: Path) -> None:
    executed = run_cells(
        tmp_path,
        [
            "%load_ext jupyter_pipes",
            "%%step a\nx = 1",
            "%%time\n%pipeline run",
            "%%capture out\n%pipeline run",
            "%time %pipeline run",
            "# timed\n\n%%time\n%%step b\ny = x + 1",
            "run = %pipeline run",
            "%pipeline get y\ny",
        ],
    )
    assert [executed.error(cell) for cell in range(8)] == [("", "")] * 8
    assert "Wall time" in executed.text(2)
    assert "Wall time" in executed.text(4)
    assert "Wall time" in executed.text(5)
    assert executed.text(3) == ""
    assert executed.text(7) == "2"


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("%%time\n%%step a\nx = 1", "%%time\n\nx = 1"),
        ("# note\n\n%%capture out\n%%step a\n%%time\nx = 1", "\n\n%%capture out\n\n%%time\nx = 1"),
        ("# note\n\n%%step a\nx = 1", "\n\n\nx = 1"),
        ("%%step a", ""),
    ],
)
def test_what_is_above_a_step_and_about_its_code_is_part_of_it(source: str, body: str) -> None:
    cell, problems = cell_from_source("id", 1, source)
    assert (cell.role, cell.name, problems) == ("step", "a", ())
    assert cell.body == body


@pytest.mark.parametrize("role", ["params", "setup"])
def test_comments_may_stand_above_every_line_of_ours(role: str) -> None:
    cell, _ = cell_from_source("id", 1, f"# note\n\n  # more\n%%{role}\nx = 1")
    assert (cell.role, cell.body) == (role, "\n\n\n\nx = 1")
