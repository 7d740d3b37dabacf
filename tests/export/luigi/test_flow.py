"""Rules of an export to Luigi: the tasks that a user of Luigi would have written, or a refusal in words."""

from __future__ import annotations

import difflib

import pytest

from jupyter_pipes.export.luigi import export_luigi
from jupyter_pipes.export.plain.preparation import Exported
from jupyter_pipes.model.errors import InvalidPipeline, NotebookError
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.storage.catalog.entries import NOTHING


def exported(*sources: str) -> dict[str, str]:
    cells = [
        cell_from_source(f"c{n}", n, source, "markdown" if source.startswith("# ") else "code")[0]
        for n, source in enumerate(sources, start=1)
    ]
    parameters = parameter_cells.read(cells)[0]
    graph = build(cells, [parameter.spec for parameter in parameters])
    return export_luigi(Exported(graph, cells, parameters, NOTHING, "study", "study.ipynb", "flow"))


NOTEBOOK = (
    "# A study",
    '%%params\nn: Annotated[int, Range(1, 9)] = 2  # how many\nkind: Literal["a", "b"] = "a"\nlevel = "x"',
    "from jupyter_pipes import current\n\n\ndef scaled(x):\n    return x * n",
    "# Loading\n\nThe numbers.",
    "%%step load --retries 2 --retry-delay 5s --timeout 1m --cpus 2 --stage data --ignore-param level\n"
    "xs = [n, len(level)]\ncurrent.metric('size', len(xs))",
    "%%step fit-all --when \"kind == 'a'\" --tags x,y\nys = [scaled(x) for x in xs]\nys",
    "%%step tell --after load\nprint('done')",
)
TASKS = '''
class Load(Step):
    # No place in Luigi: --stage data
    outputs = ("xs",)
    n = luigi.NumericalParameter(
        default=2,
        var_type=int,
        min_value=1,
        max_value=9,
        right_op=operator.le,
        description="how many",
    )
    level = luigi.Parameter(default="x", significant=False)
    retry_count = 3
    worker_timeout = 60
    resources = {"cpus": 2}

    def run(self) -> None:
        self.write(steps.load(n=self.n, level=self.level))


@requires(load=Load)
class FitAll(Step):
    # No place in Luigi: --tags x y
    outputs = ("ys",)
    unread = outputs
    kind = luigi.ChoiceParameter(default="a", choices=["a", "b"])
    level = luigi.Parameter(default="x", significant=False)

    def complete(self) -> bool:
        # Skipped, as all that needs its outputs is, unless this holds.
        return self.kind != "a" or super().complete()

    def run(self) -> None:
        self.write(steps.fit_all(xs=self.read("load", "xs"), n=self.n))


@requires(load=Load)
class Tell(Step):
    outputs = ("done",)
    level = luigi.Parameter(default="x", significant=False)

    def run(self) -> None:
        self.write(steps.tell())


@requires(FitAll, Tell)
class Study(luigi.WrapperTask):
    """All of study."""
'''
FUNCTIONS = '''
def scaled(x, *, n):
    return x * n


def load(n: int, level: str):
    """Loading

    The numbers.
    """
    xs = [n, len(level)]
    log_metric("size", len(xs))
    return xs


def fit_all(xs, n: int):
    ys = [scaled(x, n=n) for x in xs]
    print(ys)
    return ys


def tell():
    print("done")
'''
SETTINGS = """\
# Exported from study.ipynb by jupyter_pipes.
[scheduler]
retry_delay = 5

[worker]
keep_alive = true
force_multiprocessing = true

[resources]
cpus = 2
"""


def test_the_export_reads_as_a_user_of_luigi_would_have_written_it() -> None:
    files = exported(*NOTEBOOK)
    assert list(files) == ["flow.py", "flow_steps.py", "luigi.cfg"]
    assert TASKS in files["flow.py"]
    assert FUNCTIONS in files["flow_steps.py"]
    assert files["luigi.cfg"] == SETTINGS
    assert not any("import jupyter_pipes" in text or "IPython" in text for text in files.values())


