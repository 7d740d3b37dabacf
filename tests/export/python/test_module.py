"""Rules of exported modules: they read well, and compute what the notebook computes."""

from __future__ import annotations

import ast
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jupyter_pipes.export.python import export_python, formatted
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.pipelines.parameter_types import Range
from jupyter_pipes.pipelines.parameters import Parameter, bind, from_mapping
from jupyter_pipes.pipelines.step_options import from_keywords
from tests.options import ALL_TOGETHER, CALLBACKS, TOGETHER

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import Cell


def cells_of(*sources: str) -> list[Cell]:
    """A notebook's cells; a source that begins with `#` and a space is Markdown."""
    return [
        cell_from_source(f"c{n}", n, source, "markdown" if source.startswith("# ") else "code")[0]
        for n, source in enumerate(sources, start=1)
    ]


def parameters_of(cells: list[Cell]) -> tuple[Parameter, ...]:
    return parameter_cells.read(cells)[0]


def export(*sources: str) -> str:
    cells = cells_of(*sources)
    parameters = parameters_of(cells)
    graph = build(cells, [parameter.spec for parameter in parameters])
    return export_python(graph, cells, parameters, "study", "study.ipynb")


class Loaded:
    """An exported module, loaded with stand-ins for `step` and `Pipeline` that record what they are given."""

    def __init__(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = ast.parse(text)
        self.shown: list[object] = []
        fake: Any = types.ModuleType("jupyter_pipes")
        fake.Parameter, fake.Range, fake.step, fake.Pipeline = Parameter, Range, self._step, self._pipeline
        fake.main = None
        monkeypatch.setitem(sys.modules, "jupyter_pipes", fake)
        monkeypatch.setattr("IPython.display.display", self.shown.append)
        self.namespace: dict[str, Any] = {"__name__": "study"}
        exec(compile(text, "study.py", "exec"), self.namespace)

    def run(self, **overrides: object) -> dict[str, Any]:
        """Call the steps in order; return the values of the parameters and of all outputs."""
        values = bind(from_mapping(self.params), overrides)
        for function in self.steps:
            code = function.__code__
            names = code.co_varnames[: code.co_argcount]
            result = function(**{name: values[name] for name in names})
            outputs = self.outputs(function.__name__)
            values |= (
                dict(zip(outputs, result if len(outputs) > 1 else (result,), strict=True)) if outputs else {}
            )
        return values

    def outputs(self, function: str) -> list[str]:
        (node,) = (n for n in self.tree.body if isinstance(n, ast.FunctionDef) and n.name == function)
        returned = node.body[-1].value if isinstance(node.body[-1], ast.Return) else None
        names = returned.elts if isinstance(returned, ast.Tuple) else [returned] if returned else []
        return [name.id for name in names if isinstance(name, ast.Name)]

    def _step(self, function: Any = None, /, **options: object) -> Any:
        if function is None:
            return lambda function: self._step(function, **options)
        function.options = options
        return function

    def _pipeline(self, name: str, *, steps: list[Any], params: dict[str, object] | None = None) -> object:
        self.name, self.steps, self.params = name, steps, params or {}
        return types.SimpleNamespace()


def run_as_notebook(cells: list[Cell]) -> dict[str, Any]:
    """Run all cells in order in one namespace, as a kernel does."""
    namespace: dict[str, Any] = {**bind(parameters_of(cells), {}), "__name__": "__main__"}
    for cell in cells:
        if cell.role in ("code", "setup", "step"):
            exec(compile(cell.body, f"cell {cell.number}", "exec"), namespace)
    return namespace


def test_what_a_user_says_of_a_step_stands_whole_in_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    text = export(CALLBACKS, "%%step first\nx = 1", f"%%step all {TOGETHER}\ny = x")
    *_, step = Loaded(text, monkeypatch).steps
    assert (step.__code__.co_varnames[:1], step.options.pop("name")) == (("x",), "all")
    # What it reads and writes is said by the function itself.
    assert from_keywords(**step.options) == replace(ALL_TOGETHER, inputs=None, outputs=None)


STUDIES = {
    "a chain": ["%%step a\nx = 1", "%%step b\ny = x + 1"],
    "names are read and written": ["%%step a\nx = 1", "%%step b\nx = x + 1", "%%step c\nx *= 3"],
    "mutation": ["%%step a\nxs = [1]", "%%step b\nxs.append(2)", "%%step c\nd = {'n': len(xs)}\nd['m'] = 2"],
    "helpers and constants": [
        "import math\nK = 2\ndef area(r):\n    return math.pi * r ** K",
        "%%step a\na = area(3)",
        "%%step b\nb = area(a)",
    ],
    "a helper that reads an output": [
        "def scaled(v):\n    return v * factor\ndef twice(v):\n    return scaled(v) * 2",
        "%%step a\nfactor = 3",
        "%%step b\ny = twice(4)",
    ],
    "a helper that reads a parameter": [
        "%%params\nn: int = 3",
        "def first(xs):\n    return xs[:n]",
        "%%step a\ny = first([1, 2, 3, 4])",
    ],
    "helpers that are given what they read": [
        "%%params\nn: int = 3\nk: int = 2",
        "def first(xs, *more, by=1, **rest):\n    return xs[: n * by]\n"
        "def both(xs):\n    # twice\n"
        "    return first(xs,) + first(\n        xs,  # again\n        by=k,\n    )",
        "%%step a\ny = both([1, 2, 3, 4])",
        "%%step b\nz = [f'{first(v)}' for v in [y, y]]\nw = f'''\n{first(y)}'''",
    ],
    "a helper that calls itself": [
        "%%params\nn: int = 3",
        "def down(i):\n    return [i] + down(i - 1) if i > -n else []",
        "%%step a\ny = down(2)",
        "%%step b\nz = down(len(y))",
    ],
    "a helper that is passed on": [
        "%%params\nn: int = 3",
        "def scaled(v):\n    return v * n\ndef both(v):\n    return scaled(v) + 1",
        "%%step a\ny = list(map(scaled, [1, 2])) + [both(3)]",
        "%%step b\nz = scaled(1) + both(2)",
    ],
    "a helper whose input has another meaning where it is called": [
        "%%params\nn: int = 3",
        "def scaled(v):\n    return v * n",
        "%%step a\ny = [scaled(n) for n in range(3)]",
        "%%step b\nz = (lambda n: scaled(n))(2)",
    ],
    "a default that reads a parameter": [
        "%%params\nn: int = 3",
        "def scaled(v, by=n):\n    return v * by",
        "%%step a\ny = scaled(2)",
    ],
    "a class that calls a helper": [
        "%%params\nn: int = 3",
        "def scaled(v):\n    return v * n\nclass A:\n    def get(self):\n        return scaled(2)",
        "%%step a\ny = A().get()",
        "%%step b\nz = A().get() + scaled(1)",
    ],
    "an input that a step binds anew": [
        "def scaled(v):\n    return v * x",
        "%%step a\nx = 2",
        "%%step b\ny = scaled(2)\nx = 3\nz = scaled(2)",
    ],
    "a constant made of a parameter": ["%%params\nn = 3", "m = n * 2", "%%step a\ny = m + 1"],
    "a constant bound anew between steps": [
        "k = 1",
        "%%step a\nx = k",
        "k = 2",
        "%%step b\ny = k",
    ],
    "a constant that a step changes": ["total = 1", "%%step a\ntotal += 1", "%%step b\ny = total"],
    "a constant built in several statements": [
        "xs = []\nfor i in range(3):\n    xs.append(i)\nxs.sort(reverse=True)",
        "%%step a\ny = xs[0]",
    ],
    "a constant that hides a builtin": ["max = 3", "%%step a\nx = max", "%%step b\ny = min([1, 2])"],
    "conditional names": [
        "%%params\nbig: bool = False",
        "%%step a\nx = 1\nif big:\n    x = 2\nelse:\n    z = 4",
        "%%step b\n"
        "try:\n    y = 1 / 0\nexcept ZeroDivisionError as error:\n    w = str(error)\n"
        "while False:\n    v = 1",
    ],
    "global in a function of the cell": [
        "%%step a\ncount = 0\ndef bump():\n    global count\n    count += 1\nbump()\nbump()",
    ],
    "a global that only functions bind": [
        "%%step a\ndef begin():\n    global state\n    state = {'k': 1}\nbegin()\ny = state['k']",
    ],
    "class bodies that read cell variables": [
        "%%step a\nn = 3\n"
        "class A:\n    size = n\n    def get(self):\n        return n + self.size\ny = A().get()",
    ],
    "a class used by two steps": [
        "%%step a\nclass P:\n    def __init__(self, v):\n        self.v = v\np = P(3).v",
        "%%step b\nq = P(p).v",
    ],
    "scopes": [
        "%%step a\nn = 2\nxs = [i * n for i in range(3) if (last := i) >= 0]\n"
        "f = sum(map(lambda v: v * n, xs))",
    ],
    "strings over several lines": ["%%step a\ntext = \"\"\"one\n  two\n\"\"\" + f'''{1 +\n 1}\n three'''"],
    "semicolons and comments": ["%%step a\n# first\nx = 1; y = 2  # both\n\n# last\nz = x + y;"],
    "imports in cells": [
        "from math import *",
        "%%step a\nimport os.path, json as j\nx = os.path.join('a', j.dumps(floor(2.5)))",
    ],
    "imports that disagree": [
        "from json import dumps",
        "%%step a\nx = dumps([1])",
        "from pickle import dumps",
        "%%step b\ny = dumps([1])",
    ],
    "names that are hard": [
        "%%step list\nlist = 3",
        "%%step class\nclass_ = list",
        "%%step 2nd-try\ny = class_",
        "%%step step\nstep = y",
        "%%step größe\ngröße = step",
    ],
    "a helper called as a step": ["def load():\n    return 3", "%%step load\nx = load()"],
    "another Pipeline": [
        "from sklearn.pipeline import Pipeline",
        "%%step a\np = Pipeline([('id', None)]).steps",
    ],
    "decorators and defaults": [
        "import functools",
        "%%step a\nn = 2\n@functools.lru_cache\ndef f(x, by=n):\n    return x * by\ny = f(3)",
    ],
    "a loop counter that a later step reads": ["%%step a\nfor i in [1, 2]:\n    pass", "%%step b\ny = i"],
    "set-up": ["%%setup\nimport random\nrandom.seed(7)\nK = 5", "%%step a\nx = K"],
    "set-up with a parameter": ["%%params\nn = 4", "%%setup\nK = [n]\nK.append(1)", "%%step a\nx = K"],
    "an appended cell": ["%%step a\nx = 1", "# More", "%%step a --append\ny = x + 1"],
    "a class that takes a cell's names over": [
        "%%params\nk: int = 2",
        "%%step a\nn = 3\nxs = [1]\n"
        "class A:\n    'n'\n    m = n * k\n    n: int = n + 1\n    xs = [n for n in xs]\n    o = n\n"
        "    def n2(self, k=k):\n        return n * k\n"
        "y = (A.m, A.n, A.xs, A.o, A().n2())",
        "%%step b\nclass B:\n    y = y\nz = B.y",
    ],
    "a guard": [
        "if __name__ == '__main__':\n    K = 2\n    # more\n    text = '''a\n    b'''\nelse:\n    K = 3",
        "%%step a\nif '__main__' == __name__: x = K\ny = len(text)",
    ],
    "a loop that binds what is handed on": [
        "%%step a\nfor i in range(n := 3):\n    x = i",
        "%%step b\ny = x + n",
    ],
    "an exception's name": ["%%step a\ntry:\n    int('x')\nexcept ValueError as e:\n    x = repr(e)\ny = 1"],
    "deleted names": ["%%step a\nx = 1\ny = x\ndel x"],
    "an empty step": ["%%step a\n", "%%step b\nx = 1"],
    "future imports": [
        "from __future__ import annotations\nimport math",
        "%%step a\nx: int = math.floor(2.5)",
    ],
    "a match": ["%%step a\nmatch [1, 2]:\n    case [p, *q]:\n        r = p\n    case _:\n        r = q = 0"],
    "a function that is bound twice": [
        "%%step a\ndef f():\n    return 1\nx = f()\ndef f():\n    return 2\ny = f()",
    ],
    "a global prelude counter": [
        "calls = 0\ndef count():\n    global calls\n    calls += 1\n    return calls",
        "%%step a\nx = count() + count()",
    ],
}


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_the_module_computes_what_the_notebook_computes(
    study: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every output of every step has the value that the name has in a kernel when the step's cell has run."""
    cells = cells_of(*study)
    graph = build(cells, [p.spec for p in parameters_of(cells)])
    assert not graph.errors
    text = export(*study)
    loaded = Loaded(text, monkeypatch)
    values = loaded.run()
    expected = run_as_notebook(cells)
    outputs = {name for function in loaded.steps for name in loaded.outputs(function.__name__)}
    for name in outputs:
        value = values[name]
        assert value == expected.get(name) or callable(value), (name, text)
    assert outputs == {name for step in graph.steps for name in step.writes}
    assert [function.options.get("name", function.__name__) for function in loaded.steps] == [
        step.name for step in graph.steps
    ]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_exporting_twice_gives_the_same_bytes(study: list[str]) -> None:
    assert export(*study) == export(*study)


STUDY = [
    "# A small study\n\nOf *two* steps.",
    "%load_ext jupyter_pipes\nimport os\nimport statistics\n\n"
    "# How far from the mean is far\nFAR = 2  # deviations",
    '%%params\nrows: int = 100  # rows to load\nkind: Literal["a", "b"] = "a"\nhalf = rows // 2',
    "def is_far(value):\n    return abs(value - mean) > FAR",
    "# Load\n\nSquares, from [nowhere](http://localhost).",
    "%%step load --retries 2 --retry-delay 10s --timeout 30m --memory 4G\n"
    "# squares\nxs = [i * i for i in range(rows)]\nlen(xs)",
    "%%step find-outliers --stage report --tags a,b --file data.csv\n"
    "mean = statistics.mean(xs)\nfar = list(filter(is_far, xs))\n\nfar[:5]",
]

MODULE = '''\
"""A small study

Of two steps.

Exported from study.ipynb by jupyter_pipes.
"""

import statistics
from typing import Literal

from IPython.display import display
from jupyter_pipes import Parameter, Pipeline, main, step

# How far from the mean is far
FAR = 2  # deviations


@step(retries=2, retry_delay="10s", timeout="30m", memory="4G")
def load(rows: int):
    """Load

    Squares, from nowhere.
    """
    # squares
    xs = [i * i for i in range(rows)]
    display(len(xs))
    return xs


@step(name="find-outliers", files=["data.csv"], stage="report", tags=["a", "b"])
def find_outliers(xs):
    def is_far(value):
        return abs(value - mean) > FAR

    mean = statistics.mean(xs)
    far = list(filter(is_far, xs))

    display(far[:5])
    return mean, far


pipeline = Pipeline(
    "study",
    steps=[load, find_outliers],
    params={
        "rows": Parameter(int, 100, help="rows to load"),
        "kind": Parameter(Literal["a", "b"], "a"),
        "half": Parameter(int, computed=lambda rows: rows // 2),
    },
)

if __name__ == "__main__":
    main(pipeline)
'''


def test_a_module_reads_as_a_colleague_would_have_written_it() -> None:
    assert export(*STUDY) == MODULE


def test_parameters_keep_type_default_and_help(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Loaded(export(*STUDY), monkeypatch)
    rows, kind, half = from_mapping(loaded.params)
    assert (rows.type, rows.default, rows.help) == (int, 100, "rows to load")
    assert kind.spec.choices == ("a", "b")
    assert (half.default, loaded.run(rows="10")["half"]) == (50, 5)


def test_the_last_expression_is_displayed_unless_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Loaded(
        export("%%step a\n1\n2", "%%step b\n3;", "%%step c\nprint(4)", "%%step d\n[].append(5)\n"),
        monkeypatch,
    )
    loaded.run()
    assert loaded.shown == [2]


def test_shell_lines_and_magics_become_plain_python() -> None:
    text = export("%%step a\nname = 'x'\n!echo {name}\n%env A=1\nname?\nfiles = !ls", "%%step b\n%time y = 1")
    assert "IPython" not in text
    assert "import os\nimport subprocess\n" in text
    assert 'subprocess.run(f"echo {name}", shell=True, check=False)' in text
    assert 'os.environ["A"] = "1"' in text
    assert "files = subprocess.run(" in text
    assert "pinfo" not in text
    assert "    y = 1\n" in text


def test_timed_cells_run_their_code_and_foreign_cells_their_magic() -> None:
    text = export("%%step a\n%%time\nx = 1", "%%step b\n%%bash\necho hi")
    assert "    x = 1\n    return x\n" in text
    assert 'subprocess.run(["bash", "-c", "echo hi"], check=True)' in text


def test_a_cell_that_awaits_becomes_a_coroutine() -> None:
    text = export("%%step a\nimport asyncio\nx = await asyncio.sleep(0, 3)", "%%step b\ny = x")
    assert "async def a():" in text
    assert "\ndef b(x):" in text


def test_only_reached_definitions_are_exported() -> None:
    text = export(
        "import os, sys\ndef used(): return sys.path\ndef unused(): return os", "%%step a\nx = used()"
    )
    assert "import sys" in text
    assert "import os" not in text
    assert "unused" not in text


def test_a_helper_that_reads_inputs_is_given_them_and_stands_at_the_top_once() -> None:
    """Not inside of each step that calls it, as a colleague would not have written that either."""
    text = export(
        "%%params\nn: int = 3",
        "def first(xs):\n    return xs[:n]",
        "%%step a\ny = first([1, 2, 3, 4])",
        "%%step b\nz = first(y)",
    )
    assert text.count("def first") == 1
    assert "\ndef first(xs, *, n):\n" in text
    assert "def b(y, n: int):\n    z = first(y, n=n)\n" in text


def test_star_imports_and_futures_stand_at_the_top() -> None:
    text = export("from math import *", "%%step a\nfrom __future__ import annotations\nx = floor(1.5)")
    assert text.index("from __future__") < text.index("from math import *") < text.index("step\n")
    assert "@jupyter_pipes.step" in text, "the star may bring a `step` of its own"


def test_docstrings_are_plain_text_whatever_the_markdown() -> None:
    doc = (
        "# T\n\n**Bold** `code` <b>html</b>\n\n- one\n- two\n\n```python\nx = 1\n```\n\n"
        '$\\alpha$ and """quotes"""'
    )
    text = export("import os", doc, "%%step a\nx = 1")
    function = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    written = ast.get_docstring(function)
    assert written == 'T\n\nBold `code` html\n\n- one\n- two\n\n$\\alpha$ and """quotes"""'


def test_a_pipeline_with_errors_is_not_exported() -> None:
    with pytest.raises(InvalidPipeline, match="nowhere") as caught:
        export("%%step a\nx = nowhere")
    assert caught.value.step == "a"
    assert caught.value.diagnostics


@pytest.mark.parametrize("study", [STUDY, *STUDIES.values()], ids=["a small study", *STUDIES])
def test_laying_out_an_exported_module_changes_nothing(study: list[str]) -> None:
    assert formatted(export(*study)) == export(*study)


def test_what_comes_before_imports_in_set_up_comes_before_them_in_the_module() -> None:
    """And each import that must stand below other code says why."""
    text = export(
        "import json\nimport local_code\nimport numpy",
        "%%setup\nimport os, sys\nsys.path.insert(0, 'lib')\nos.chdir(json.loads('lib'))",
        "%%step a\nx = local_code.f(numpy.pi)",
    )
    order = [
        "import json",
        "import os",
        "sys.path.insert",
        "os.chdir",
        "import local_code",
        "import numpy",
    ]
    places = [text.replace('"', "'").index(part) for part in order]
    assert places == sorted(places), text
    assert text.count("# noqa: E402 - the set-up above comes first") == 3
    assert formatted(text) == text


def test_an_import_behind_a_change_of_the_path_stays_in_its_step() -> None:
    text = export(
        "%%step a\nimport sys\nimport json\nsys.path.insert(0, 'lib')\nimport local_code\nx = local_code.f()"
    )
    assert "\nimport json" not in text, "it is not used at the top"
    assert "    import local_code\n" in text


def test_an_import_that_nothing_uses_stays_for_what_it_does_unless_it_does_nothing() -> None:
    text = export(
        "%%step a\nimport json\nimport local_code\nfrom typing import List\ndef f(x: 'List[int]'): ..."
    )
    assert "import json" not in text
    assert "import List\n" in text
    assert "import local_code  # noqa: F401 - for what importing it does\n" in text


def test_set_up_that_uses_magics_has_what_they_need() -> None:
    text = export("import numpy", "%%setup\n%env A=1", "%%step a\nx = numpy.pi")
    assert text.index("import os") < text.index("os.environ") < text.index("import numpy")


def test_a_class_that_perhaps_hides_a_name_that_it_reads_cannot_be_exported() -> None:
    with pytest.raises(NotebookError, match="class A reads n"):
        export("%%step a\nn = 1\nclass A:\n    if n:\n        n = 2\ny = A.n")


def test_functions_that_return_nothing_are_not_displayed() -> None:
    text = export("def tell(x):\n    print(x)", "%%step a\ntell(1)", "%%step b\nlen([1])")
    assert "    tell(1)\n" in text
    assert "    display(len([1]))\n" in text


def test_parameters_have_what_they_use_of_earlier_cells() -> None:
    text = export(
        "import datetime\nfrom enum import Enum\nclass Color(Enum):\n    RED = 1",
        "N = 3",
        "%%params\nday: datetime.date = datetime.date(2024, 1, 1)\nrows: int = N\ncolor: Color = Color.RED",
        "%%step a\nr = (day.isoformat(), rows, color.name)",
    )
    assert "from datetime import" not in text
    assert text.index("import datetime") < text.index("N = 3") < text.index("Parameter(datetime.date")
    assert text.count("class Color(Enum):") == 1


def test_a_definition_that_needs_an_output_when_it_runs_stands_in_its_steps() -> None:
    text = export(
        "%%step a\nDates = set\nDATES = Dates(['May 15'])",
        "def told(part) -> Dates:\n    return {d for d in DATES if part in d}",
        "%%step b\nr = told('May')",
    )
    assert "    def told(part) -> Dates:" in text


def test_callbacks_stand_where_the_steps_name_them() -> None:
    text = export("limit = 3", "def look(step, params): return limit > 2", "%%step a --before look\nx = 1")
    assert (
        text.index("limit = 3") < text.index("def look(step, params)") < text.index('@step(before=["look"])')
    )


def test_a_callback_that_reads_a_parameter_by_itself_is_refused() -> None:
    cells = (
        "%%params\nrows: int = 3",
        "def look(step, params): return rows > 2",
        "%%step a --before look\nx = rows",
    )
    with pytest.raises(NotebookError, match="function look, which uses parameters"):
        export(*cells)


def test_functions_for_retries_stand_there_too_and_exceptions_are_names_as_ever() -> None:
    text = export(
        "from elsewhere import Slow",
        "def busy(error, attempt): return attempt < 2",
        "%%step a --retries 2 --retry-on busy Slow KeyError\nx = 1",
    )
    said = '@step(retries=2, retry_on=["busy", "Slow", "KeyError"])'
    assert text.index("import Slow") < text.index("def busy(error, attempt)") < text.index(said)


def test_a_script_is_run_with_the_values_that_it_names() -> None:
    text = export(
        "%%params\nn: int = 3",
        "place = 'x.txt'\nother = 1",
        "%%step a\nword = 'w'",
        '%%step b --bash --retries 1\n# a $comment\necho "$n $word $HOME" > $place',
    )
    assert (
        "@step(retries=1)\ndef b(n: int, word):" in text or "@step(retries=1)\ndef b(word, n: int):" in text
    )
    call = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and "bash" in ast.unparse(node)
    )
    arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    assert ast.literal_eval(call.args[0]) == [
        *("bash", "-eo", "pipefail", "-c"),
        '# a $comment\necho "$n $word $HOME" > $place',
    ]
    names = "'n': str(n), 'word': str(word), 'place': str(place)"
    assert arguments == {"check": "True", "env": f"{{**os.environ, {names}}}"}
