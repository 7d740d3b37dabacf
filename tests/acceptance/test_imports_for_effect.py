"""A module that is imported for what it does is there in every later step, and counts by what it does."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes import Run
from tests.conftest import MakePipeline

REGISTRY = """\
FOUND = {}

def register(f):
    FOUND[f.__name__] = f
    return f

def total():
    return sum(f() for f in FOUND.values())
"""
PLUGINS = """\
import pandas as pd
from registry import register

@register
def one():
    return 1

@pd.api.extensions.register_dataframe_accessor("shop")
class Shop:
    def __init__(self, frame):
        self.frame = frame

    def rows(self):
        return len(self.frame)

def apart():
    return 2
"""
CELLS = (
    "import pandas as pd\nimport plugins, inert, of_nobody\nimport registry\n"
    "from sklearn.experimental import enable_halving_search_cv",
    "%%step count\na = registry.total()",
    "%%step frame\nframe = pd.DataFrame({'x': [1, 2, 3]})\nb = frame.shop.rows()",
    "%%step element --map 'k in range(2)'\nc = registry.total() + k",
    "%%step search\nfrom sklearn.model_selection import HalvingGridSearchCV as H\nd = H.__name__",
    "%%step named\nimport inert\ne = inert.told()",
)


def ran(run: Run) -> set[str]:
    return {name for name, step in run.steps.items() if step.status == "completed"}


def test_what_modules_do_when_they_are_imported_holds_in_every_later_step(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    """Those of local modules count, an import of another name does not, and one that is missing is told."""
    (tmp_path / "registry.py").write_text(REGISTRY)
    (tmp_path / "plugins.py").write_text(PLUGINS)
    (tmp_path / "inert.py").write_text("def told():\n    return 1\n")
    run = pipeline_of(*CELLS).run()
    assert [run[name] for name in "abcde"] == [1, 3, [1, 2], "HalvingGridSearchCV", 1]
    told = (
        "import of_nobody (cell 1): ModuleNotFoundError: No module named 'of_nobody'; it names nothing of it"
    )
    assert told in run.steps["count"].notes

    more = (CELLS[0].replace("import registry", "import registry, inert as other"), *CELLS[1:])
    assert ran(pipeline_of(*more).run()) == set()

    (tmp_path / "plugins.py").write_text(PLUGINS.replace("return 2", "return 3"))
    assert ran(pipeline_of(*CELLS).run()) == set()

    (tmp_path / "plugins.py").write_text(PLUGINS.replace("return 1", "return 10"))
    assert pipeline_of(*CELLS).run()["c"] == [10, 11]
