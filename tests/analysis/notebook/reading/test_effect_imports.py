"""Rules of imports that no step names: they run for what they do, and count by it."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source

STEP = "%%step s\nx = 1"


def prelude(*sources: str, name: str = "s") -> list[tuple[str, bool]]:
    return [(piece.source, piece.for_effect) for piece in step(*sources, name=name).prelude]


def step(*sources: str, name: str = "s") -> Step:
    cells = [cell_from_source(f"id-{place}", place, source)[0] for place, source in enumerate(sources, 1)]
    return build(cells).step(name)


@pytest.mark.parametrize(
    "source",
    [
        "import plugins",
        "import plugins.made as made",
        "from plugins import one",
        "from plugins import *",
        "import hvplot_like.pandas",
        "from sklearn.experimental import enable_halving_search_cv",
        "import pandas as pd",
        "%%step earlier\nimport plugins",
    ],
)
def test_an_import_that_nothing_names_goes_with_the_steps_behind_it(source: str) -> None:
    text = source.partition("\n")[2] or source
    assert prelude(source, STEP) == [(text, True)]
    assert prelude(STEP, source) == []


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("import pandas as pd", "%%step later\ny = pd.DataFrame()"),
        ("import pandas as pd", "y = pd.DataFrame()"),
        ("import pandas as pd", '%%step later --when "pd.isna(x)"\ny = 1'),
        ("import pandas as pd", "%time pd.DataFrame()"),
        ("import pandas as pd\nprint(pd.__version__)", "z = 1"),
        ("from sklearn import *", "z = 1"),
        ("import os, sys", "z = 1"),
        ("import jupyter_pipes", "z = 1"),
        ("from __future__ import annotations", "z = 1"),
    ],
)
def test_of_installed_modules_not_what_a_cell_names_nor_what_does_nothing(source: str, use: str) -> None:
    assert True not in [for_effect for _, for_effect in prelude(source, STEP, use)]


def test_a_local_module_goes_with_all_steps_whoever_names_it() -> None:
    cells = ("import plugins", STEP, "%%step later\ny = plugins.one(x)")
    assert prelude(*cells) == [("import plugins", True)]
    assert prelude(*cells, name="later") == [("import plugins", False)]


def test_a_step_s_own_import_is_its_own() -> None:
    assert prelude("%%step s\nimport plugins", "%%step s --append\nx = 1") == []


def test_it_runs_in_the_order_of_the_notebook_and_binds_nothing_of_the_step() -> None:
    sources = ("import sys\nsys.path.append('lib')", "from plugins import x", "%%step s\ny = 1")
    assert prelude(*sources) == [
        ("import sys", False),
        ("sys.path.append('lib')", False),
        ("from plugins import x", True),
    ]
    assert "x" not in step(*sources).plain
    assert step(*sources).imports == ("sys",)


def test_a_name_that_is_used_later_on_is_found_when_its_cell_is_added() -> None:
    """What is known of the cells before is not taken over."""
    sources = ("import pandas as pd", STEP)
    assert prelude(*sources) == [("import pandas as pd", True)]
    assert prelude(*sources, "%%step later\ny = pd.DataFrame()") == []
    assert prelude(*sources) == [("import pandas as pd", True)]
