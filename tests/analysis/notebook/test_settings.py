"""Which statements of other cells set something in a module, and which steps take them."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.states import OF_LOCAL_MODULES, is_of_modules, state_of_module
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source

IMPORTS = """
import decimal, locale, logging, os, random, sys, warnings
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from os import environ
from tools import seed_everything, make_table
"""
STEP = "%%step last\nx = (np, pd, plt, sns, decimal, random)"


def steps_of(*sources: str) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    cells = [cell_from_source(f"id-{place}", place, source)[0] for place, source in enumerate(sources, 1)]
    graph = build(cells)
    return {step.name: step for step in graph.steps}, graph.diagnostics


def taken(step: Step) -> list[str]:
    """Return the code that binds no name, which a step has for its effect alone."""
    return [piece.source for piece in step.prelude if not piece.names or "setLevel" in piece.source]


SETTINGS = [
    "np.random.seed(1)",
    "random.seed(0)",
    "seed_everything(3)",
    "pd.set_option('display.width', 99)",
    "pd.options.display.width = 99",
    "pd.DataFrame.shout = lambda self: 'x'",
    "setattr(pd.DataFrame, 'sho' + 'ut', lambda self: 'x')",
    "for name in ('a', 'b'):\n    setattr(np.random, name, 1)",
    "delattr(pd.DataFrame, 'shout')",
    "plt.rcParams['font.size'] = 3",
    "plt.rcParams.update({'font.size': 3})",
    "plt.style.use('ggplot')",
    "mpl.use('Agg')",
    "mpl.rc('lines', linewidth=3)",
    "sns.set_theme()",
    "warnings.filterwarnings('ignore')",
    "logging.basicConfig(level=20)",
    "logging.getLogger('x').setLevel(10)",
    "sys.path.append('lib')",
    "sys.path[:0] = ['lib']",
    "os.environ['K'] = 'v'",
    "environ['K'] = 'v'",
    "del os.environ['K']",
    "os.chdir('..')",
    "np.set_printoptions(precision=2)",
    "old = np.seterr(all='ignore')",
    "decimal.getcontext().prec = 5",
    "locale.setlocale(locale.LC_ALL, 'C')",
    "for k in ['a']:\n    pd.set_option(k, 1)",
    "try:\n    plt.style.use('x')\nexcept OSError:\n    pass",
    "%config InlineBackend.figure_format = 'svg'",
    "%matplotlib widget",
    "%env K=v",
]
NO_SETTINGS = [
    "plt.plot([1])",
    "plt.show()",
    "plt.gca().set_title('x')",
    "print(1)",
    "np.testing.assert_equal(1, 1)",
    "pd.read_csv('x.csv')",
    "make_table()",
    "np.setdiff1d([1], [2])",
    "np.apply_along_axis(len, 0, [])",
    "np.random.SeedSequence(1)",
    "%matplotlib inline",
    "for i in range(3):\n    np.random.seed(i)\n    print(i)",
    "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')",
    "def f():\n    np.random.seed(1)",
]


@pytest.mark.parametrize("source", SETTINGS)
def test_a_setting_goes_with_the_steps_behind_it_only(source: str) -> None:
    steps, _ = steps_of(IMPORTS, "%%step first\ny = (np, pd)", source, STEP)
    assert source in [piece.source for piece in steps["last"].prelude]
    assert source not in [piece.source for piece in steps["first"].prelude]


@pytest.mark.parametrize("source", NO_SETTINGS)
def test_what_sets_nothing_goes_with_no_step(source: str) -> None:
    steps, _ = steps_of(IMPORTS, source, STEP)
    assert source not in [piece.source for piece in steps["last"].prelude]


PLOTS, PRINTS = "plt.style.use('ggplot')", "pd.set_option('display.width', 99)"


@pytest.mark.parametrize(
    ("imports", "step", "expected"),
    [
        ("import matplotlib.pyplot as plt\nimport pandas as pd", "x = 1", []),
        ("import matplotlib.pyplot as plt\nimport pandas as pd", "x = pd.Series()", [PLOTS, PRINTS]),
        ("import matplotlib.pyplot as plt\nimport pandas as pd", "x = plt.figure()", [PLOTS]),
        ("import matplotlib.pyplot as plt\nimport pandas as pd", "import networkx\nx = 1", [PLOTS]),
    ],
)
def test_a_setting_goes_with_steps_that_reach_its_module(
    imports: str, step: str, expected: list[str]
) -> None:
    steps, _ = steps_of(imports, f"{PLOTS}\n{PRINTS}", f"%%step s\n{step}")
    assert taken(steps["s"]) == expected


def test_a_step_that_reads_a_modules_values_reaches_the_module() -> None:
    steps, _ = steps_of(
        "import pandas as pd",
        "pd.set_option('display.width', 99)",
        "%%step load\nframe = pd.DataFrame()",
        "%%step look\nprint(frame)",
        "%%step count\nn = 1",
    )
    assert taken(steps["look"]) == ["pd.set_option('display.width', 99)"]
    assert taken(steps["count"]) == []


def test_a_helper_that_sets_something_counts_where_it_is_called() -> None:
    helper = "def style(size):\n    inner(size)"
    steps, _ = steps_of(
        "import matplotlib.pyplot as plt",
        "def inner(size):\n    plt.rcParams['font.size'] = size",
        helper,
        "SIZE = 3",
        "style(SIZE)",
        "%%step s\nx = plt.figure()",
    )
    sources = [piece.source for piece in steps["s"].prelude]
    assert sources[-3:] == [helper, "SIZE = 3", "style(SIZE)"]


@pytest.mark.parametrize(
    "source",
    [
        "total = sum([1])\npd.DataFrame.share = lambda self: self / total",
        "total = sum([1])\ndef share(self):\n    return self / total\npd.DataFrame.share = share",
        "total = sum([1])\npd.DataFrame.share = property(lambda self: self / total)",
    ],
)
def test_a_method_that_looks_up_a_steps_value_is_set_and_the_value_read(source: str) -> None:
    steps, diagnostics = steps_of(IMPORTS, f"%%step first\n{source}", STEP)
    assert steps["last"].reads["total"] == "first"
    assert source.splitlines()[-1] in [piece.source for piece in steps["last"].prelude]
    assert "JP027" not in [each.code for each in diagnostics]


def test_a_value_that_is_bound_anew_before_the_reader_is_not_set_and_that_is_said() -> None:
    setting = "pd.set_option('display.width', total)"
    steps, diagnostics = steps_of(
        IMPORTS, f"%%step first\ntotal = sum([1])\n{setting}", "%%step second\ntotal = 2", STEP
    )
    assert setting not in [piece.source for piece in steps["last"].prelude]
    assert "JP027" in [each.code for each in diagnostics]


@pytest.mark.parametrize(
    "source",
    [
        "total = sum([1])\npd.DataFrame.scale = total",
        "total = sum([1])\nfor name in ['a']:\n    setattr(pd.DataFrame, name, total)",
        "old = pd.DataFrame.scale\npd.DataFrame.scale = 3\npd.DataFrame.scale = old",
        "old = put(pd.DataFrame, 'scale', 1)",
        "with suppress(KeyError):\n    pd.scale = 1",
        "print(pd.DataFrame.scale, put(pd, 'scale', 1))",
    ],
)
def test_attributes_of_modules_go_on_as_values_where_later_steps_cannot_set_them(source: str) -> None:
    """They need a value that may be another one later, or what sets them does other things as well."""
    helper = "def put(target, name, value):\n    setattr(target, name, value)\n    return value"
    cells = [f"{IMPORTS}\nfrom contextlib import suppress", helper, f"%%step first\n{source}"]
    steps, diagnostics = steps_of(*cells, "%%step second\ntotal = 2", STEP)
    assert steps["last"].reads[state_of_module("pandas")] == "first"
    assert not [piece for piece in steps["last"].prelude if "scale" in piece.source or "put(" in piece.source]
    assert "JP027" not in [each.code for each in diagnostics]


def test_steps_find_what_modules_hold_by_module_and_of_all_local_ones_together() -> None:
    steps, _ = steps_of(IMPORTS, "import mine.part\nfrom other import x", f"{STEP}\nmine, x")
    assert {state_of_module("pandas"), OF_LOCAL_MODULES} <= set(steps["last"].plain)
    assert not any("mine" in name or "other" in name for name in steps["last"].plain if is_of_modules(name))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", set[str]()),
        ("df.columns = []", {"columns", "rate"}),
        ("pd.scale = 3", set[str]()),
        ("change(pd)", set[str]()),
        ("y = change(pd)", {"rate"}),
        ("f = partial(setattr, pd)\nf('x', 1)", {"*", "rate"}),
        ("vars(pd)['x'] = 1", {"*", "rate"}),
    ],
)
def test_a_step_tells_which_attributes_only_its_process_may_have(source: str, expected: set[str]) -> None:
    """What later steps set as well is none of them; what functions of the notebook set is, if it calls."""
    helper = "def change(target):\n    target.rate = 2"
    steps, _ = steps_of(IMPORTS, helper, f"%%step last\n{source}")
    assert set(steps["last"].sets) == expected


HELPERS = """
def patch(target, name, value):
    setattr(target, name, value)
