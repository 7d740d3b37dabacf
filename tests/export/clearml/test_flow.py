"""Rules of an export to ClearML: the components that a user of ClearML would have written, or a refusal."""

from __future__ import annotations

import difflib

import pytest

from jupyter_pipes.export.clearml import export_clearml
from jupyter_pipes.export.plain.preparation import Exported
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.declarations import cells as parameter_cells
from jupyter_pipes.pipelines.graph import build
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.storage.catalog.entries import NOTHING


def exported(*sources: str) -> dict[str, str]:
    cells = [cell_from_source(f"c{n}", n, source, "code")[0] for n, source in enumerate(sources, start=1)]
    parameters = parameter_cells.read(cells)[0]
    graph = build(cells, [parameter.spec for parameter in parameters])
    return export_clearml(Exported(graph, cells, parameters, NOTHING, "study", "study.ipynb", "flow"))


NOTEBOOK = (
    '%%params\nn: Annotated[int, Range(1, 9)] = 2  # how many\nkind: Literal["a", "b"] = "a"',
    "from jupyter_pipes import current\n\n\ndef scaled(x):\n    return x * n",
    "LIMIT = 3\n\n\nclass Point:\n    pass",
    '%%step load --retries 2 --queue gpu --stage data --tags x --packages "pandas>=2" --timeout 1m\n'
    "xs = [scaled(1), LIMIT]\ncurrent.metric('size', len(xs))",
    "%%step grow --when \"kind == 'a'\" --monitor metric:size\nxs.append(Point())",
    "%%step look --after load --gate sure --always\nprint(n)",
    "%%step tell\nlast, size = xs[-1], len(xs)",
    "%%step close\nprint(size)",
)
COMPONENTS = """
# No place in ClearML: --timeout 1m
@PipelineDecorator.component(
    return_values=["xs"],
    cache=True,
    helper_functions=[scaled, log_metric],
    execution_queue="gpu",
    packages=["pandas>=2"],
    retry_on_failure=2,
    tags=["x"],
    stage="data",
)
def load(n: int):
    xs = [scaled(1, n=n), LIMIT]
    log_metric("size", len(xs))
    return xs


@PipelineDecorator.component(
    return_values=["xs"],
    cache=True,
    monitor_metrics=[("size", "size")],
)
def grow(xs):
    xs = copy.deepcopy(xs)
    xs.append(Point())
    return xs


# A draft: it waits until somebody enqueues it. sure
@PipelineDecorator.component(
    cache=False,
    parents=["load"],
    draft=True,
)
def look(n: int):
    print(n)
"""
PIPELINE = '''
def study(n: int = 2, kind: str = "a"):
    """All of study.

    - n: how many; a whole number from 1 to 9
    - kind: one of 'a', 'b'
    """
    xs = load(n=n)
    after_load = xs
    grow_runs = kind == "a"
    if grow_runs:
        xs = grow(xs=xs)
    wait_for(after_load)
    look(n=n)
    tell_runs = grow_runs
    if tell_runs:
        _last, size = tell(xs=xs)
    if tell_runs:
        close(size=size)
'''


def test_the_export_reads_as_a_user_of_clearml_would_have_written_it() -> None:
    """Functions are helpers of the components; classes and constants stand in a module that all import."""
    files = exported(*NOTEBOOK)
    assert list(files) == ["flow.py", "flow_shared.py"]
    assert COMPONENTS in files["flow.py"]
    assert PIPELINE in files["flow.py"]
    assert "from flow_shared import LIMIT, Point\n" in files["flow.py"]
    assert "LIMIT = 3\n\n\nclass Point:\n    pass\n" in files["flow_shared.py"]
    assert not any("import jupyter_pipes" in text or "IPython" in text for text in files.values())


def test_functions_alone_need_no_second_module() -> None:
    assert list(exported("def f(x):\n    return x", "%%step a\ny = f(1)")) == ["flow.py"]


def test_exporting_again_changes_what_the_edit_changed() -> None:
    before = exported(*NOTEBOOK)
    assert before == exported(*NOTEBOOK)
    after = exported(*(source.replace("scaled(1)", "scaled(2)") for source in NOTEBOOK))
    changed = [
        line
        for name, text in before.items()
        for line in difflib.ndiff(text.splitlines(), after[name].splitlines())
        if line[0] in "+-"
    ]
    assert changed == ["-     xs = [scaled(1, n=n), LIMIT]", "+     xs = [scaled(2, n=n), LIMIT]"]


def test_what_changes_imports_stands_above_them() -> None:
    files = exported(
        "%%setup\nimport sys\nsys.path[:0] = ['lib']", "import helping", "%%step a\nx = helping.x"
    )
    flow = files["flow.py"]
    assert flow.index("import flow_shared") < flow.index("# isort: split") < flow.index("import helping")
    assert flow.count("import flow_shared") == 1
    assert "sys.path[:0]" in files["flow_shared.py"]


REFUSED = {
    "a map": (["%%step a\nxs = [1]", "%%step b --map 'x in xs'\ny = x"], r"step b \(cell 2\).*--map"),
    "a loop": (["%%step a --repeat-while 'x < 3' --at-most 5\nx = 1"], r"step a \(cell 1\).*--repeat-while"),
    "a type that it has not": (
        ["%%params\nd = date(2024, 1, 1)", "%%step a\nx = d"],
        r"\(cell 1, line 2\).*date",
    ),
    "a wildcard": (["%%step a --monitor metric:val_*\nx = 1"], r"step a \(cell 1\).*wildcards"),
    "waiting": (["import asyncio", "%%step a\nx = await asyncio.sleep(0, 1)"], r"step a \(cell 2\).*awaits"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_clearml_cannot_say_is_refused_with_its_cell(what: str) -> None:
    cells, words = REFUSED[what]
    with pytest.raises(NotebookError, match=words):
        exported(*cells)


def test_what_is_imported_for_what_it_does_is_so_in_each_script_and_beside_them() -> None:
    imports = "import pandas as pd\nimport plugins"
    flow = exported(imports, "%%step a\nx = 1", "%%step b\ny = pd.DataFrame()")["flow.py"]
    top, _, functions = flow.partition("\n\n\n")
    assert "import plugins  # noqa: F401 - for what importing it does\n" in top
    inside = "    import plugins  # noqa: F401, F811 - for what importing it does\n"
    assert f"def a():\n{inside}\n    x = 1\n" in functions
    assert f"def b():\n{inside}" in functions
