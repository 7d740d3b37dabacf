"""`analyze`: what one cell reads, writes and mutates, and what it says it cannot see."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_pipes.analysis.cell.names import Names, analyze

FIELDS = ("reads", "optional_reads", "writes", "mutates", "maybe_mutates")


def sets(found: Names) -> dict[str, set[str]]:
    """Return the non-empty sets of names, by field."""
    return {field: set(names) for field in FIELDS if (names := getattr(found, field))}


def case(source: str, **expected: str) -> object:
    """One row: a cell and, by field, its names separated by spaces; a field left out is empty."""
    return pytest.param(source, {field: set(names.split()) for field, names in expected.items()}, id=source)


def codes(source: str, **arguments: frozenset[str]) -> list[tuple[str, int]]:
    """Return code and line of each diagnostic."""
    return [(found.code, found.line) for found in analyze(source, **arguments).diagnostics]


BINDING = [
    case("x = y", reads="y", writes="x"),
    case("x = 1\ny = x", writes="x y"),
    case("y = x\nx = 1", reads="x", writes="x y"),
    case("a, (b, *c) = d", reads="d", writes="a b c"),
    case("a = b = c", reads="c", writes="a b"),
    case("a = a", reads="a", writes="a"),
    case("print(len(x))", reads="x"),
    case("import a.b, c as d\nfrom e import f as g, h", writes="a d g h"),
    case("x: T = v", reads="T v", writes="x"),
    case("x: T", reads="T"),
    case("from __future__ import annotations\nx: T = 1", optional_reads="T", writes="annotations x"),
    case("del x", reads="x"),
    case("x = 1\ndel x"),
    case("x = 1\ndel x\nprint(x)", reads="x"),
    case("x = 1\nif c: del x", reads="c", writes="x"),
    case("with open(p) as f, g() as (h, i):\n    x = f", reads="p g", writes="f h i x"),
    case("if (n := len(xs)) > 1: y = n", reads="xs", writes="n y"),
    case("f'{x!r:>{w}} {f\"{y}\"}'", reads="x w y"),
    case("await fetch(u)", reads="fetch u"),
    case("assert x, y", reads="x y"),
    case("x[i:j, k]", reads="x i j k"),
    case(""),
    case("# nothing"),
]

PATHS = [
    case("if c:\n    x = 1\nx", reads="c", optional_reads="x", writes="x"),
    case("if c:\n    x = 1\nelse:\n    x = 2\nx", reads="c", writes="x"),
    case("if c:\n    raise E\nelse:\n    x = 1\nx", reads="c E", writes="x"),
    case("if True:\n    x = 1\nx", writes="x"),
    case("if False:\n    x = y"),
    case("if __name__ == '__main__':\n    x = 1\nx", writes="x"),
    case("if a and (x := b):\n    x\nelse:\n    x", reads="a b", optional_reads="x", writes="x"),
    case("if not (a or (x := b)):\n    x", reads="a b", writes="x"),
    case("a or (x := 1)\nx", reads="a", optional_reads="x", writes="x"),
    case("y = (x := 1) if c else x", reads="c x", writes="x y"),
    case("for x in xs:\n    y = x\ny", reads="xs", writes="x y"),
    case("for x in xs:\n    if c: break\n    y = 1\ny", reads="xs c", optional_reads="y", writes="x y"),
    case("for x in xs:\n    if c: continue\n    y = 1\ny", reads="xs c", optional_reads="y", writes="x y"),
    case("for x in xs:\n    pass\nelse:\n    y = 1\ny", reads="xs", writes="x y"),
    case("for x in xs:\n    raise E\ny", reads="xs E y"),
    case("y = 1\nfor x in xs:\n    y\n    del y", reads="xs", optional_reads="y", writes="x"),
    case("for x in xs:\n    y\n    y = 1", reads="xs y", writes="x y"),
    case("while c:\n    x = 1\nx", reads="c", optional_reads="x", writes="x"),
    case("while True:\n    x = 1\n    if c: break\nx", reads="c", writes="x"),
    case("while (x := f()):\n    x\nx", reads="f", writes="x"),
    case(
        "match v:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case P(q=e) as f if g: pass",
        reads="v P g",
        writes="a b c d e f",
    ),
    case("match v:\n    case A.B: x = 1\n    case _: x = 2\nx", reads="v A", writes="x"),
    case("match v:\n    case 1: x = 1\nx", reads="v", optional_reads="x", writes="x"),
    case("try:\n    x = f()\nexcept E as e:\n    x = e\nx", reads="f", optional_reads="E", writes="x"),
    case("try:\n    x = f()\nexcept E:\n    pass\nx", reads="f", optional_reads="E x", writes="x"),
    case("try:\n    x = f()\nexcept E:\n    raise\nx", reads="f", optional_reads="E", writes="x"),
    case(
        "try:\n    x = f()\nexcept E:\n    pass\nelse:\n    x\nfinally:\n    y = 1\ny",
        reads="f",
        optional_reads="E",
        writes="x y",
    ),
    case("try:\n    x = f()\nfinally:\n    x", reads="f", optional_reads="x", writes="x"),
    case("try:\n    pass\nexcept* E as e:\n    e\ne", reads="e", optional_reads="E"),
    case("for i in a:\n    try:\n        break\n    finally:\n        x = 1\nx", reads="a", writes="i x"),
    case("x = 1\nraise E", reads="E", writes="x"),
    case("with suppress(E):\n    raise E\nx", reads="suppress E x"),
]

SCOPES = [
    case("def f(a, *b, k=d, **c) -> R:\n    e = a\n    return e, g", reads="d R g", writes="f"),
    case("def f():\n    return x\nx = 1", writes="f x"),
    case("def f():\n    return x\nf()\nx = 1", reads="x", writes="f x"),
    case("def f():\n    return x\nregister(f)\nx = 1", reads="register", optional_reads="x", writes="f x"),
    case("def f():\n    return g()\ndef g():\n    return x\nf()\nx = 1", reads="x", writes="f g x"),
    case("def f():\n    return x\nx = 1\nf()\ndel x", optional_reads="x", writes="f"),
    case("def f():\n    return f()", writes="f"),
    case("def f():\n    global x\n    x = 1\nf()\nx", writes="f x"),
    case(
        "def f():\n    global x\n    x = 1\ndef g():\n    return x\ndef h():\n    f(); return g()\nh()",
        writes="f g h x",
    ),
    case(
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = y\n    return g",
        reads="y",
        writes="f",
    ),
    case("def f():\n    print(x)\n    x = 1", writes="f"),
    case("def f():\n    [x for x in y]\n    return x", reads="x y", writes="f"),
    case("def f():\n    if (x := y): return x", reads="y", writes="f"),
    case("f = lambda a, b=c: a + b + d", reads="c d", writes="f"),
    case("ys = sorted(xs, key=lambda r: r[k])", reads="xs k", writes="ys"),
    case("@d(a)\ndef f(): pass", reads="d a", writes="f"),
    case(
        "async def f():\n    async with a as b:\n        return [c async for c in b]", reads="a", writes="f"
    ),
    case(
        "class A(B, metaclass=M):\n    x = y\n    def m(self): return x, __class__",
        reads="B M y x",
        writes="A",
    ),
    case("class A:\n    x = x\n    y = x", reads="x", writes="A"),
    case("class A:\n    n = 1\n    xs = [n for _ in range(n)]", reads="n", writes="A"),
    case("class A:\n    def m(self): return B()\nclass B: pass", writes="A B"),
    case("[x for x in xs if x in ys]", reads="xs ys"),
    case("{k: v for k, v in d.items() for _ in v}", reads="d"),
    case("[(y := x) for x in xs]\ny", reads="xs", writes="y"),
    case("[x for x in x]", reads="x"),
    case("xs = [async_x async for async_x in source()]", reads="source", writes="xs"),
    case("def f():\n    global a, b\n    a = b\nf()", reads="b", writes="f a"),
]

MUTATION = [
    case("x[k] = v", reads="x k v", mutates="x"),
    case("x.a.b = 1", reads="x", mutates="x"),
    case("x[0].a[k] += v", reads="x k v", mutates="x"),
    case("x += 1", reads="x", writes="x", mutates="x"),
    case("del x[k], y.a", reads="x k y", mutates="x y"),
    case("for x[0] in xs: pass", reads="x xs", mutates="x"),
    case("x = []\nx[0] = 1\nx.append(1)\nx += y", reads="y", writes="x"),
    case("if c: x = []\nx[0] = 1", reads="c", optional_reads="x", writes="x", mutates="x"),
    case("x = x.copy()\nx[0] = 1", reads="x", writes="x"),
    case("y = x\ny[0] = 1", reads="x", writes="y", mutates="x"),
    case("for d in ds: d['k'] = 1", reads="ds", writes="d", mutates="ds"),
    case("for n, m in ms.items(): m.fit(X)", reads="ms X", writes="n m", maybe_mutates="ms"),
    case("[m.fit(X) for m in ms]", reads="ms X", maybe_mutates="ms"),
    case("x.append(1)", reads="x", maybe_mutates="x"),
    case("x.a.append(1)", reads="x", maybe_mutates="x"),
    case("x.setdefault(k, []).append(1)", reads="x k", maybe_mutates="x"),
    case("n = x.pop()", reads="x", writes="n", maybe_mutates="x"),
    case("fitted = model.fit(X, y)", reads="model X y", writes="fitted", maybe_mutates="model"),
    case("df.drop(columns='a', inplace=True)", reads="df", maybe_mutates="df"),
    case("df.drop(columns='a', inplace=False)\n1", reads="df"),
    case("x.go()\n1", reads="x", maybe_mutates="x"),
    case("x.go();", reads="x", maybe_mutates="x"),
    case("x.go()  # shown", reads="x"),
    case("x.go(); # not shown", reads="x", maybe_mutates="x"),
    case("y = x.go()", reads="x", writes="y"),
    case("x.go().stop()\n1", reads="x"),
    case("await x.go()\n1", reads="x", maybe_mutates="x"),
    case("df.head()\ndf.plot.scatter()\ndf.to_csv(p)\ndf.describe()\n1", reads="df p"),
    case("df.plot()\ndf.hist()\ndf.info()\nfig.savefig(p)\nlog.info('x')\n1", reads="df fig log p"),
    case("top = frame.sort('a').head()", reads="frame", writes="top"),
    case("setattr(x, 'a', 1)", reads="x", mutates="x"),
    case("heappush(h, 1)", reads="heappush h", maybe_mutates="h"),
    case("random.shuffle(xs)\n1", reads="random xs", maybe_mutates="random xs"),
    case("X, y = shuffle(X, y)", reads="shuffle X y", writes="X y"),
    case("def f():\n    cfg['a'] = 1", reads="cfg", writes="f"),
    case("def f():\n    cfg['a'] = 1\nf()", reads="cfg", writes="f", mutates="cfg"),
    case("cfg = {}\ndef f():\n    cfg['a'] = 1", writes="cfg f"),
    case("def f(xs):\n    xs.append(1)", writes="f"),
    case("import numpy as np\nnp.random.seed(0)\nnp.x.go()\n1", writes="np"),
    case("print.x()\nlist.append(xs, 1)\n1", reads="xs", maybe_mutates="xs"),
]

IPYTHON = [
    case("x = !ls {d} $e", reads="d e", writes="x"),
    case("!awk '{print $1}' f"),
    case("!for f in *; do echo $f; done", optional_reads="f"),
    case("!echo $HOME", optional_reads="HOME"),
    case("!mkdir -p {a,b}", optional_reads="a b"),
    case("if c:\n    !rm {p}", reads="c p"),
    case("%matplotlib inline\nx = 1", writes="x"),
    case("%time x = f(y)", reads="f y", writes="x"),
    case("%timeit -n 10 -r3 x = f(y)", reads="f y"),
    case("x = %time f(y)", reads="f y", writes="x"),
    case("%cd {folder}", reads="folder"),
    case("df.head?", optional_reads="df"),
    case("??f", optional_reads="f"),
    case("%%time\nx = y", reads="y", writes="x"),
    case("\n\n%%time\nx = y", reads="y", writes="x"),
    case("%%capture out\nx = y", reads="y", writes="x out"),
    case("%%time\n%%capture out\nx = y", reads="y", writes="x out"),
    case("%%timeit a = b\nx = a + y", reads="b y"),
    case("%%prun -q\nx = y", reads="y", writes="x"),
    case("%%bash --out log\necho $x ((", writes="log"),
    case("%%writefile {path}\nx = y", reads="path"),
    case("%%html\n<b>"),
    case("%%step load --stage a\nx = y", reads="y", writes="x"),
    case("%%step load\n%%bash\nls"),
    case("%%setup\nimport a", writes="a"),
    case("pip install something"),
    case(">>> x = y\n... \n>>> z = x", reads="y", writes="x z"),
]

QUOTED = [
    case("ols('y ~ np.log(x)', data=df)", reads="ols df", optional_reads="y np x"),
    case("f = f'y ~ C({col}):z'", reads="col", optional_reads="y C z", writes="f"),
    case("def f(d):\n    return ols('y ~ d', d)", reads="ols", optional_reads="y", writes="f"),
    case("d.query('a > @limit and b in @names')", reads="d limit names"),
    case("d.query(f'a > @limit + {b}')", reads="d b", optional_reads="limit"),
    case("duckdb.sql('SELECT * FROM df JOIN other')", reads="duckdb", optional_reads="df other"),
    case("evaluate('a * b')", reads="evaluate", optional_reads="a b"),
    case("'{a} {b.c}'.format(**globals())", reads="a b"),
    case("'{a} {b}'.format(b=1, **globals())", reads="a"),
    case("Template('$a').substitute(globals())", reads="Template a"),
    case("'%(a)s' % globals()", reads="a"),
    case("print('y ~ x', 'SELECT a FROM df', 'see @bob')"),
    case("'y ~ x'"),
    case("def f():\n    'y ~ x'", writes="f"),
]

HIDDEN = [
    case("df.query('a > @low and b < @high')", reads="df low high"),
    case("eval('x + 1')", reads="x"),
    case("y = globals()['x']", reads="x", writes="y"),
    case("y = globals().get('x', z)", reads="z", optional_reads="x", writes="y"),
    case("if 'x' not in globals(): x = 1\nx", optional_reads="x", writes="x"),
    case("x = 5 if 'x' not in locals() else x", optional_reads="x", writes="x"),
    case("try:\n    x\nexcept NameError:\n    x = y", reads="y", optional_reads="x", writes="x"),
    case("def f(a):\n    return locals()", writes="f"),
]


@pytest.mark.parametrize(
    ("source", "expected"), [*BINDING, *PATHS, *SCOPES, *MUTATION, *IPYTHON, *QUOTED, *HIDDEN]
)
def test_names_of_a_cell(source: str, expected: dict[str, set[str]]) -> None:
    """Each cell has exactly these names, and nothing in it is out of sight."""
    found = analyze(source)
    assert sets(found) == expected
    assert not found.opaque
    assert [problem for problem in found.diagnostics if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("exec(code)", 1),
        ("exec('x = 1')", 1),
        ("globals()['x'] = 1", 1),
        ("globals().update(d)", 1),
        ("names = globals()", 1),
        ("locals()['x'] = 1", 1),
        ("get_ipython().user_ns['x'] = 1", 1),
        ("get_ipython().run_cell('x = 1')", 1),
        ("\n%run script.py", 2),
        ("%pylab", 1),
        ("%store -r x", 1),
        ("%unheard_of x", 1),
        ("\n%%unheard_of\nx = 1", 2),
        ("%time this is no python", 1),
    ],
)
def test_what_cannot_be_seen_is_said(source: str, line: int) -> None:
    """Code out of sight makes the cell opaque, with a warning on its line."""
    found = analyze(source)
    assert found.opaque
    assert [(problem.code, problem.line, problem.severity) for problem in found.diagnostics] == [
        ("JP002", line, "warning")
    ]


def test_a_star_import_is_opaque() -> None:
    """Nobody knows what a star import binds."""
    found = analyze("x = 1\nfrom a.b import *")
    assert found.opaque
    assert codes("x = 1\nfrom a.b import *") == [("JP003", 2)]
    assert "a.b" in found.diagnostics[0].message


def test_a_star_import_may_bind_what_the_cell_reads_behind_it() -> None:
    names = analyze("first\ndef f(): return used\nfrom math import *\nsqrt(pi)\nf()")
    assert (names.reads, names.optional_reads) == ({"first"}, {"sqrt", "pi", "used"})


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x =", 1),
        ("x = 1\n\ndef f(:\n    pass", 3),
        ("x = 1\nreturn x", 2),
        ("\n%%time\nx = 1\ny = (", 4),
        ("!ls \\\n  -l\nx = = 1", 3),
        ("%time 1\nfor", 2),
        ("x = 1\n  y = 2", 2),
        ("x = '\0'", 1),
    ],
)
def test_a_syntax_error_is_a_diagnostic_with_the_line_of_the_text(source: str, line: int) -> None:
    """A cell that Python cannot read has no names and one error, on the line where it stands."""
    found = analyze(source)
    assert sets(found) == {}
    assert [(problem.code, problem.severity, problem.line) for problem in found.diagnostics] == [
        ("JP001", "error", line)
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nlist = 2\nlist = 3", [("JP004", 2)]),
        ("def sum(xs): pass", [("JP004", 1)]),
        ("for id in xs: pass", [("JP004", 1)]),
        ("from IPython.display import display", []),
        ("credits = 1", []),
        ("def f(id):\n    list = id", []),
        ("[id for id in xs]", []),
    ],
)
def test_hiding_a_builtin_is_warned_of(source: str, expected: list[tuple[str, int]]) -> None:
    """A module-level name of a builtin gets one warning, on the first line that binds it."""
    assert codes(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nos.environ['k'] = 'v'", [("JP005", 2)]),
        ("import sys\nsys.path.append('..')", [("JP005", 2)]),
        ("from conf import settings\nsettings.debug = True", [("JP005", 2)]),
        ("import numpy as np\nnp.random.seed(0)", []),
        ("import matplotlib.pyplot as plt\nplt.title('x')", []),
    ],
)
def test_changing_a_module_is_noted(source: str, expected: list[tuple[str, int]]) -> None:
    """A module's items and attributes are no values of the notebook: a change stays in the process."""
    assert codes(source) == expected
    assert sets(analyze(source)).keys() == {"writes"}