def patch_all(*targets, **values):
    for each in targets:
        for name, value in values.items():
            patch(each, name, value)
def widen(frames=pd.DataFrame):
    options = frames
    options.width = 9
def method_of(cls):
    def wrap(f):
        setattr(cls, f.__name__, f)
        return f
    return wrap
"""


@pytest.mark.parametrize(
    ("source", "is_taken"),
    [
        ("patch(pd, 'x', 1)", True),
        ("patch(target=pd.DataFrame, name='x', value=1)", True),
        ("patch(decimal.getcontext(), 'prec', 5)", True),
        ("patch_all(rows, pd.DataFrame, x=1)", True),
        ("for each in (pd.DataFrame, pd.Series):\n    patch(each, 'x', 1)", True),
        ("for name in ['x', 'y']:\n    patch(pd, name, 1)", True),
        ("widen()", True),
        ("widen(rows)", False),
        ("patch(rows, 'x', 1)", False),
        ("patch('pd', 'x', 1)", False),
        ("patch_all(rows, x=pd)", False),
        ("@method_of(pd.DataFrame)\ndef shout(self):\n    return 1", True),
        ("@method_of(rows)\ndef shout(self):\n    return 1", False),
    ],
)
def test_what_a_helper_sets_in_what_it_is_handed_is_set_where_it_is_called(
    source: str, is_taken: bool
) -> None:
    steps, _ = steps_of(IMPORTS, HELPERS, "rows = [1]", f"%%step first\ny = 1\n{source}", STEP)
    assert (source in [piece.source for piece in steps["last"].prelude]) == is_taken


def test_a_name_for_a_part_of_a_module_is_that_part() -> None:
    steps, _ = steps_of(
        "import logging",
        "logger = logging.getLogger('x')\nlogger.setLevel(10)",
        "rows = logging.Handler()\nrows.setLevel(3)",
        "%%step s\nx = 1",
    )
    assert taken(steps["s"]) == ["logger.setLevel(10)"]


def test_a_setting_of_a_step_holds_for_later_steps() -> None:
    steps, diagnostics = steps_of(
        "import os",
        "%%step a\nos.environ['K'] = 'v'\nx = 1",
        "%%step b\ny = os.environ['K']",
    )
    assert taken(steps["a"]) == []
    assert taken(steps["b"]) == ["os.environ['K'] = 'v'"]
    assert not diagnostics


@pytest.mark.parametrize(
    "cells",
    [
        ["%%step a\nv = 'K'\nwarnings.simplefilter(v)", "%%step b\ny = 1"],
        ["%%step a\nv = 'K'", "warnings.simplefilter(v)", "%%step b\ny = 1", "%%step c\nz = 1"],
    ],
)
def test_a_setting_that_needs_a_steps_value_is_made_behind_the_inputs_of_later_steps(
    cells: list[str],
) -> None:
    steps, diagnostics = steps_of("import warnings", *cells)
    assert [(piece.source, piece.is_late) for piece in steps["b"].prelude if "v" in piece.source] == [
        ("warnings.simplefilter(v)", True)
    ]
    assert steps["b"].reads == {"v": "a"}
    assert not [problem for problem in diagnostics if problem.code != "JP005"]


@pytest.mark.parametrize("source", ["plt.rcParams.update({'a': 1})", "plt.style.use('b')", "plt.x.y = 1"])
def test_a_set_up_cell_is_not_told_to_be_one(source: str) -> None:
    _, diagnostics = steps_of(f"%%setup\nimport matplotlib.pyplot as plt\n{source}", "%%step a\nx = 1")
    assert diagnostics == ()


@pytest.mark.parametrize("source", ["os.environ['K'] = str(v)", "os.chdir(v)", "set_up(v)"])
def test_what_any_code_may_see_goes_on_as_a_value_to_steps_that_do_not_name_it(source: str) -> None:
    """Child processes see the environment, libraries the working directory."""
    helper = "def set_up(value):\n    os.environ.update(K=value)"
    steps, _ = steps_of("import os", helper, f"%%step a\nv = '.'\n{source}", "%%step b\ny = 1")
    assert steps["b"].reads == {state_of_module("os"): "a"}
    assert source not in [piece.source for piece in steps["b"].prelude]


@pytest.mark.parametrize(
    "source",
    [
        "plt.rcParams['font.size'] = total",
        "style(total)",
        "logger.propagate = total",
        "set_option('display.width', total)",
    ],
)
def test_parts_of_modules_that_no_value_holds_are_set_in_later_steps_as_well(source: str) -> None:
    imports = "import matplotlib.pyplot as plt\nimport logging\nfrom pandas import set_option"
    helper = "def style(size):\n    plt.rcParams['font.size'] = size\nlogger = logging.getLogger('x')"
    step = "%%step last\nplt, logger, set_option"
    steps, _ = steps_of(imports, helper, f"%%step first\ntotal = 1\n{source}", step)
    assert [piece.source for piece in steps["last"].prelude if piece.source == source] == [source]


def test_once_a_step_hands_on_what_a_module_holds_later_steps_do_so_as_well() -> None:
    """Set again in the prelude of later ones, it would be so before what is handed on is there."""
    cells = ["%%step a\nv = 1\npd.scale = v", "%%step b\npd.scale += 1", "%%step c\ny = pd.scale"]
    steps, _ = steps_of("import pandas as pd", *cells)
    state = state_of_module("pandas")
    assert [steps[name].reads.get(state) for name in "abc"] == [None, "a", "b"]
    assert [piece.source for piece in steps["c"].prelude] == ["import pandas as pd"]


def test_settings_behind_one_that_waits_for_an_input_wait_as_well() -> None:
    cells = ["%%step a\nv = 1", "os.environ['K'] = str(v)", "os.environ['K'] = 'w'", "%%step b\ny = 1"]
    steps, _ = steps_of("import os", *cells)
    assert [piece.is_late for piece in steps["b"].prelude if "K" in piece.source] == [True, True]


@pytest.mark.parametrize(
    "cells",
    [
        ["%%step a\nv = 1", "os.environ['K'] = str(v)", "%%step c\nv = 2", "%%step b\ny = 1"],
        ["import lib", "%%step a\nv = [1]", "lib.set_up(v)", "%%step b\ny = lib.x"],
    ],
    ids=["the value is bound anew", "a function may change what it is handed"],
)
def test_a_setting_that_cannot_be_made_in_later_steps_is_told_once(cells: list[str]) -> None:
    steps, diagnostics = steps_of("import os", *cells)
    assert not [piece for piece in steps["b"].prelude if "v" in piece.uses]
    assert [problem.severity for problem in diagnostics if problem.code == "JP027"] == ["warning"]


def test_a_setting_may_need_a_parameter() -> None:
    cells = ["%%params\nseed = 3", "import random", "random.seed(seed)", "%%step a\nx = random.random()"]
    steps, diagnostics = steps_of(*cells)
    assert steps["a"].reads == {"seed": "params"}
    assert not diagnostics


VALUED = {
    "returns what it was given": "def set_up(n):\n    np.set_printoptions(precision=n)\n    return n",
    "returns a part": "def set_up(n):\n    logging.basicConfig(level=n)\n    return logging.getLogger()",
    "names a part": "def set_up(n):\n    log = logging.getLogger('x')\n    log.setLevel(n)\n    return log",
}


@pytest.mark.parametrize("helper", VALUED.values(), ids=VALUED)
def test_what_a_helper_sets_holds_in_later_steps_also_where_its_value_is_used(helper: str) -> None:
    steps, diagnostics = steps_of(IMPORTS, helper, "%%step first\nk = set_up(2)", STEP)
    assert "k = set_up(2)" in [piece.source for piece in steps["last"].prelude]
    assert not diagnostics


WORK = "def train(n):\n    {}\n    return np.linalg.inv(np.eye(n))"


@pytest.mark.parametrize(
    ("first", "sets", "told"),
    [
        ("%%step first\n", "np.set_printoptions(precision=n)", 1),
        ("%%step first\n", "plt.rcParams['font.size'] = n", 1),
        ("", "np.set_printoptions(precision=n)", 1),
        # The stream that it starts is handed on; so are a module's attributes, behind a step.
        ("%%step first\n", "np.random.seed(n)", 0),
        ("", "np.random.seed(n)", 0),
        ("%%step first\n", "pd.scale = n", 0),
        ("", "pd.scale = n", 1),
        ("", "with warnings.catch_warnings():\n        warnings.simplefilter('ignore')", 0),
    ],
)
def test_a_helper_that_makes_something_is_not_called_again_for_what_it_sets_and_that_is_told(
    first: str, sets: str, told: int
) -> None:
    steps, diagnostics = steps_of(IMPORTS, WORK.format(sets), f"{first}k = train(2)", STEP)
    assert "k = train(2)" not in [piece.source for piece in steps["last"].prelude]
    assert [problem.code for problem in diagnostics].count("JP027") == told


def test_a_step_that_has_a_statement_for_its_value_has_what_it_sets() -> None:
    helper = WORK.format("np.set_printoptions(precision=n)")
    _, diagnostics = steps_of(IMPORTS, helper, "k = train(2)", "%%step last\nx = k, np")
    assert not diagnostics


def test_what_a_step_sets_by_a_name_of_its_own_for_a_logger_holds_in_later_steps() -> None:
    first = "%%step first\nlog = logging.getLogger('x')\nlog.setLevel(10)"
    steps, _ = steps_of(IMPORTS, first, STEP)
    assert "logging.getLogger('x').setLevel(10)" in taken(steps["last"])
