"""Files as edges: who names what an earlier step makes, in which forms, and what cannot be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.analysis.notebook.file_edges import matches, normalised
from jupyter_pipes.model.steps import Cell
from jupyter_pipes.pipelines.functions import step
from jupyter_pipes.pipelines.graph import Graph, build, connect, order
from jupyter_pipes.pipelines.step_options import parse_step
from jupyter_pipes.runs.pipeline import Pipeline


def graph(*sources: str) -> Graph:
    """Read each text as a cell by its first line."""
    cells: list[Cell] = []
    for number, source in enumerate(sources, 1):
        head = source.partition("\n")[0]
        if head.startswith("%%step"):
            line = parse_step(head.removeprefix("%%step"))
            cells.append(Cell(f"c{number}", number, "step", source, line.name, line.options))
        else:
            cells.append(Cell(f"c{number}", number, "setup" if head == "%%setup" else "code", source))
    return build(cells)


def edges(built: Graph) -> dict[str, dict[str, str]]:
    return {step.name: step.files_from for step in built.steps if step.files_from}


def codes(built: Graph) -> list[tuple[str, str | None, str]]:
    return [(found.code, found.step, found.severity) for found in built.diagnostics]


MAKER = "%%step load --out-file out.csv\nsave()\ndef save(): ..."

EDGES = {
    "a literal": (["%%step use\nx = open('out.csv')"], {"use": {"out.csv": "load"}}),
    "a literal in another form": (
        ["%%step use\nx = open('./data/../out.csv')"],
        {"use": {"out.csv": "load"}},
    ),
    "--file": (["%%step use --file out.csv\nx = 1"], {"use": {"out.csv": "load"}}),
    "--file with a pattern": (["%%step use --file *.csv\nx = 1"], {"use": {"out.csv": "load"}}),
    "a pattern for other files": (["%%step use --file *.txt data/*.csv\nx = 1"], {}),
    "a constant of another cell": (
        ["PATH = 'out.csv'", "%%step use\nx = open(PATH)"],
        {"use": {"out.csv": "load"}},
    ),
    "a helper of another cell": (
        ["def read():\n    return open('out.csv')", "%%step use\nx = read()"],
        {"use": {"out.csv": "load"}},
    ),
    "set-up": (["%%setup\nPATH = 'out.csv'", "%%step use\nx = 1"], {"use": {"out.csv": "load"}}),
    "code with IPython's syntax": (["%%step use\n!true\nx = open('out.csv')"], {"use": {"out.csv": "load"}}),
    "every later step": (
        ["%%step a\nx = 'out.csv'", "%%step b\ny = 'out.csv'"],
        {"a": {"out.csv": "load"}, "b": {"out.csv": "load"}},
    ),
    "part of a text is no path": (["%%step use\nx = 'see out.csv'"], {}),
    "a comment is none either": (["%%step use\nx = 1  # 'out.csv'"], {}),
    "another folder's file": (["%%step use\nx = 'data/out.csv'"], {}),
}


@pytest.mark.parametrize(("cells", "expected"), EDGES.values(), ids=EDGES.keys())
def test_a_later_step_that_names_the_file_waits_for_its_maker(
    cells: list[str], expected: dict[str, dict[str, str]]
) -> None:
    built = graph("def save():\n    open('out.csv', 'w')", MAKER.partition("\ndef")[0], *cells)
    assert edges(built) == expected
    assert not built.errors
    assert all("load" in built.step(name).upstream for name in expected)


def test_the_edge_orders_the_steps_and_is_no_name_that_is_read() -> None:
    built = graph("%%step a --out-file x/y.bin\npass", "%%step b --file x/y.bin\nz = 1")
    assert order(built) == ("a", "b")
    assert built.step("b").reads == {}
    assert built.step("a").demanded == ()


def test_paths_of_makers_are_normalised() -> None:
    built = graph("%%step a --out-file ./x//y.bin x/./y.bin\npass", "%%step b\nz = 'x/y.bin'")
    assert built.step("a").options.out_files == ("x/y.bin",)
    assert edges(built) == {"b": {"x/y.bin": "a"}}


def test_absolute_paths_are_compared_as_such() -> None:
    built = graph(
        "%%step a --out-file /tmp/y.bin\npass", "%%step b\nz = '//tmp/y.bin'", "%%step c\nz = 'y.bin'"
    )
    assert edges(built) == {"b": {"/tmp/y.bin": "a"}}
    assert codes(built) == []


PROBLEMS = {
    "two makers": (
        ["%%step a --out-file x\npass", "%%step b --out-file ./x\npass"],
        [("JP022", "b", "error")],
    ),
    "read by --file before it is made": (
        ["%%step a --file x\npass", "%%step b --out-file x\npass"],
        [("JP023", "a", "error")],
    ),
    "perhaps read before it is made": (
        ["%%step a\nopen('x')", "%%step b --file *\npass", "%%step c --out-file x\npass"],
        [("JP023", "a", "warning"), ("JP023", "b", "warning")],
    ),
    "read and made": (["%%step a --file x --out-file x\npass"], [("JP023", "a", "error")]),
    "read by its own pattern": (["%%step a --file *.csv --out-file x.csv\npass"], []),
    "written where it is made": (["%%step a --out-file x.csv\nopen('x.csv', 'w')"], []),
    "a pattern": (["%%step a --out-file *.csv\npass"], [("JP024", "a", "error")]),
    "the name of a variable": (["%%step a --out-file model\nmodel = 1"], [("JP024", "a", "error")]),
}


@pytest.mark.parametrize(("cells", "expected"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_cannot_be_right_is_told_before_anything_runs(
    cells: list[str], expected: list[tuple[str, str, str]]
) -> None:
    built = graph(*cells)
    assert codes(built) == expected
    assert all(found.line == 1 and found.step in found.message for found in built.diagnostics if found.step)


MATCHES = [
    ("a.csv", "a.csv", True),
    ("./a.csv", "a.csv", True),
    ("*.csv", "a.csv", True),
    ("*.csv", "data/a.csv", False),
    ("data/*", "data/a.csv", True),
    ("data/*", "data/b/a.csv", False),
    ("**/*.csv", "a.csv", True),
    ("**/*.csv", "data/b/a.csv", True),
    ("data/**/a?.csv", "data/a1.csv", True),
    ("data/**/a?.csv", "data/b/c/a1.csv", True),
    ("[ab].csv", "b.csv", True),
    ("[ab].csv", "c.csv", False),
    ("A.csv", "a.csv", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_patterns_mean_what_they_mean_on_disk(
    tmp_path: Path, pattern: str, path: str, *, expected: bool
) -> None:
    assert matches(pattern, path) is expected
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    assert (tmp_path / path in tmp_path.glob(pattern)) is expected


PATHS = st.lists(st.sampled_from(["a", "b", ".", "..", ""]), max_size=6).map("/".join)


@given(PATHS)
def test_a_normalised_path_is_its_own_and_leaves_only_at_its_start(path: str) -> None:
    found = normalised(path)
    assert normalised(found) == found
    assert ".." not in found.lstrip("./").split("/")


# Functions ----------------------------------------------------------------------------------------------

MODULE = """
from jupyter_pipes import Pipeline, step

PATH = "middle.bin"

@step(out_file=["./made.bin", PATH])
def make(): ...

@step(file="made.bin")
def by_option(): ...

@step
def by_literal():
    print(open("made.bin").read())

def helper():
    return open(PATH).read()

@step
def by_constant_of_a_helper():
    x = helper()
    return x

@step
def neither(): ...

pipeline = Pipeline("flow", steps=[make, by_option, by_literal, by_constant_of_a_helper, neither])
"""


def test_functions_are_connected_by_files_as_cells_are(tmp_path: Path) -> None:
    (tmp_path / "flow_of_files.py").write_text(MODULE)
    built = Pipeline.from_module(tmp_path / "flow_of_files.py").graph
    assert edges(built) == {
        "by_option": {"made.bin": "make"},
        "by_literal": {"made.bin": "make"},
        "by_constant_of_a_helper": {"middle.bin": "make"},
    }
    assert built.diagnostics == ()


def test_a_function_that_no_module_has_is_looked_into_as_well() -> None:
    @step(out_file="made.bin")
    def make() -> None: ...

    @step
    def read() -> None:
        Path("made.bin").read_bytes()

    assert edges(connect([make.resolve(), read.resolve()])) == {"read": {"made.bin": "make"}}