def test_modules_of_earlier_cells_are_not_mutated() -> None:
    """What earlier cells imported is code here as well."""
    source = "np.random.seed(0)\nplt.title('x')\nos.environ['k'] = 'v'\nsys.path.append(p)"
    modules = frozenset({"np", "plt", "os", "sys"})
    assert sets(analyze(source, modules)) == {"reads": {"np", "plt", "os", "sys", "p"}}
    assert codes(source, modules=modules) == [("JP005", 3), ("JP005", 4)]


def test_a_builtin_that_an_earlier_cell_binds_is_a_name_like_any_other() -> None:
    """`shadowed` makes reads of builtins' names visible."""
    assert sets(analyze("input.append(max(1, 2))")) == {}
    found = analyze("input.append(max(1, 2))", shadowed=frozenset({"input"}))
    assert sets(found) == {"reads": {"input"}, "maybe_mutates": {"input"}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def f(): pass\nasync def g(): pass\nclass A: pass\nimport os, a.b\nimport a.c\nx = 1",
            "f g A os a",
        ),
        ("if c:\n    def f(): pass\n    import os", ""),
        ("def f(): pass\nf = cached(f)", ""),
        ("def f(): pass\nf.attribute = 1", ""),
        ("def f(): pass\ndel f", ""),
        ("try:\n    import a\nexcept ImportError:\n    a = None", ""),
        ("f = lambda: 1", ""),
        ("%%time\ndef f(): pass", "f"),
    ],
)
def test_definitions_are_names_that_are_code_and_nothing_else(source: str, expected: str) -> None:
    """A definition is bound once, at the top, by `def`, `class` or import."""
    assert analyze(source).definitions == set(expected.split())


