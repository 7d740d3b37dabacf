"""The contract of executors: a step means the same in the kernel, in a process of its own, anywhere."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import numpy as np
import pytest

from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import AttemptView
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from jupyter_pipes.storage.file_digests import file_digest
from tests.execution.executors.cluster import Cluster

DEADLINE = 60.0
"""Seconds after which a test that waits gives up: a bound for hangs, no measure of speed."""


@dataclass
class Ground:
    """An executor under test."""

    name: str
    pipeline_of: Callable[..., Pipeline]
    queue: str = "local"

    def run(self, *cells: str, params: dict[str, object] | None = None, force: tuple[str, ...] = ()) -> Run:
        """Run the cells to the end, whatever becomes of them."""
        pipeline, params = self.pipeline_of(*cells), params or {}
        if self.name == "inline":
            return pipeline.run(params=params, force=force, debug=True, check=False)
        run = pipeline.start(params=params, force=force, queue=self.queue)
        return run.wait(DEADLINE)

    def attempt(self, code: str) -> tuple[Run, AttemptView]:
        """Run the code as the only step and return its attempt."""
        run = self.run(f"%%step only\n{code}")
        latest = run.steps["only"].latest
        assert latest is not None
        return run, latest

    def bundles(self, code: str) -> list[dict[str, Any]]:
        """Run the code as the only step and return what it displayed, by MIME type."""
        run, attempt = self.attempt(code)
        assert run.status is Status.COMPLETED, run.reason
        return [run.bundle(output)["data"] for output in attempt.outputs]

    def error(self, *cells: str, step: str = "only") -> StepError:
        """Run the cells and return the error that the step ends with."""
        error = self.run(*cells).steps[step].error
        assert error is not None
        return error


@pytest.fixture(
    params=[
        pytest.param("local", marks=pytest.mark.slow),
        pytest.param("cluster", marks=pytest.mark.slow),
        pytest.param("distant_cluster", marks=pytest.mark.slow),
        "inline",
    ]
)
def ground(
    request: pytest.FixtureRequest,
    pipeline_of: Callable[..., Pipeline],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Ground]:
    # What the inline executor sets for the whole process must not outlive a test.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    before = sys.modules["__main__"], Path.cwd(), list(sys.path)
    queue = "local"
    if request.param.endswith("cluster"):
        queue = "far"
        cluster: Cluster = request.getfixturevalue(request.param)
        (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
    yield Ground(request.param, pipeline_of, queue)
    assert (sys.modules["__main__"], Path.cwd(), list(sys.path)) == before


# Values -------------------------------------------------------------------------------------------------


def test_outputs_are_handed_on_and_kept(ground: Ground) -> None:
    run = ground.run("%%step a\nx = [1, 2]\nsmall = 'kept too'", "%%step b\ny = sum(x)")
    assert (run["x"], run["y"], run["small"]) == ([1, 2], 3, "kept too")
    assert run.status is Status.COMPLETED


def test_a_step_s_changes_to_an_input_are_its_own_unless_it_writes_it(ground: Ground) -> None:
    run = ground.run(
        "%%step a\nx = [1]",
        "%%step b\nx.append(2)",
        "%%step c\ny = list(x)",
        "%%step d --after b\nz = len(x)",
    )
    assert (run["a.x"], run["b.x"], run["y"], run["z"]) == ([1], [1, 2], [1, 2], 2)


def test_a_step_with_a_map_runs_for_each_element_and_leaves_lists_in_order(ground: Ground) -> None:
    run = ground.run(
        "%%step a\nxs = [3, 1, 2]",
        '%%step b --map "x in xs if x > 1" --map "n in range(2)"\ny = 1 / (x * 10 + n - 21) if x else n',
        "%%step c --on-fail ignore\nz = 1",
    )
    assert run.steps["b"].reason == "1 of 4 elements failed: b[3]: ZeroDivisionError: division by zero"
    run = ground.run("%%step a\nxs = [3, 1, 2]", '%%step b --map "x in xs"\ny = -x', "%%step c\nz = sum(y)")
    assert (run["y"], run["z"], run.steps["b"].count) == ([-3, -1, -2], -6, "3/3")


def test_parameters_reach_the_steps_that_read_them(ground: Ground) -> None:
    cells = "%%params\nn: int = 3\nname: str = 'a'", "%%step a\nx = n * 2", "%%step b\ny = name"
    run = ground.run(*cells, params={"n": "5", "b.name": "only here"})
    assert (run["x"], run["y"]) == (10, "only here")


def test_a_parameter_may_be_made_by_a_step_and_code_that_looks_at_it_is_behind(ground: Ground) -> None:
    cells = (
        "%%params\nn: int = 9\nfirst = '${a.xs[0]}'\nloss: float = '${a.metrics.loss}'",
        "twice = n * 2",
        "def add():\n    return twice + n",
        "added = add()",
        "%%step a\nfrom jupyter_pipes import current\nxs = [5, 6, 7]\n"
        "for x in xs:\n    current.metric('loss', 1 / x)",
        "%%step b\nfrom jupyter_pipes import current\nfound = (n, added, first, loss)\n"
        "params = dict(current.params)",
        '%%step c --map "k in range(2)"\nys = k + n',
        '%%step d --when "n > 3"\nz = 1',
    )
    run = ground.run(*cells, params={"n": "${a.xs.rows}"})
    assert (run["found"], run["ys"], run.steps["d"].reason) == ((3, 9, 5, 1 / 7), [3, 4], "n > 3: n is 3")
    assert run["params"] == {"n": 3, "first": 5, "loss": 1 / 7}
    assert "metrics of a" not in run


@pytest.mark.slow
def test_an_option_refers_to_what_steps_left_wherever_they_ran(ground: Ground) -> None:
    cells = (
        "%%params\nn: int = '${load.xs.rows}'",
        "from dataclasses import dataclass\n@dataclass\nclass Size:\n    amount: str",
        "%%step load\nfrom jupyter_pipes import current\nxs, size = [1, 2], Size('200M')\n"
        "current.metric('wait', 0.25)",
        "%%step a --memory ${load.size.amount} --retry-delay ${load.metrics.wait}s --retries ${params.n} "
        "--env-var N=${load.xs.rows}\nimport os\nn = os.environ['N']",
        '%%step b --map "x in xs" --tags ${load.xs[1]} --version ${load.xs[0]}\ny = x',
        "%%step c --timeout ${load.xs.limit}\nz = 1",
        "%%step d --timeout ${c.z}\nw = 1",
    )
    run = ground.run(*cells)
    a, b = (run.steps[name].planned.options for name in "ab")
    assert (a.memory, a.retry_delay, a.retries, run["n"]) == (2 * 10**8, 0.25, 2, "2")
    assert (b.tags, b.version, run["y"]) == (("2",), "1", [1, 2])
    words = (
        "--timeout ${load.xs.limit}: list xs has no limit; of any output there are rows, columns, shape, type"
    )
    assert run.steps["c"].reason.startswith(words)
    assert (run.steps["d"].status, run.steps["d"].reason) == (Status.SKIPPED, "c failed")


@pytest.mark.slow
def test_a_pipeline_that_is_a_step_runs_on_the_queue_of_the_step(
    cluster: Cluster, pipeline_of: Callable[..., Pipeline], tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "{cluster.address}"\n')
    pipeline_of("%%params\nn: int = 1", "%%step a\nx = n", name="other")
    run = pipeline_of(
        "%%step load\nwhere, n = 'far', 2",
        "%%step said --pipeline other.ipynb --queue far --out x",
        "%%step made --pipeline other.ipynb --queue ${load.where} -p n=${load.n} --out x",
    ).run()
    assert (run["said.x"], run["made.x"]) == (1, 2)
    queues = {step.name: step.planned.options.queue for step in run.view.steps_and_elements}
    assert queues == {"load": "local", **dict.fromkeys(("said[a]", "said", "made[a]", "made"), "far")}


def test_current_knows_run_step_and_parameters(ground: Ground) -> None:
    facts = "[current.run.id, current.step.name, current.step.attempt, dict(current.params)]"
    code = f"from jupyter_pipes import current\nfacts = {facts}\nn"
    run = ground.run("%%params\nn = 3", f"%%step only\n{code}")
    assert run["facts"] == [run.id, "only", 1, {"n": 3}]


def test_setup_runs_whole_and_first_and_the_prelude_below_it(ground: Ground) -> None:
    run = ground.run(
        "%%setup\nimport builtins\nlog = ['setup']",
        "import math\ndef area(r):\n    log.append('helper')\n    return math.pi * r**2",
        "%%step a\nx = round(area(1), 2)\nseen = list(log)",
    )
    assert (run["x"], run["seen"]) == (3.14, ["setup", "helper"])


def test_instances_of_a_notebook_s_class_are_instances_in_later_steps(ground: Ground) -> None:
    run = ground.run(
        "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int",
        "%%step a\np = Point(3)",
        "%%step b\nsame = isinstance(p, Point) and p == Point(3)\nmodule = type(p).__module__",
    )
    assert (run["same"], run["module"]) == (True, "__main__")


def test_two_steps_read_the_same_frame(ground: Ground) -> None:
    run = ground.run(
        "%%step a\nimport pandas as pd\nc = pd.Categorical(['x', 'y'] * 25_000)\n"
        "df = pd.DataFrame({'n': range(50_000), 'c': c})",
        "%%step b\nn = int(df.n.sum())\ndf_b = df.assign(n=0)",
        "%%step c\nkinds = [str(t) for t in df.dtypes]\nc = df.c.value_counts().to_dict()",
    )
    assert (run["n"], run["kinds"], run["c"]) == (1249975000, ["int64", "category"], {"x": 25000, "y": 25000})
    assert run["df"].n.sum() == 1249975000


def test_an_ignored_failure_leaves_none(ground: Ground) -> None:
    run = ground.run(
        "%%step a --on-fail ignore\nx = 1\nraise ValueError()",
        "%%step b\ny = x is None",
        "%%step each --map 'n in range(3)' --on-fail ignore\nif n == 1:\n    raise ValueError()\nz = n",
        "%%step all --map 'n in 7' --on-fail ignore\nnone = n",
        "%%step c\nzs, nothing = z, none",
    )
    assert (run["zs"], run["nothing"]) == ([0, None, 2], None), "of elements, in their place in the lists"
    assert run["y"] is True
    assert (run.status, run.steps["a"].status) == (Status.COMPLETED, Status.FAILED)


def test_a_step_whose_condition_is_not_true_is_skipped_with_the_values_in_the_reason(ground: Ground) -> None:
    run = ground.run("%%step a\nxs = [1]", '%%step b --when "len(xs) > 2"\ny = 1 / 0', "%%step c\nz = y")
    ends = {name: (str(step.status), step.reason) for name, step in run.steps.items() if name != "a"}
    assert ends == {"b": ("skipped", "len(xs) > 2: xs has 1"), "c": ("skipped", "b was skipped")}
    assert run.status == "completed"


def test_a_step_that_repeats_has_the_values_that_a_loop_in_a_notebook_has(ground: Ground) -> None:
    """Objects stay the same from round to round, the last round counts, and the condition may bind names."""
    code = "loss, older = loss / 2, xs\nxs.append(loss)\nfor epoch in range(len(xs)):\n    pass"
    condition = "worse(loss) and epoch < 20 and (asked := asked + 1)"
    helper, start = "def worse(loss):\n    return loss > 0.1", "loss, xs, asked = 1.0, [], 0"
    plain: dict[str, Any] = {}
    exec(f"{helper}\n{start}", plain)
    while True:
        exec(code, plain)
        if not eval(condition, plain):
            break
    run = ground.run(
        helper,
        f"%%step a\n{start}",
        f'%%step b --repeat-while "{condition}" --at-most 10\nprint(loss)\n{code}',
        "%%step c\nis_same = older is xs",
        '%%step d --repeat-while "1 / (asked - 3)" --at-most 2\ny = asked',
    )
    assert [run[name] for name in ("loss", "xs", "asked")] == [plain[n] for n in ("loss", "xs", "asked")]
    assert run["is_same"] is True
    assert [line for line in run.logs("b").splitlines() if " " not in line] == ["1.0", "0.5", "0.25", "0.125"]
    why = run.steps["d"].error, run.steps["d"].reason
    assert why[0] is not None
    assert (why[0].type, why[0].line) == ("ZeroDivisionError", 1)
    assert why[1].startswith("round 1 of at most 2: --repeat-while 1 / (asked - 3): ZeroDivisionError")


def test_a_step_may_be_a_script_with_the_notebook_s_values_as_variables(ground: Ground) -> None:
    script = 'echo "$n$word" > "$place"\necho made\nls /nowhere/$n 2> errors.txt\necho never'
    run = ground.run(
        "%%params\nn: int = 3",
        "place = __import__('pathlib').Path('made.txt')",
        "%%step a\nword = ' times'",
        f"%%step b --bash --out-file made.txt\n{script.partition('ls')[0]}",
        "%%step c\ntext = open('made.txt').read()",
        f"%%step d --bash --after b\n{script.replace('$place', 'other.txt')}",
    )
    assert run.steps["b"].planned.reads == {"n": "params", "word": "a"}
    assert (run["text"], run.logs("b"), run.logs("d")) == ("3 times\n", "made\n", "made\n")
    error = run.steps["d"].error
    assert error is not None
    assert (error.type, error.line) == ("ScriptFailed", 4)
    assert re.fullmatch(r"ScriptFailed: exit status \d: ls /nowhere/\$n 2> errors.txt", run.steps["d"].reason)


def test_explicit_artifacts_are_kept_under_their_names(ground: Ground) -> None:
    run, attempt = ground.attempt(
        "from jupyter_pipes import current\ncurrent.artifact('my model', {'w': [1, 2]})"
    )
    assert [artifact.name for artifact in attempt.artifacts] == ["my model"]
    assert run["my model"] == {"w": [1, 2]}


def test_unchanged_steps_are_cached_in_the_next_run(ground: Ground) -> None:
    cells = "%%step a\nx = 1\nx", "%%step b\ny = x + 1"
    ground.run(*cells)
    run = ground.run(*cells)
    assert {step.status for step in run.steps.values()} == {Status.CACHED}
    assert run["y"] == 2


# What is shown ------------------------------------------------------------------------------------------


def test_printed_text_is_in_the_log_in_order(ground: Ground) -> None:
    run, _ = ground.attempt(
        "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('drei ✓', end='')"
    )
    assert run.logs("only") == "one\ntwo\ndrei ✓"


def test_what_a_step_logs_is_in_its_log_with_the_time_whatever_takes_what_it_prints(ground: Ground) -> None:
    code = (
        "import contextlib, io\nfrom jupyter_pipes import current\nprint('first')\n"
        "with contextlib.redirect_stdout(io.StringIO()) as taken:\n"
        "    print('taken')\n    current.log({'rows': 3})\nprint('last')\nheld = taken.getvalue()"
    )
    run, _ = ground.attempt(code)
    assert re.fullmatch(r"first\n\d\d:\d\d:\d\d {'rows': 3}\nlast\n", run.logs("only"))
    assert run["held"] == "taken\n"


def test_shell_lines_and_magics_work_and_print_to_the_log(ground: Ground) -> None:
    run, _ = ground.attempt("!echo from shell\nfound = !echo captured\n%cd /\nimport os\nwhere = os.getcwd()")
    assert "from shell" in run.logs("only")
    assert (list(run["found"]), run["where"]) == (["captured"], "/")


SHOWN = [
    pytest.param("6 * 7", ["42"], id="last expression"),
    pytest.param("6 * 7;", [], id="semicolon"),
    pytest.param("6 * 7; # why", [], id="semicolon and comment"),
    pytest.param("None", [], id="None"),
    pytest.param("x = 6 * 7", [], id="assignment"),
    pytest.param("display(1, 2)\n3", ["1", "2", "3"], id="display, then expression"),
    pytest.param("for i in range(2):\n    display(i)", ["0", "1"], id="in a loop"),
    pytest.param("h = display('a', display_id=True)\nh.update('b')", ["'b'"], id="update_display"),
    pytest.param(
        "from IPython.display import clear_output\ndisplay(1)\nclear_output()\ndisplay(2)",
        ["2"],
        id="clear_output",
    ),
    pytest.param("import asyncio\nawait asyncio.sleep(0, 'awaited')", ["'awaited'"], id="top-level await"),
    pytest.param("%%time\n40 + 2", ["42"], id="below a cell magic"),
]


@pytest.mark.parametrize(("code", "texts"), SHOWN)
def test_displayed_values(ground: Ground, code: str, texts: list[str]) -> None:
    assert [bundle["text/plain"] for bundle in ground.bundles(code)] == texts


def test_html_and_tables_are_shown_rich(ground: Ground) -> None:
    (bundle,) = ground.bundles("import pandas as pd\npd.DataFrame({'a': [1]})")
    assert "<table" in bundle["text/html"]


IN_A_PROCESS_OF_ITS_OWN = """
import sys
from jupyter_pipes import Pipeline
run = Pipeline.from_notebook(sys.argv[1]).run(debug=sys.argv[2] == "inline")
_, attempt = run.shown_attempt("only")
print([sorted(run.bundle(output)["data"]) for output in attempt.outputs])
print([(figure.name, figure.title) for figure in attempt.artifacts], dict(run))
"""


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_figure_is_shown_as_a_picture_without_asking(executor: str, tmp_path: Path) -> None:
    """Who uses pyplot first decides for a process how figures are shown: here nobody did before.

    The figure is an artifact of the step, by its title.
    """
    path = tmp_path / "only.ipynb"
    drawing = "plt.title('loss')\nplt.plot([1, 2]);"
    cell = nbformat.v4.new_code_cell(f"%%step only\nimport matplotlib.pyplot as plt\n{drawing}")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    words = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, str(path), executor]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "[['image/png', 'text/plain']]" in shown
    assert "[('figure 1', 'loss')] {'figure 1': <figure, image/png>}" in shown


def test_outputs_stand_between_the_texts_where_they_were_shown(ground: Ground) -> None:
    _, attempt = ground.attempt("print('1234')\ndisplay(1)\nprint('1234')\ndisplay(2)")
    assert [output.log_offset for output in attempt.outputs] == [5, 10]


def test_metrics_are_series_with_numbers_that_json_lacks_as_text(ground: Ground) -> None:
    series = "for i in range(3):\n    current.metric('loss', 1 / (i + 1), at=i)"
    alone = "current.metric('auc', float('nan'))\ncurrent.metric('n', 7)"
    _, attempt = ground.attempt(f"from jupyter_pipes import current\n{series}\n{alone}")
    assert [(point.at, point.value) for point in attempt.metrics["loss"]] == [(0, 1), (1, 0.5), (2, 1 / 3)]
    assert attempt.metrics["auc"][0].value == "NaN"
    assert attempt.metrics["n"][0].value == 7


@pytest.mark.parametrize(
    "code",
    [
        "from jupyter_pipes import current\nfor i in range(1000):\n    current.progress(i + 1, 1000, 'rows')",
        "from tqdm import tqdm\nfor i in tqdm(range(1000), desc='rows'):\n    pass",
        "from tqdm.auto import trange\nfor i in trange(1000, desc='rows'):\n    pass",
    ],
    ids=["current.progress", "tqdm", "tqdm.auto"],
)
def test_the_last_progress_is_never_left_out(ground: Ground, code: str) -> None:
    _, attempt = ground.attempt(code)
    assert attempt.progress is not None
    assert (attempt.progress.done, attempt.progress.total) == (1000, 1000)
    assert "rows" in attempt.progress.text


def test_progress_without_total_tells_the_last_as_well(ground: Ground) -> None:
    _, attempt = ground.attempt(
        "from jupyter_pipes import current\nfor i in range(50):\n    current.progress(i)"
    )
    assert attempt.progress is not None
    assert (attempt.progress.done, attempt.progress.fraction) == (49, None)


@pytest.mark.parametrize("call", ["metric('m', 'x')", "progress(float('nan'))", "metric('m', 1, at='x')"])
def test_what_is_no_number_is_refused_at_once(ground: Ground, call: str) -> None:
    error = ground.error(f"%%step only\nfrom jupyter_pipes import current\ncurrent.{call}")
    assert (error.type, error.line) == ("UsageError", 3)


# Errors -------------------------------------------------------------------------------------------------

LINES = [
    pytest.param("%%step only\n1 / 0", 2, id="first line"),
    pytest.param("\n\n%%step only\n\n\nx = 1\n1 / 0", 7, id="blank lines above and below"),
    pytest.param("%%step only\n%%time\nx = 1\n1 / 0", 4, id="below %%time"),
    pytest.param("%%step only\n%%time\n\nx = 1\n1 / 0", 5, id="below %%time and a blank line"),
    pytest.param("%%step only\n%%capture\n%%time\n1 / 0", 4, id="below two magics"),
    pytest.param("%%step only\nx = 1\n%time 1 / 0", 3, id="line magic"),
    pytest.param("%%step only\n!true\nx = !true\n1 / 0", 4, id="below shell lines"),
    pytest.param(
        "%%step only\nx = (1 +\n     2)\ny = [1,\n     1 / 0]", 5, id="in the middle of a statement"
    ),
    pytest.param("%%step only\ndef f():\n    return 1 / 0\n\nf()", 3, id="in a function of the cell"),
    pytest.param("%%step only\nimport asyncio\nawait asyncio.sleep(0)\n1 / 0", 4, id="after await"),
    pytest.param("%%step only\nimport json\njson.loads('{')", 3, id="in a library: the line that calls it"),
]


@pytest.mark.parametrize(("cell", "line"), LINES)
def test_errors_have_the_line_that_the_editor_shows(ground: Ground, cell: str, line: int) -> None:
    error = ground.error(cell)
    assert error.line == line
    assert f"line {line}" in plain(error.traceback)


def test_an_error_in_a_helper_of_another_cell_names_both_places(ground: Ground) -> None:
    error = ground.error("x = 1\n\ndef ratio(n):\n    return 1 / n", "%%step only\n\nratio(0)")
    assert error.line == 3
    assert "Step only, line 3" in plain(error.traceback)
    assert "cell 1, line 4" in plain(error.traceback).lower()


def test_an_error_while_the_prelude_runs_names_its_cell(ground: Ground) -> None:
    run = ground.run("limit = int('many')", "%%step only\nx = limit")
    assert "cell 1, line 1" in run.steps["only"].reason
    assert "step only needs" in run.steps["only"].reason


def test_a_syntax_error_of_a_module_does_not_claim_a_line_of_the_cell(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / f"bad_{ground.name}.py").write_text("\n" * 40 + "x = (")
    assert ground.error(f"%%step only\nimport bad_{ground.name}").line in (2, None)


def test_the_error_knows_its_bases_for_retry_on(ground: Ground) -> None:
    error = ground.error("%%step only\nopen('/none/such')")
    assert {"FileNotFoundError", "OSError", "Exception"} <= set(error.bases)


# Attempts -----------------------------------------------------------------------------------------------

FLAKY = """\
import pathlib
tries = pathlib.Path('tries')
tries.write_text(tries.read_text() + 'x' if tries.exists() else 'x')
print(tries.read_text())
"""


def test_retries_are_attempts_with_logs_of_their_own(ground: Ground) -> None:
    fails_twice = f"{FLAKY}if len(tries.read_text()) < 3:\n    raise OSError('not yet')\nx = 1"
    run = ground.run(f"%%step only --retries 3 --retry-delay 10ms --retry-on OSError\n{fails_twice}")
    step = run.steps["only"]
    assert [attempt.status for attempt in step.attempts] == [Status.FAILED, Status.FAILED, Status.COMPLETED]
    assert [run.logs("only", number) for number in (1, 2, 3)] == ["x\n", "xx\n", "xxx\n"]
    assert step.status is Status.COMPLETED


def test_other_exceptions_than_those_named_are_not_retried(ground: Ground) -> None:
    run = ground.run("%%step only --retries 3 --retry-on KeyError\n[][1]")
    assert len(run.steps["only"].attempts) == 1


def test_a_function_is_asked_where_the_exception_is_whether_a_step_is_tried_again(
    ground: Ground, tmp_path: Path
) -> None:
    """It has the exception, classes of the notebook, and parameters; each element asks for itself."""
    (tmp_path / f"policies_{ground.name}.py").write_text("def never(error, attempt):\n    return False\n")
    run = ground.run(
        "%%params\nmost: int = 3",
        "class Busy(Exception):\n    def __init__(self, code):\n        self.code = code",
        "def transient(error, attempt):\n"
        "    print(type(error).__name__, attempt)\n"
        "    return isinstance(error, Busy) and error.code == 503 and attempt < most",
        f"import policies_{ground.name} as policies",
        "def broken(error, attempt):\n    return 1 / 0",
        "%%step busy --retries 5 --retry-on transient\nraise Busy(503)",
        "%%step gone --retries 5 --retry-on transient broken\nraise Busy(404)",
        "%%step some --map 'n in range(3)' --retries 1 --retry-on transient\nif n == 1:\n    raise Busy(503)",
        "%%step other --retries 5 --retry-on policies.never KeyError\nraise ValueError('mine')",
        "%%step mixed --retries 1 --retry-on policies.never KeyError\nraise KeyError('mine')",
    )
    tries = {name: len(step.attempts) for name, step in run.steps.items()}
    assert tries == {"busy": 3, "gone": 1, "some": 1, "other": 1, "mixed": 2}
    assert [len(element.attempts) for element in run.steps["some"].children.values()] == [1, 2, 1]
    assert [run.logs("busy", number) for number in (1, 2, 3)] == [f"Busy {number}\n" for number in (1, 2, 3)]
    (note,) = run.steps["gone"].notes
    assert ("--retry-on broken: ZeroDivisionError" in note, "cell 5, line 2" in note) == (True, True)
    assert run.steps["gone"].reason.startswith("Busy"), "the step's own error is told"


def test_a_timeout_fails_the_attempt_and_may_be_retried(ground: Ground) -> None:
    code = f"{FLAKY}import time\nif len(tries.read_text()) < 2:\n    time.sleep(600)\nx = 1"
    run = ground.run(f"%%step only --retries 1 --timeout 2s\n{code}")
    first, second = run.steps["only"].attempts
    assert (first.status, first.reason) == (Status.FAILED, "timed out after 2 s")
    assert first.error is not None
    assert first.error.type == "TimedOut"
    assert second.status is Status.COMPLETED


def test_a_step_that_an_interrupt_does_not_end_is_stopped_all_the_same(ground: Ground) -> None:
    rest = "try:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    pass"
    step = ground.run(f"%%step only --timeout 1s\nimport time\n{rest}\ntime.sleep(600)").steps["only"]
    assert (step.status, step.reason) == (Status.FAILED, "timed out after 1 s")


def test_what_a_step_changes_in_its_process_is_not_seen_by_the_next(ground: Ground) -> None:
    """Settings that its code shows (`os.chdir("/")`) go with later steps as settings: this one hides them."""
    run = ground.run(
        "%%step a\nimport os, sys\n"
        "done = [getattr(os, 'ch' + 'dir')('/'), getattr(sys, 'pa' + 'th').append('/x')]\nx = 1",
        "%%step b --after a\nimport os, sys\nwhere = os.getcwd()\nclean = '/x' not in sys.path",
    )
    assert (Path(run["where"]).name != "", run["clean"]) == (True, True)


def test_usage_is_measured(ground: Ground) -> None:
    _, attempt = ground.attempt("import time\ntime.sleep(0.05)")
    assert attempt.usage.seconds >= 0.05
    assert attempt.ended is not None
    assert attempt.pid > 0
    assert attempt.host


def test_files_that_a_step_reads_are_seen_and_count_for_reuse(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("1")
    cells = ("%%step a\nimport pathlib\nname = 'rows' + '.txt'\nx = pathlib.Path(name).read_text()",)
    run = ground.run(*cells)
    latest = run.steps["a"].latest
    assert latest is not None
    assert [Path(seen.path).name for seen in latest.files] == ["rows.txt"]
    (tmp_path / "rows.txt").write_text("2")
    assert ground.run(*cells)["x"] == "2"


# Files --------------------------------------------------------------------------------------------------


def files_of(run: Run, step: str) -> tuple[list[str], list[str]]:
    """Return the names of the files that the step was seen reading and writing."""
    latest = run.steps[step].latest
    assert latest is not None
    return [Path(seen.path).name for seen in latest.files], [Path(path).name for path in latest.written]


def test_a_file_that_a_step_makes_is_kept_and_there_for_later_steps(ground: Ground, tmp_path: Path) -> None:
    run = ground.run(
        "%%step a --out-file data/x.csv\nimport pathlib\npathlib.Path('data').mkdir()\n"
        "n = pathlib.Path('data/x.csv').write_text('1')",
        "%%step b\nx = open('data/x.csv').read()",
    )
    assert run.status is Status.COMPLETED, run.reason
    assert (run["x"], run["data/x.csv"], run["n"]) == ("1", b"1", 1)
    kept = next(artifact for artifact in run.steps["a"].artifacts if artifact.name == "data/x.csv")
    assert (kept.type, kept.bytes, kept.preview) == ("file", 1, "1")
    assert kept.digest == file_digest(tmp_path / "data/x.csv")
    assert run.steps["b"].planned.files_from == {"data/x.csv": "a"}


def test_a_step_that_does_not_make_its_file_fails_and_says_which(ground: Ground) -> None:
    error = ground.error("%%step only --out-file x.csv\nx = 1")
    assert (error.type, error.line) == ("OutFileMissing", 1)
    assert "--out-file x.csv is not there" in error.message


def test_files_read_and_files_written_are_told_apart(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("1")
    run = ground.run(
        "%%step a\nimport os, pathlib\nx = pathlib.Path('in.txt').read_text()\n"
        "pathlib.Path('new.txt').write_text(x)\ny = pathlib.Path('new.txt').read_text()\n"
        "pathlib.Path('gone.txt').write_text(x)\nos.remove('gone.txt')\n"
        "pathlib.Path('part.tmp').write_text(x)\nos.replace('part.tmp', 'whole.txt')\n"
        "z = pathlib.Path('whole.txt').read_text()\n"
        "pathlib.Path('made.py').write_text('v = 1')\nimport made"
    )
    assert files_of(run, "a") == (["in.txt"], ["new.txt", "whole.txt", "made.py"])


# Random numbers -----------------------------------------------------------------------------------------

UNSEEDED = [
    pytest.param("import random\nx = random.random()", "random", id="random"),
    pytest.param("import numpy as np\nx = np.random.rand()", "numpy", id="numpy"),
    pytest.param(
        "import numpy as np\nx = np.random.rand(312).sum()", "numpy", id="as many as it makes at once"
    ),
    pytest.param("import numpy as np\nx = np.random.default_rng().random()", "numpy", id="default_rng"),
    pytest.param(
        "import pandas as pd\nx = pd.DataFrame({'a': range(9)}).sample(3).a.tolist()", "numpy", id="pandas"
    ),
    pytest.param(
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier as Forest\n"
        "x = Forest(3).fit(np.eye(4), [0, 1, 0, 1]).predict(np.eye(4)).tolist()",
        "numpy",
        id="scikit-learn",
    ),
]


@pytest.mark.parametrize(("code", "module"), UNSEEDED)
def test_numbers_drawn_without_a_seed_are_noted(ground: Ground, code: str, module: str) -> None:
    _, attempt = ground.attempt(code)
    (note,) = attempt.notes
    assert note.startswith(
        f"draws random numbers without a seed ({module}): a rerun gives another result; seed"
    )


SEEDED = [
    pytest.param("x = 1", id="none"),
    pytest.param("import random\nrandom.seed(0)\nx = random.random()", id="random"),
    pytest.param("import numpy as np\nnp.random.seed(0)\nx = np.random.rand()", id="numpy"),
    pytest.param("import numpy as np\nx = np.random.default_rng(0).random()", id="default_rng"),
    pytest.param(
        "import pandas as pd\nx = pd.DataFrame({'a': range(9)}).sample(3, random_state=0).a.tolist()",
        id="pandas",
    ),
    pytest.param(
        "import uuid, secrets, time, os, tempfile\nx = [str(uuid.uuid4()), secrets.token_hex(), time.time(), "
        "os.urandom(3)]\ntempfile.mkdtemp();",
        id="what nobody can seed",
    ),
]


@pytest.mark.parametrize("code", SEEDED)
def test_numbers_drawn_with_a_seed_are_not_noted(ground: Ground, code: str) -> None:
    assert ground.attempt(code)[1].notes == []


def test_a_seed_in_set_up_counts_for_every_step(ground: Ground) -> None:
    cells = "%%setup\nimport numpy as np\nnp.random.seed(0)", "%%step only\nx = np.random.rand()"
    run = ground.run(*cells)
    assert run.steps["only"].notes == []
    assert ground.run(*cells, force=("all",))["x"] == run["x"]


def test_every_attempt_draws_numbers_of_its_own(ground: Ground) -> None:
    draw = "import random\nimport numpy as np\n{0} = [random.random(), np.random.rand()]"
    names = ["a", "b", "c"]
    run = ground.run(*(f"%%step {name}\n{draw.format(name)}" for name in names))
    drawn = [number for name in names for number in run[name]]
    assert len(set(drawn)) == len(drawn)


def test_the_kernel_s_own_random_numbers_go_on_as_they_were(ground: Ground) -> None:
    random.seed(7)
    np.random.seed(7)
    before = random.getstate(), np.random.get_state()[1].tolist()
    ground.run("%%step only\nimport random\nimport numpy as np\nx = random.random() + np.random.rand()")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_every_event_of_a_run_can_be_read_back(ground: Ground) -> None:
    run = ground.run("%%step a\nprint(1)\nx = 1\nx", "%%step b\n1 / 0")
    kept = Run(run._workspace, run.id).view
    assert msgspec.to_builtins(kept.steps) == msgspec.to_builtins(run.view.steps)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
