"""Small notebooks -> edges, preludes and diagnostics; random notebooks behave as in one kernel."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.model.steps import Cell, ParameterSpec, Step, StepOptions
from jupyter_pipes.pipelines.graph import Graph, build, connect, descendants, needed, order


def cells(*sources: str, **options: StepOptions) -> list[Cell]:
    """Read each text as a cell by its first line; `# md` marks Markdown; options by step name."""
    made: list[Cell] = []
    for number, source in enumerate(sources, 1):
        head = source.partition("\n")[0].split()
        role, name = "code", ""
        if head[:1] == ["#md"]:
            role, source = "markdown", source.partition(" ")[2]
        elif head[:1] in (["%%params"], ["%%setup"]):
            role = head[0][2:]
        elif head[:1] == ["%%step"]:
            role, name = "step", head[1]
        append = "--append" in head
        made.append(Cell(f"c{number}", number, role, source, name, options.get(name, StepOptions()), append))
    return made


def graph(*sources: str, **options: StepOptions) -> Graph:
    return build(cells(*sources, **options))


def edges(built: Graph) -> dict[str, dict[str, str]]:
    return {step.name: step.reads for step in built.steps}


def errors(built: Graph) -> list[tuple[str, str | None, int, int]]:
    return [(found.code, found.step, found.cell, found.line) for found in built.errors]


def prelude(built: Graph, name: str) -> list[str]:
    return [code.source for code in built.step(name).prelude]


A = "%%step a\nx = 1"

EDGES = {
    "a name comes from the step that wrote it": (
        [A, "%%step b\ny = x + 1"],
        {"a": {}, "b": {"x": "a"}},
    ),
    "the nearest earlier writer wins": (
        [A, "%%step b\nx = x + 1", "%%step c\nprint(x)"],
        {"a": {}, "b": {"x": "a"}, "c": {"x": "b"}},
    ),
    "a mutated name is read and written": (
        ["%%step a\nxs = [1]", "%%step b\nxs.append(2)", "%%step c\nxs[0] = 5", "%%step d\nprint(xs)"],
        {"a": {}, "b": {"xs": "a"}, "c": {"xs": "b"}, "d": {"xs": "c"}},
    ),
    "a parameter is read from params, and from the step that writes it anew after that": (
        ["%%params\nrows = 5", "%%step a\nr = rows", "%%step b\nrows = rows + 1", "%%step c\nprint(rows)"],
        {"a": {"rows": "params"}, "b": {"rows": "params"}, "c": {"rows": "b"}},
    ),
    "a helper's free names are reads of the step that calls it": (
        ["def total():\n    return x * rate", "%%params\nrate = 2", A, "%%step b\ny = total()"],
        {"a": {}, "b": {"rate": "params", "x": "a"}},
    ),
    "a helper may call one that is defined behind it": (
        ["def f():\n    return g()", "def g():\n    return x", A, "%%step b\ny = f()"],
        {"a": {}, "b": {"x": "a"}},
    ),
    "a helper in a step's cell is code, what it needs of that cell is an edge": (
        ["%%step a\nk = 3\ndef f():\n    return k", "%%step b\ny = f()"],
        {"a": {}, "b": {"k": "a"}},
    ),
    "a method's free names are reads": (
        ["class M:\n    def run(self):\n        return x", A, "%%step b\ny = M().run()"],
        {"a": {}, "b": {"x": "a"}},
    ),
    "untagged code that needs a parameter makes it a read": (
        ["%%params\nrows = 5", "half = rows // 2", "%%step a\ny = half"],
        {"a": {"rows": "params"}},
    ),
    "a name that a step binds on some paths only may come from before": (
        [A, "%%step b\nif len('b'):\n    x = 2", "%%step c\nprint(x)"],
        {"a": {}, "b": {"x": "a"}, "c": {"x": "b"}},
    ),
    "imports are no edges, nor are changes of what they bring": (
        [
            "import os\nimport matplotlib.pyplot as plt",
            "%%step a\nplt.title('x')\nos.environ['k'] = 'v'\n1",
            "%%step b\nplt.show(); os.getcwd()",
        ],
        {"a": {}, "b": {}},
    ),
    "imports in a step's cell are code for later steps": (
        ["%%step a\nimport json\nx = json.dumps(1)", "%%step b\ny = json.loads(x)"],
        {"a": {}, "b": {"x": "a"}},
    ),
    "a definition behind a value hides it": (
        ["%%step a\nf = 1", "def f():\n    return 2", "%%step b\ny = f()"],
        {"a": {}, "b": {}},
    ),
    "a value behind a definition hides it": (
        ["def f():\n    return 2", "%%step a\nf = 1", "%%step b\ny = f"],
        {"a": {}, "b": {"f": "a"}},
    ),
    "an untagged cell that no step reads may do what it likes": (
        [A, "x = x + 1\ny = x", "%%step b\nz = 1"],
        {"a": {}, "b": {}},
    ),
    "a helper reads what the calling step binds itself": (
        ["def f():\n    return k", "%%step a\nk = 1\ny = f()"],
        {"a": {}},
    ),
    "a helper reads what was there before the calling step binds it": (
        ["k = 0\ndef f():\n    return k", "%%step a\ny = f()\nk = 1", "%%step b\ny = f()\nk = 2"],
        {"a": {}, "b": {"k": "a"}},
    ),
    "what a helper reads and the calling step binds need not be there before": (
        ["def f():\n    return k", A, "k = x + 1", "%%step b\nk = 1\ny = f()"],
        {"a": {}, "b": {}},
    ),
    "a set-up cell's parameters are reads of every step": (
        ["%%params\nseed = 1", "%%setup\nimport random\nrandom.seed(seed)", A],
        {"a": {"seed": "params"}},
    ),
    "a builtin with a new meaning is a name like any other": (
        ["%%step a\nid = 5", "%%step b\nprint(id)"],
        {"a": {}, "b": {"id": "a"}},
    ),
    "a helper that changes a global makes the step that calls it a writer": (
        ["seen = []\ndef log(v):\n    seen.append(v)", "%%step a\nlog(1)", "%%step b\nprint(seen)"],
        {"a": {}, "b": {"seen": "a"}},
    ),
    "shell lines read names": (
        ["%%step a\nname = 'x'", "%%step b\n!echo {name}"],
        {"a": {}, "b": {"name": "a"}},
    ),
}


@pytest.mark.parametrize("case", EDGES)
def test_edges(case: str) -> None:
    sources, expected = EDGES[case]
    built = graph(*sources)
    assert errors(built) == []
    assert edges(built) == expected


PRELUDES = {
    "only what is reached": (
        ["import json\nimport math\n", "a = 1\nb = 2", "def f():\n    return math.pi + a", "%%step s\nf()"],
        ["import math", "a = 1", "def f():\n    return math.pi + a"],
    ),
    "decorators and several lines as written": (
        ["from functools import cache\n\n@cache\ndef f(\n    x,\n):\n    return x  # same", "%%step s\nf(1)"],
        ["from functools import cache", "@cache\ndef f(\n    x,\n):\n    return x  # same"],
    ),
    "changes of a reached name": (
        ["xs = []", "xs.append(1)\nxs[0] = 3", "for i in range(3):\n    xs.append(i)", "%%step s\nprint(xs)"],
        ["xs = []", "xs.append(1)", "xs[0] = 3", "for i in range(3):\n    xs.append(i)"],
    ),
    "nothing that only shows": (["x = 1\nx\nprint(x)\n%whos\n!ls", "%%step s\ny = x"], ["x = 1"]),
    "what sets something for all": (["%config A.b = 1", "%%step s\ny = 1"], ["%config A.b = 1"]),
    "shell output that is kept": (["files = !ls", "%%step s\nprint(files)"], ["files = !ls"]),
    "both branches' past where a binding is conditional": (
        ["x = 1", "if len('a') > 3:\n    x = 2", "%%step s\ny = x"],
        ["x = 1", "if len('a') > 3:\n    x = 2"],
    ),
    "not what is surely bound anew": (["x = 1", "x = 2", "%%step s\ny = x"], ["x = 2"]),
    "a value as it was where it was read": (
        ["x = 1", "y = x + 1", "x = 5", "%%step s\nz = x + y"],
        ["x = 1", "y = x + 1", "x = 5"],
    ),
    "a global as it was when a helper was called, and as it is now": (
        ["x = 1\ndef f():\n    return x", "y = f()", "x = 7", "%%step s\nz = f() + y"],
        ["x = 1", "def f():\n    return x", "y = f()", "x = 7"],
    ),
    "calls of helpers that change a reached name": (
        ["xs = []\ndef f():\n    xs.append(1)\ndef g():\n    f()", "print(1)\ng()", "%%step s\nprint(xs)"],
        ["xs = []", "def f():\n    xs.append(1)", "def g():\n    f()", "g()"],
    ),
    "two statements on one line": (["a = 'ä'; b = 2; c = 3", "%%step s\nprint(b)"], ["b = 2"]),
    "of an import the names that are needed": (
        [
            "import math, json, os.path\nfrom time import (\n    sleep,\n    time as now,\n)",
            "%%step s\ny = math.sqrt(now())",
        ],
        ["import math", "from time import time as now"],
    ),
    "a choice between imports": (
        [
            "%%step a\ntry:\n    import ujson as js\nexcept ImportError:\n    import json as js\nx = 1",
            "%%step s\njs.dumps(1)",
        ],
        ["try:\n    import ujson as js\nexcept ImportError:\n    import json as js"],
    ),
    "star imports when a name may come from them": (
        ["from math import *", "%%step s\ny = cos(0)"],
        ["from math import *"],
    ),
    "future imports in any case": (
        ["from __future__ import annotations\nx = 1", "%%step s\ny = 1"],
        ["from __future__ import annotations"],
    ),
    "code under %%time": (["%%time\nx = 1\ny = 2", "%%step s\nprint(x)"], ["x = 1"]),
    "nothing of a cell that times": (["x = 1", "%%timeit\nx = 2", "%%step s\nprint(x)"], ["x = 1"]),
}


@pytest.mark.parametrize("case", PRELUDES)
def test_prelude_is(case: str) -> None:
    sources, expected = PRELUDES[case]
    built = graph(*sources)
    assert errors(built) == []
    assert prelude(built, "s") == expected


ERRORS = {
    "undefined": (["%%step a\n\ny = nothing"], [("JP010", "a", 1, 3)], "nothing"),
    "bound where the code does not show it": (
        ["exec(text)", "def f():\n    exec(text)", "%%step a\ny = nothing"],
        [("JP010", "a", 3, 2)],
        "If cell 1 binds it in a way that cannot be seen (exec, globals()), say so in its first line: "
        "%%step NAME --out nothing.",
    ),
    "bound by a step whose code does not show it": (
        ["%%step made\nglobals()['v_' + kind()] = 1", "%%step a\ny = v_x"],
        [("JP010", "a", 2, 2)],
        "%%step made --out v_x",
    ),
    "a name that resembles one": (
        [A, "%%step b\nvalue = 1", "%%step c\nvalu"],
        [("JP010", "c", 3, 2)],
        "value",
    ),
    "undefined in a helper that the step calls": (
        ["def f():\n    return nothing", "%%step a\ny = f()"],
        [("JP010", "a", 2, 2)],
        "through f (cell 1, line 2)",
    ),
    "only later": (["%%step a\ny = x", "%%step b\nx = 1"], [("JP011", "a", 1, 2)], "later step b (cell 2)"),
    "untagged and later": (["%%step a\ny = x", "x = 1"], [("JP010", "a", 1, 2)], "only later, in cell 2"),
    "untagged code needs an output": (
        [A, "z = 0\ny = x + 1", "%%step b\nprint(y)"],
        [("JP012", "b", 3, 2)],
        "cell 2 computes from x (line 2), an output of step a",
    ),
    "untagged code calls a helper that needs an output": (
        ["def f():\n    return x", A, "y = f()", "%%step b\nprint(y)"],
        [("JP012", "b", 4, 2)],
        "tag this cell",
    ),
    "untagged code changes an output": (
        [A, "x = x + 1", "%%step b\nprint(x)"],
        [("JP012", "b", 3, 2)],
        "tag this cell",
    ),
    "untagged code changes an output in place": (
        ["%%step a\nxs = []", "xs.append(1)", "%%step b\nprint(xs)"],
        [("JP012", "b", 3, 2)],
        "tag this cell",
    ),
    "untagged code binds an output anew": (
        [A, "\nx = 5", "%%step b\nprint(x)"],
        [("JP013", "b", 3, 2)],
        "cell 2 (line 2) gives it another value",
    ),
    "untagged code binds an output anew that a step reads on some paths": (
        [A, "x = 5", "%%step b\nif len('b') > 1:\n    x = 2\ny = x"],
        [("JP013", "b", 3, 4)],
        "cell 2 (line 1) gives it another value",
    ),
    "untagged code computes from an output what a step reads on some paths": (
        [A, "y = x + 1", "%%step b\nif len('b') > 1:\n    y = 2\nz = y"],
        [("JP012", "b", 3, 4)],
        "tag this cell",
    ),
    "untagged code binds a parameter anew": (
        ["%%params\nn = 1", "n = n * 2", "%%step b\nprint(n)"],
        [("JP013", "b", 3, 2)],
        "the parameter",
    ),
    "what a step passes on when it does not bind it": (
        [A, "x = x + 1", "%%step b\nif len('b') > 1:\n    x = 2", "%%step c\nprint(x)"],
        [("JP012", "b", 3, 1)],
        "tag this cell",
    ),
    "a definition needs a value that its caller does not have any more": (
        ["%%step a\nn = 1\ndef f(k=n):\n    return k", "%%step b\nn = 2", "%%step c\nf()"],
        [("JP012", "c", 3, 2)],
        "needs n",
    ),
    "one cell after the other needs an output": (
        [A, "y = x + 1", "z = y", "%%step b\nprint(z)"],
        [("JP012", "b", 4, 2)],
        "Cells 2 and 3 are no steps",
    ),
    "set-up needs an output": ([A, "%%setup\ny = x"], [("JP012", None, 2, 2)], "%%setup"),
    "two cells of one name": ([A, "%%step a\ny = 1"], [("JP015", "a", 2, 1)], "Cells 1 and 2"),
    "nothing to append to": (["%%step a --append\nx = 1"], [("JP018", "a", 1, 1)], "--append"),
    "a syntax error": (["%%step a\nx = 1\ny = ("], [("JP001", "a", 1, 3)], ""),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_where(case: str) -> None:
    sources, expected, words = ERRORS[case]
    built = graph(*sources)
    assert errors(built) == expected
    assert words in built.errors[0].message


def test_what_only_a_function_that_is_not_called_lacks_is_a_warning() -> None:
    source = "class M:\n    def fit(self):\n        return 1\n    def test(self):\n        return later"
    built = graph(source, "%%step a\ny = M().fit()", "%%step b\nlater = 2", "%%step c\nM().test()")
    assert built.errors == ()
    assert [(found.code, found.step, found.severity) for found in built.diagnostics] == [
        ("JP011", "a", "warning"),
        ("JP011", "b", "warning"),
    ][:1]
    assert edges(built)["c"] == {"later": "b"}


def test_a_syntax_error_in_an_untagged_cell_is_a_warning() -> None:
    built = graph("x = (", A)
    assert [(found.code, found.severity, found.cell) for found in built.diagnostics] == [
        ("JP001", "warning", 1)
    ]


def test_untagged_statements_before_the_producer_are_not_in_the_way() -> None:
    built = graph("x = 0", A, "%%step b\nprint(x)")
    assert (edges(built)["b"], prelude(built, "b")) == ({"x": "a"}, [])


def test_appended_cells_are_one_step_and_lines_are_those_of_their_cells() -> None:
    built = graph(A, "import math", "%%step a --append\ny = math.pi\nz = nothing", "%%step b\nprint(x, y)")
    assert edges(built) == {"a": {}, "b": {"x": "a", "y": "a"}}
    assert prelude(built, "a") == ["import math"]
    assert built.step("a").body == "\nx = 1\n\ny = math.pi\nz = nothing"
    assert errors(built) == [("JP010", "a", 3, 3)]


def test_a_kernel_replaces_a_step_of_the_same_name_with_a_warning() -> None:
    built = build(cells(A, "%%step a\ny = 1"), in_file=False)
    assert [step.writes for step in built.steps] == [("y",)]
    assert [(found.code, found.severity) for found in built.diagnostics] == [("JP015", "warning")]


def test_a_cell_writes_what_it_binds_without_code_underscore_and_loop_counters() -> None:
    built = graph("%%step a\nimport os\ndef f(): ...\nclass C: ...\n_ = 1\n_x = 2\nfor i in []: ...\ny = 1")
    assert built.step("a").writes == ("_x", "y")


@pytest.mark.parametrize(
    ("cell", "writes"),
    [
        ("for i, (j, *k) in []:\n    for n in []:\n        x = i", ("x",)),
        ("for i in []: pass\ni = 1", ("i",)),
        ("for i in []:\n    i += 1", ("i",)),
        ("for i in []:\n    if (i := 2): pass", ("i",)),
        ("for i in []: pass\nx = [i for i in []]", ("x",)),
        ("for i in []: pass\ndef f():\n    global i\n    i = 1\nf()", ("i",)),
        ("xs = {}\nfor xs['k'] in []: pass", ("xs",)),
    ],
)
def test_a_loop_counter_is_no_output(cell: str, writes: tuple[str, ...]) -> None:
    assert graph(f"%%step a\n{cell}").step("a").writes == writes


def test_a_loop_counter_that_a_later_step_reads_or_the_user_names_is_an_output() -> None:
    said = StepOptions(outputs=("k",))
    built = graph("%%step a\nfor i in [1]: ...", "%%step b\nfor k in [i]: ...", b=said)
    assert (built.step("a").writes, built.step("b").writes) == (("i",), ("k",))


@pytest.mark.parametrize(
    ("cell", "writes"),
    [
        ("fill()", ("xs",)),
        ("def fill():\n    ys.append(1)\nfill()", ("ys",)),
        ("if ys:\n    def fill():\n        ys.append(1)\nfill()", ("xs", "ys")),
        ("def call():\n    fill()\ncall()", ("xs",)),
    ],
)
def test_a_call_changes_what_the_function_changes_that_is_called(cell: str, writes: tuple[str, ...]) -> None:
    """A definition in the step's own cell takes the place of an earlier cell's from there on."""
    built = graph("xs, ys = [], []\ndef fill():\n    xs.append(1)", f"%%step a\n{cell}")
    assert built.step("a").writes == writes


def test_what_a_definition_holds_is_read_of_the_step_that_changed_it() -> None:
    built = graph("class C:\n    k = 1", "%%step a\nC.k = 2", "%%step b\nprint(1)", "%%step c\nprint(C.k)")
    assert edges(built) == {"a": {}, "b": {}, "c": {"state of C": "a"}}
    assert not built.diagnostics


def test_plain_code_that_looks_at_what_is_changed_again_must_be_a_step() -> None:
    """Where nobody changes it behind that code, it runs with what the last step left."""
    cells = ("class C:\n    k = 1", "%%step a\nC.k = 2")
    assert not graph(*cells, "k = C.k", "%%step b\nprint(k)").errors
    built = graph(*cells, "k = C.k", "%%step b\nC.k = 3", "%%step c\nprint(k, C.k)")
    assert [(problem.code, problem.step) for problem in built.errors] == [("JP012", "c")]
    assert "state of C" in built.errors[0].message
    assert not graph(*cells, "%%step k\nk = C.k", "%%step b\nprint(k)").errors
    assert not graph(*cells, "c = C()", "%%step b\nprint(c.k)").errors


@pytest.mark.parametrize("cell", ["print(C.k)", "print(c.k)", "print(each[0].k)"])
def test_who_uses_a_changed_class_takes_over_what_it_holds(cell: str) -> None:
    """Through the definition itself, through an object of it, or one that nobody knows to be of it."""
    made = "%%step m\nc = C()\neach = [c]"
    built = graph("class C:\n    k = 1", made, "%%step a\nC.k = 2", f"%%step b\n{cell}")
    assert edges(built)["b"]["state of C"] == "a"
    assert not built.diagnostics


def test_demanded_are_the_outputs_that_a_later_step_reads() -> None:
    built = graph("%%step a\nx = 1\ny = 2", "%%step b\nprint(x)")
    assert built.step("a").demanded == ("x",)


def test_a_step_knows_its_place_label_documentation_and_imports() -> None:
    built = graph(
        "import numpy.linalg", "#md # Load", "#md the data", "%%step a\nimport os.path\nnumpy.eye(2)"
    )
    step = built.step("a")
    assert (step.position, step.label, step.cell_id) == (0, "cell 4", "c4")
    assert step.doc == "# Load\n\nthe data"
    assert step.imports == ("numpy", "os")
    assert [(code.label, code.line, code.names) for code in step.prelude] == [("cell 1", 1, ("numpy",))]


def test_set_up_runs_whole_with_what_it_needs_before_every_step() -> None:
    built = graph(
        "import math\nk = 2", "%%step a\ny = root", "%%setup\nroot = math.sqrt(k)", "%%step b\ny = k"
    )
    for step in built.steps:
        assert [code.source for code in step.setup] == ["import math", "k = 2", "\nroot = math.sqrt(k)"]
        assert step.prelude == ()
    assert built.errors == ()


def test_in_and_out_take_the_place_of_what_was_inferred() -> None:
    options = StepOptions(inputs=("x",), outputs=("z",))
    built = graph("%%step a\nx = 1\ny = 2", "%%step b\nz = y\nw = 1", b=options)
    assert edges(built)["b"] == {"x": "a"}
    assert built.step("b").writes == ("z",)
    assert built.errors == ()


@pytest.mark.parametrize("options", [StepOptions(inputs=("xx",)), StepOptions(outputs=("yy",))])
def test_in_and_out_must_exist(options: StepOptions) -> None:
    built = graph("%%step a\nx = 1", "%%step b\ny = x", b=options)
    assert errors(built) == [("JP017", "b", 2, 1)]


def test_after_must_name_a_step() -> None:
    built = graph("%%step load\nx = 1", "%%step b\ny = 1", b=StepOptions(after=("laod",)))
    assert errors(built) == [("JP016", "b", 2, 1)]
    assert "did you mean load?" in built.errors[0].message


def test_a_cycle_is_spelled_once() -> None:
    built = graph("%%step a\nx = 1", "%%step b\ny = x", a=StepOptions(after=("b",)))
    assert [found.code for found in built.errors] == ["JP014"]
    assert "a → b → a" in built.errors[0].message or "b → a → b" in built.errors[0].message
    with pytest.raises(InvalidPipeline):
        order(built)


def test_slices_and_order() -> None:
    built = graph(
        A, "%%step b\ny = x", "%%step c\nz = 1", "%%step d\nprint(y, z)", a=StepOptions(after=("c",))
    )
    assert order(built) == ("c", "a", "b", "d")
    assert needed(built, ["b"]) == ("a", "b", "c")
    assert descendants(built, "a") == {"b", "d"}
    with pytest.raises(UsageError, match="there are a, b, c, d"):
        built.step("nowhere")


def test_functions_are_connected_by_name() -> None:
    steps = [
        Step("load", 0, "", "train.py", writes=("df",)),
        Step("clean", 0, "", "train.py", reads={"df": "", "rows": ""}, writes=("df",)),
        Step("fit", 0, "", "train.py", reads={"df": "", "late": "", "never": ""}),
        Step("last", 0, "", "train.py", writes=("late",)),
    ]
    built = connect(steps, [ParameterSpec("rows", "int", "5")])
    assert edges(built)["clean"] == {"df": "load", "rows": "params"}
    assert edges(built)["fit"] == {"df": "clean"}
    assert [(found.code, found.step) for found in built.errors] == [("JP011", "fit"), ("JP010", "fit")]
    assert [step.position for step in built.steps] == [0, 1, 2, 3]
    assert built.step("clean").demanded == ("df",)


def test_parameters_from_elsewhere_are_known_everywhere() -> None:
    built = build(cells("half = rows / 2", "%%step a\ny = half"), [ParameterSpec("rows", "int", "5")])
    assert edges(built) == {"a": {"rows": "params"}}


def test_a_step_does_not_write_what_it_may_have_from_before_but_not_the_newest() -> None:
    """`b` needs the statement that binds `d` as well; the newer `d` needs a step's value."""
    sources = ["b = d = 1", "%%step s\na = 0", "d = a + 2", "%%step t\nif a:\n    d = b\ne = 1"]
    built = graph(*sources)
    assert not built.errors
    assert built.step("t").writes == ("e",)
    assert errors(graph(*sources, "%%step u\nf = d")) == [("JP012", "u", 5, 2)]
    assert graph("c = 1", *sources[1:3], "%%step t\nif a:\n    d = c").step("t").writes == ("d",)