def test_modules_are_what_imports_bind() -> None:
    """Also where the import is conditional."""
    source = (
        "import a.b, c as d\nfrom e import f\ntry:\n    import g\nexcept ImportError:\n    g = None\nx = 1"
    )
    assert analyze(source).modules == {"a", "d", "f", "g"}


def test_read_lines_are_lines_of_the_text_as_given() -> None:
    """First lines, through blank lines, magics, continued shell lines and functions."""
    source = (
        "\n\n%%time\nx = a\n!ls \\\n  {b}\ndef f():\n    return c\n%time d\nif x:\n    y = a\nif a: e = 1\ne"
    )
    assert analyze(source).read_lines == {"a": 4, "b": 5, "c": 8, "d": 9, "e": 13}


def test_long_sums_are_no_trouble() -> None:
    """A sum of many terms is read to its end."""
    assert analyze("a" + " + b" * 600 + " + c").reads == {"a", "b", "c"}


@given(st.text(alphabet=" \n\t%!?${}()[]x=:'\"\\,;/ab#.@&*_1", max_size=40))
@example("=%\\")
def test_any_text_has_an_answer(source: str) -> None:
    """Whatever stands in a cell, `analyze` does not raise."""
    assert isinstance(analyze(source), Names)


@pytest.mark.parametrize(
    "source", ["(" * 300, "x" + "+x" * 50000, "if x:\n" * 3, "\ufeffx = 1", "%%", "%", "!", "?"]
)
def test_odd_texts_have_an_answer(source: str) -> None:
    """As above, for texts that chance does not find."""
    assert isinstance(analyze(source), Names)


def test_texts_may_name_what_an_evaluation_out_of_sight_reads() -> None:
    found = analyze("x = 1\nfor name in ['a', 'b + x']:\n    eval(name)")
    assert found.opaque
    assert [(problem.code, problem.line) for problem in found.diagnostics] == [("JP006", 3)]
    assert found.optional_reads == {"a", "b"}
