"""What the newest results showed becomes edges of the next plan, of values and of files, told in words."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.history.history import Result
from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.model.results import FileSeen, Observation
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.planning.decision import Decision
from jupyter_pipes.planning.observations import ObservedSteps, as_observed, in_words, observations

LOAD = Step("load", 0, "xs = [1]", "cell 1", writes=("xs",), demanded=("xs",))
CHANGE = Step("change", 1, "lib.clean(xs)", "cell 2", reads={"xs": "load"})
COUNT = Step("count", 2, "n = len(xs)", "cell 3", reads={"xs": "load"}, writes=("n",))
STEPS = (LOAD, CHANGE, COUNT)
CHANGED = Observation(changed=("xs",))


def result(step: str, read: str = "", written: str = "", observed: Observation = CHANGED) -> Result:
    files = tuple(FileSeen(path, "d") for path in read.split())
    content = ResultContent(files, written=tuple(written.split()), observed=observed)
    return Result("sig", "p", step, "r", "parts", content)


def test_the_newest_result_of_a_step_gives_the_edge() -> None:
    seen = observations(STEPS, {"change": result("change")})
    assert seen == {"change": CHANGED}
    graph = as_observed(Graph(STEPS), seen)
    assert graph.step("count").reads == {"xs": "change"}
    assert graph.step("change").demanded == ("xs",)
    assert in_words(graph.step("count")) == ("reads xs of change, as runs showed",)
    assert in_words(COUNT) == ()


def test_files_count_where_one_step_writes_what_another_uses() -> None:
    nothing = Observation()
    newest = {
        "load": result("load", written="a.db alone.csv", observed=nothing),
        "change": result("change", read="a.db data.csv", observed=nothing),
    }
    seen = observations(STEPS, newest)
    assert seen == {"load": Observation(written=("a.db",)), "change": Observation(files=("a.db",))}


def test_a_step_that_names_what_another_was_seen_writing_waits_for_it_though_it_never_read_it() -> None:
    writer, reader = Step("w", 0, "write()", "cell 1"), Step("r", 1, "read('./out.csv')", "cell 2")
    seen = observations((writer, reader), {"w": result("w", written="out.csv", observed=Observation())})
    graph = as_observed(Graph((writer, reader)), seen)
    assert graph.step("r").upstream == ("w",)
    assert in_words(graph.step("r")) == ("waits for w, as both use out.csv",)


def test_a_file_that_a_function_of_a_local_module_writes_gives_an_edge_in_the_first_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "tools.py").write_text("def save(path='out.csv'):\n    open(path, 'w')")
    writer = Step("w", 0, "tools.save()", "cell 1", imports=("tools",))
    reader = Step("r", 1, "open('out.csv')", "cell 2")
    seen = observations((writer, reader), {}, [tmp_path])
    assert as_observed(Graph((writer, reader)), seen).step("r").upstream == ("w",)


def test_a_reused_result_brings_what_it_showed() -> None:
    steps = ObservedSteps(STEPS, {})
    assert steps["count"].reads == {"xs": "load"}
    assert steps.take("change", Decision("cached", (), result=result("change"))), "it hands on xs now"
    assert steps["count"].reads == {"xs": "change"}
    assert list(steps.names()) == ["load", "change", "count"]


def test_a_reused_result_may_give_its_own_step_more_to_read() -> None:
    two = Step("load", 0, "ys = xs = [1]", "cell 1", writes=("xs", "ys"))
    steps = ObservedSteps((two, CHANGE), {"load": Observation(joined=(("xs", "ys"),))})
    assert steps.take("change", Decision("cached", (), result=result("change")))
    assert steps["change"].reads == {"xs": "load", "ys": "load"}


def test_what_may_be_written_before_a_step_reads_it_is_told() -> None:
    seen = {"load": Observation(written=("a.db",)), "count": Observation(files=("a.db",))}
    steps = ObservedSteps(STEPS, seen)
    assert steps.files_to_come(steps["count"], ["load"]) == {"a.db": "load"}
    assert steps.files_to_come(steps["count"], ["change"]) == {}


def test_an_edge_that_the_user_said_needs_no_other() -> None:
    last = Step("last", 3, "", "cell 4", options=StepOptions(after=("load",)))
    seen = {"load": Observation(written=("a.db",)), "last": Observation(files=("a.db",))}
    assert as_observed(Graph((*STEPS, last)), seen).step("last").observed_files == {}


def test_who_writes_a_file_by_a_helper_stands_in_notebook_order_before_anything_has_run() -> None:
    source = (
        'DB = "a.db"\ndef run(sql):\n    with sqlite3.connect(DB) as con: return con.execute(sql).fetchall()'
    )
    bodies = {
        "one": 'run("insert …")',
        "two": 'run("update …")',
        "n": 'run("select 1")',
        "m": 'run("select 2")',
    }
    helper = (CodePiece("cell 1", 1, source),)
    steps = [
        Step(name, place, code, name, prelude=helper) for place, (name, code) in enumerate(bodies.items())
    ]
    graph = as_observed(Graph(tuple(steps)), observations(steps, {}))
    assert {step.name: step.upstream for step in graph.steps} == {
        "one": (),
        "two": ("one",),
        "n": ("two",),
        "m": ("two",),
    }


def test_what_uses_a_folder_waits_for_the_step_that_makes_it_unless_it_makes_it_too() -> None:
    """Helpers that save something mostly make the folder themselves: their steps need not wait."""
    steps = (
        Step("make", 0, "import os\nos.makedirs('out', exist_ok=True)", "cell 1"),
        Step("save", 1, "df.to_csv('out/a.csv')", "cell 2"),
        Step("both", 2, "import os\nos.makedirs('out', exist_ok=True)\ndf.to_csv('out/b.csv')", "cell 3"),
        Step("go", 3, "import os\nos.chdir('out')", "cell 4"),
        Step("other", 4, "df.to_csv('output/a.csv')", "cell 5"),
    )
    graph = as_observed(Graph(steps), observations(steps, {}))
    waiting = {step.name: step.upstream for step in graph.steps if step.upstream}
    assert waiting == {"save": ("make",), "go": ("make",)}


def test_who_removes_what_a_value_names_waits_for_all_that_may_use_it() -> None:
    steps = (
        Step("make", 0, "folder = mkdtemp()\npath = join(folder, 'x')", "cell 1", writes=("folder", "path")),
        Step("read", 1, "text = open(path).read()", "cell 2", reads={"path": "make"}),
        Step("remove", 2, "import shutil\nshutil.rmtree(folder)", "cell 3", reads={"folder": "make"}),
        Step("count", 3, "n = len(text)", "cell 4", reads={"text": "read"}),
    )
    graph = as_observed(Graph(steps), observations(steps, {}))
    assert {step.name: step.upstream for step in graph.steps} == {
        "make": (),
        "read": ("make",),
        "remove": ("make", "read"),
        "count": ("read",),
    }
    assert in_words(graph.step("remove")) == ("waits for read, as both use what folder of make names",)