def test_long_chains_of_code_are_followed_to_their_end() -> None:
    built = graph("x = 0", *["x = x + 1"] * 1500, "%%step a\ny = x")
    assert len(built.step("a").prelude) == 1501


NAMES = ["a", "b", "c", "d"]
name = st.sampled_from(NAMES)
expression = st.one_of(
    st.integers(0, 9).map(str),
    st.builds("{} + {}".format, name, name),
    st.builds("f_{}()".format, name),
)
statement = st.one_of(
    st.builds("{} = {}".format, name, expression),
    st.builds("{} += 1".format, name),
    st.builds("if {} % 2:\n    {} = {}".format, name, name, expression),
    st.builds("for i in range(3):\n    {} = {} + i".format, name, name),
    st.builds("def f_{}():\n    return {} + 1".format, name, name),
    st.builds("def g_{}():\n    list_{}.append({})".format, name, name, name),
    st.builds("g_{}()".format, name),
    st.builds("{}.append({})".format, name.map("list_{}".format), name),
    st.builds("{} = [len({})]".format, name.map("list_{}".format), name.map("list_{}".format)),
)
body = st.lists(statement, min_size=1, max_size=4).map("\n".join)
FIRST = "a = b = c = d = 1\nlist_a, list_b, list_c, list_d = [], [], [], []"
FIRST += "".join(f"\ndef f_{n}():\n    return 0\ndef g_{n}():\n    pass" for n in NAMES)


