"""Cells that compute become steps; cells that only import, define or set up stay plain."""

from __future__ import annotations

import pytest

from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.tagging import computes, tagged

PLAIN = (
    "import numpy as np\nfrom math import pi",
    "def f(x):\n    return x",
    '"""What follows."""\nclass A:\n    pass',
    "# only a comment",
    "",
    "%matplotlib inline",
    "%load_ext autoreload\n%autoreload 2\nimport os",
)
COMPUTING = (
    "x = 1",
    "f(3)",
    "import numpy as np\nnp.random.seed(1)",
    "%%time\nx = 1",
    "!ls",
    "%%sql\nselect 1",
    "(",
)


@pytest.mark.parametrize("source", PLAIN)
def test_what_only_defines_stays_plain(source: str) -> None:
    assert not computes(source)


@pytest.mark.parametrize("source", COMPUTING)
def test_what_does_more_computes(source: str) -> None:
    assert computes(source)


def test_a_computing_cell_is_a_step_with_its_number_for_a_name() -> None:
    sources = ("import math", "x = 1", "%%step named\ny = x", "%%setup\nimport os")
    cells = [cell_from_source(f"c{number}", number, text)[0] for number, text in enumerate(sources, 1)]
    assert [(cell.role, cell.name) for cell in tagged(cells)] == [
        ("code", ""),
        ("step", "cell_2"),
        ("step", "named"),
        ("setup", ""),
    ]