def test_parameters_are_luigis_own() -> None:
    declared = exported(
        "%%params\nn: Annotated[int, Range(1, 9)] = 2  # how many\nyear: Literal[2024, 2025] = 2025\n"
        "share: float = 1\nfast = False\nlast: int | None = None\nxs: list[int] = [1]\n"
        "day: date = date(2024, 2, 29)\nplace: Path = Path('x')",
        "%%step a\nx = [n, year, share, fast, last, xs, day, place]",
    )["flow.py"]
    for line in (
        'right_op=operator.le,\n        description="how many",',
        "year = luigi.ChoiceParameter(default=2025, choices=[2024, 2025], var_type=int)",
        "share = luigi.FloatParameter(default=1.0)",
        "fast = luigi.BoolParameter(default=False, parsing=luigi.BoolParameter.EXPLICIT_PARSING)",
        "last = luigi.OptionalIntParameter(default=None)",
        "xs=recursively_unfreeze(self.xs)",
        "day = luigi.DateParameter(default=datetime.date(2024, 2, 29))",
        'place = luigi.PathParameter(default="x")',
    ):
        assert line in declared


def test_a_parameter_stands_once() -> None:
    """In the task that reads it first, as those that require it inherit it; else in a class for several."""
    text = exported(
        "%%params\na: int = 1\nb: int = 2",
        "%%step load\nxs = [a]",
        "%%step left\ny = [*xs, a, b]",
        "%%step right\nz = [*xs, b]",
        "%%step last\nx = (y, z, b)",
    )["flow.py"]
    assert [line.strip() for line in text.splitlines() if line.strip().startswith(("a = ", "b = "))] == [
        "b = luigi.IntParameter(default=2)",
        "a = luigi.IntParameter(default=1)",
        "b = Parameters.b",
        "b = Parameters.b",
    ]


def test_exporting_again_changes_what_the_edit_changed() -> None:
    assert exported(*NOTEBOOK) == exported(*NOTEBOOK)
    edited = [source.replace("scaled(x) for", "scaled(x) + 1 for") for source in NOTEBOOK]
    changed = [
        line
        for name, text in exported(*NOTEBOOK).items()
        for line in difflib.ndiff(text.splitlines(), exported(*edited)[name].splitlines())
        if line[0] in "+-"
    ]
    assert changed == [
        "-     ys = [scaled(x, n=n) for x in xs]",
        "+     ys = [scaled(x, n=n) + 1 for x in xs]",
    ]


REFUSED = {
    "a map": (["%%step a\nxs = [1]", "%%step b --map 'x in xs'\ny = x"], r"step b \(cell 2\).*--map"),
    "a loop": (["%%step a --repeat-while 'x < 3' --at-most 5\nx = 1"], r"step a \(cell 1\).*--repeat-while"),
    "a gate": (["%%step a --gate sure\nx = 1"], r"step a \(cell 1\).*--gate sure.*ExternalTask"),
    "a condition over values": (
        ["%%step a\nx = 1", "%%step b --when 'x > 0'\ny = 1"],
        r"\(cell 2\).*reads x",
    ),
    "a reference": (["%%params\nn = 3", "%%step a --retries ${params.n}\nx = 1"], r"\(cell 2\).*references"),
    "a computed default": (
        ["%%params\nn = 3\nm = n + 1", "%%step a\nx = m"],
        r"parameter m \(cell 1, line 3\)",
    ),
    "a name that tasks have": (
        ["%%params\nrun = 3", "%%step a\nx = run"],
        r"run \(cell 1, line 2\)",
    ),
    "a type that Luigi has not": (["%%params\nn: set[int] = {1}", "%%step a\nx = n"], "no parameter for set"),
    "what only jupyter_pipes knows": (
        ["from jupyter_pipes import current", "%%step a\n\nx = current.run.id"],
        r"cell 2, line 3: current\.run",
    ),
    "a state that is handed on": (
        ["class A:\n    seen = []", "%%step a\nA.seen.append(1)", "%%step b\nx = len(A.seen)"],
        r"step b \(cell 3\).*state of A",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_luigi_cannot_say_is_refused_with_its_cell(what: str) -> None:
    cells, words = REFUSED[what]
    with pytest.raises(NotebookError, match=words):
        exported(*cells)


def test_a_pipeline_with_problems_is_not_exported() -> None:
    with pytest.raises(InvalidPipeline, match="nowhere"):
        exported("%%step a\nx = nowhere")