def run_in_steps(built: Graph) -> dict[str, dict[str, object]]:
    """Run each step alone in a namespace of its own, as a worker would; return the values of its outputs."""
    kept: dict[str, dict[str, object]] = {}
    for step in built.steps:
        space: dict[str, object] = {}
        for code in step.pieces:
            exec(code.source, space)
        space |= {n: _copy(kept[owner][n]) for n, owner in step.reads.items()}
        exec(step.body, space)
        kept[step.name] = {n: _copy(space[n]) for n in step.writes if n in step.demanded or n in space}
    return kept


def run_in_kernel(sources: list[str]) -> dict[str, dict[str, object]]:
    space: dict[str, object] = {}
    after: dict[str, dict[str, object]] = {}
    for source in sources:
        head, _, rest = source.partition("\n")
        exec(rest if head.startswith("%%") else source, space)
        if head.startswith("%%step"):
            after[head.split()[1]] = {n: _copy(value) for n, value in space.items()}
    return after


def _copy(value: object) -> object:
    return list(value) if isinstance(value, list) else value


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.booleans(), body), min_size=1, max_size=6))
@example([(True, "a = 0\nb = 0"), (False, "a = 0"), (True, "if b % 2:\n    a = 0\na = a + c")])
def test_steps_alone_give_what_one_kernel_gives(parts: list[tuple[bool, str]]) -> None:
    """A notebook without errors computes in isolated steps what it computes in a kernel."""
    sources = [FIRST]
    sources += [f"%%step s{n}\n{text}" if tagged else text for n, (tagged, text) in enumerate(parts)]
    try:
        truth = run_in_kernel(sources)
    except RecursionError:
        return
    built = graph(*sources)
    if built.errors:
        assert {found.code for found in built.errors} <= {"JP012", "JP013"}
        return
    for step, values in run_in_steps(built).items():
        assert values == {n: truth[step][n] for n in values}


# Conditions ---------------------------------------------------------------------------------------------


def test_a_condition_reads_names_as_the_cell_does() -> None:
    """Values are edges, code of other cells is in the prelude, names of its own are none."""
    built = graph(
        "import math",
        "def big(v):\n    return v > limit",
        "limit = 3",
        "%%step a\nx = 1\nys = [2]",
        "%%step b\nz = 2",
        b=StepOptions(when="big(x) and any(math.sqrt(y) for y in ys)"),
    )
    step = built.step("b")
    assert step.reads == {"x": "a", "ys": "a"}
    assert {name for piece in step.prelude for name in piece.names} == {"big", "limit", "math"}
    assert built.step("a").demanded == ("x", "ys")


def test_a_condition_that_reads_what_there_is_not_is_a_problem_at_the_line_of_the_step() -> None:
    assert errors(graph("%%step b\nz = 2", b=StepOptions(when="xs"))) == [("JP010", "b", 1, 1)]


def test_what_repeats_reads_what_its_condition_needs_and_keeps_what_that_needs_of_its_own() -> None:
    loop = StepOptions(repeat_while="more(z, limit) and epoch < (tries := tries + 1)", at_most=9)
    cells = (
        "tries = 0",
        "rate = 2\ndef more(v, than):\n    return v * rate < than",
        "%%step a\nlimit = 1\nxs = [2]",
        "%%step b\nz = 2\nfor epoch in xs:\n    pass",
    )
    for options in (loop, replace(loop, inputs=("xs",))):
        step = graph(*cells, b=options).step("b")
        assert step.reads == {"xs": "a", "limit": "a"}
        assert {name for piece in step.prelude for name in piece.names} == {"rate", "more", "tries"}
        assert step.writes == ("epoch", "tries", "z")


def test_what_the_condition_of_a_repeated_step_changes_is_written() -> None:
    loop = StepOptions(repeat_while="advance() and xs.pop()", at_most=9)
    helper = "def advance():\n    state.append(1)\n    return xs"
    built = graph("%%step a\nxs, state = [1], []", helper, "%%step b\nz = 1", b=loop)
    assert built.step("b").writes == ("state", "xs", "z")


def test_inputs_that_are_said_do_not_take_those_of_the_condition_away() -> None:
    built = graph("%%step a\nx = 1\ny = 2", "%%step b\nz = 2", b=StepOptions(when="x", inputs=("y",)))
    assert built.step("b").reads == {"x": "a", "y": "a"}
