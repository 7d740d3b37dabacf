"""The magics in a real kernel: what users type and what comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.cli import verbs
from jupyter_pipes.kernel import magics
from jupyter_pipes.model.errors import UsageError
from tests.kernels import Executed, run_cells

pytestmark = pytest.mark.slow

STUDY = [
    "import math",  # 0: before the extension is loaded
    "%load_ext jupyter_pipes",
    "%%params\nrows: int = 4  # rows to make",
    "%%step load\nvalues = list(range(rows))\nprint('loaded', rows)",
    "def root(value):\n    return math.sqrt(value)",
    "%%step roots\nresult = [root(value) for value in values]\nresult",
    "%pipeline plan",  # 6
    "run = %pipeline run",
    "print(run.status, run['result'])",
    "%pipeline run",  # 9
    "%pipeline run -p rows=2",
    "%pipeline get result\nprint(result)",
    "%pipeline logs load",  # 12
    "%%step roots\nresult = sum(root(value) for value in values)\nresult",
    "again = %pipeline run",
    "print(again.steps['load'].status, again.steps['roots'].status, again['result'])",  # 15
    "%pipeline status",
    "%pipeline name study --version 1.2.0\n%pipeline export study.py",
    "%pipeline run --background",
    "%pipeline run -p rows=many",  # 19
    "%pipeline run nowhere",
    "%%step broken\n1 / 0",
    "%pipeline run",  # 22
    "failed = %pipeline run --no-check",
    "print(failed.status, failed.steps['broken'].error.line)",
    "%pipeline run --debug --no-check\n%pipeline status",  # 25
    "%%step broken\nmissing + 1",
    "%pipeline run",
    "%%step broken --run\nfixed = len(values)\nfixed",  # 28
    "%%step bad/name\n1",
    "%%params\nrows: int = 'many'",
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    return run_cells(tmp_path_factory.mktemp("study"), STUDY)


def test_params_are_variables_of_the_kernel_and_shown(study: Executed) -> None:
    assert "rows" in study.text(2)


def test_a_step_cell_shows_its_step_and_does_not_run_it(study: Executed) -> None:
    assert "loaded" not in study.text(6)
    assert "first run" in study.text(6)


def test_run_returns_the_run_whose_items_are_artifacts(study: Executed) -> None:
    assert "completed [0.0, 1.0, 1.4142135623730951, 1.7320508075688772]" in study.text(8)


def test_the_output_of_a_step_cell_shows_its_latest_run(study: Executed) -> None:
    assert "loaded" in study.text(3)


def test_a_second_run_reuses_everything(study: Executed) -> None:
    assert study.text(9).count("cached") >= 2


def test_run_shows_a_widget_and_a_still_picture(study: Executed) -> None:
    kinds = [set(output.data) for output in study.outputs(9) if output.output_type == "display_data"]
    assert any("application/vnd.jupyter.widget-view+json" in kind for kind in kinds)
    assert any({"image/svg+xml", "text/plain"} <= kind for kind in kinds)


def test_get_loads_the_newest_value_as_a_variable(study: Executed) -> None:
    assert "[0.0, 1.0]" in study.text(11)


def test_logs_prints_what_the_step_printed(study: Executed) -> None:
    assert "loaded 2" in study.text(12)


def test_a_cell_run_again_redefines_its_step_in_place(study: Executed) -> None:
    assert "cached completed 4.14" in study.text(15)


def test_status_tells_each_step(study: Executed) -> None:
    assert "load, cached" in study.text(16)
    assert "roots, completed" in study.text(16)


def test_export_writes_a_module(study: Executed) -> None:
    assert "study.py" in study.text(17)


def test_background_returns_the_run_at_once(study: Executed) -> None:
    assert "<Run" in study.text(18)


def test_a_wrong_parameter_is_named_with_what_is_allowed(study: Executed) -> None:
    name, message = study.error(19)
    assert name == "ParameterError"
    assert "rows" in message
    assert "many" in message


def test_an_unknown_step_is_named(study: Executed) -> None:
    assert study.error(20) == ("UsageError", study.error(20)[1])
    assert "nowhere" in study.error(20)[1]


def test_a_failed_run_raises_with_step_and_line(study: Executed) -> None:
    name, message = study.error(22)
    assert name == "RunFailed"
    assert "step broken, line 2: ZeroDivisionError" in message


def test_no_check_returns_the_failed_run(study: Executed) -> None:
    assert study.error(23) == ("", "")
    assert "failed 2" in study.text(24)


def test_debug_runs_with_the_same_cache_and_the_same_failure(study: Executed) -> None:
    assert "load, cached" in study.text(25)
    assert "broken, failed" in study.text(25)


def test_a_problem_is_shown_when_the_cell_runs_and_stops_a_run_before_it_starts(study: Executed) -> None:
    assert "missing" in study.text(26)
    name, message = study.error(27)
    assert name == "InvalidPipeline"
    assert "JP010" in message


def test_run_option_of_a_step_runs_it_now(study: Executed) -> None:
    assert "completed" in study.text(28)


def test_a_bad_name_is_refused_with_what_is_allowed(study: Executed) -> None:
    assert study.error(29)[0] == "UsageError"
    assert "letters" in study.error(29)[1]


def test_a_default_that_does_not_fit_is_an_error(study: Executed) -> None:
    assert study.error(30)[0] == "ParameterError"


def test_the_debugger_opens_where_the_step_failed(tmp_path: Path) -> None:
    """`%debug` after `run --debug` stops in the step's own frame."""
    ran = run_cells(
        tmp_path,
        [
            "%load_ext jupyter_pipes",
            "%%step broken\nsecret = 42\nsecret / 0",
            "%pipeline run --debug",
            "import builtins\nanswers = iter(['p secret', 'q'])\n"
            "builtins.input = lambda prompt='': next(answers)\n%debug",
        ],
    )
    assert "42" in ran.text(3)


def test_setup_runs_here_and_in_every_step(tmp_path: Path) -> None:
    ran = run_cells(
        tmp_path,
        [
            "%load_ext jupyter_pipes",
            "%%setup\nimport os\nos.environ['MODE'] = 'study'\nlevel = 3",
            "print(level)",
            "%%step one\nmode = (os.environ['MODE'], level)",
            "r = %pipeline run",
            "print(r['mode'])",
        ],
    )
    assert "3" in ran.text(2)
    assert "('study', 3)" in ran.text(5)


def test_an_interrupt_cancels_the_run_and_leaves_the_kernel_usable(tmp_path: Path) -> None:
    ran = run_cells(
        tmp_path,
        [
            "%load_ext jupyter_pipes",
            "%%step endless\nimport time, pathlib\npathlib.Path('started').touch()\ntime.sleep(600)\nx = 1",
            "import os, pathlib, signal, threading, time\n"
            "def interrupt():\n"
            "    while not pathlib.Path('started').exists():\n"
            "        time.sleep(0.01)\n"
            "    os.kill(os.getpid(), signal.SIGINT)\n"
            "threading.Thread(target=interrupt).start()",
            "%pipeline run",
            "%pipeline status",
        ],
    )
    assert ran.error(3)[0] == "RunCancelled"
    assert "endless, cancelled" in ran.text(4)


def test_plain_ipython_blocks_and_prints(tmp_path: Path) -> None:
    """Without a front end, as in a script, `%pipeline run` blocks and nothing needs a widget."""
    script = tmp_path / "plain.ipy"
    script.write_text(
        "%load_ext jupyter_pipes\n"
        "get_ipython().run_cell('%%step one\\nx = 21 * 2')\n"
        "run = get_ipython().run_line_magic('pipeline', 'run')\n"
        "print('value', run['x'], run.status)\n"
    )
    program = [sys.executable, "-m", "IPython", "--no-banner", str(script)]
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "value 42 completed" in done.stdout, done.stdout + done.stderr


HISTORY = [
    "%load_ext jupyter_pipes",
    "%%params\nrows: int = 3",
    "def twice(value):\n    return 2 * value",
    "%%step load\nvalues = list(range(rows))",
    "%%step double --file lock\nfrom pathlib import Path\n"
    "if not Path('lock').read_text():\n    raise ValueError('locked')\nresult = [twice(v) for v in values]",
    "%%step total\nn = sum(result) + rows",  # 5
    "%pipeline run -p rows=4",
    "del rows, twice\n%pipeline debug double\npayload = get_ipython().payload_manager.read_payload()",
    "print(values, twice(4), payload[0]['text'])",  # 8
    "%pipeline debug double --run nowhere",
    "%pipeline debug nothing",
    "Path('lock').write_text('open') and None\nrun = %pipeline resume",  # 11
    "print(run.status, run['n'], [len(step.attempts) for step in run.steps.values()])",
    "%%step total\nn = 0",
    "again = %pipeline run --of last -p rows=2",  # 14
    "print(again.status, again['n'], again.params, again.id != run.id)",
    "%pipeline run --of last load",
    "%pipeline resume",  # 17
    "%pipeline debug total --run last\nprint(result, rows)",
    "%pipeline plan",  # 19
    "%pipeline runs params.rows:2",
    "%pipeline compare last last",
    "%pipeline why total --run last",  # 22
]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    folder = tmp_path_factory.mktemp("history")
    (folder / "lock").write_text("")
    return run_cells(folder, ["from pathlib import Path", *HISTORY])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (8, "[0, 1, 2, 3] 8 # step double of run "),
        (8, "(failed)\nfrom pathlib import Path\nif not"),
        (12, "completed 16 [1, 2, 1]"),
        (15, "completed 4 {'rows': 2} True"),
        (18, "[0, 2] 2"),
    ],
)
def test_kept_runs_are_looked_into_resumed_and_repeated(history: Executed, cell: int, said: str) -> None:
    """With their own prelude, inputs, parameters and code, whatever the kernel has under these names now."""
    assert said in history.text(cell + 1)


@pytest.mark.parametrize(
    ("cell", "error", "told"),
    [
        (9, "RunNotFound", "nowhere"),
        (10, "StepUnknown", "it has: load, double, total"),
        (16, "UsageError", "only -p"),
        (17, "RunNotFound", "nothing left to do"),
    ],
)
def test_what_cannot_be_done_with_a_kept_run_is_told(
    history: Executed, cell: int, error: str, told: str
) -> None:
    name, message = history.error(cell + 1)
    assert name == error
    assert told in message


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (19, ("decision", "total", "code changed", "<details>", 'class="added"')),
        (20, ("completed", "rows=2", "<th ")),
        (21, ("nothing differs",)),
        (22, ("total", "run", "input result of double: other content")),
    ],
)
def test_plans_and_kept_runs_are_tables_in_a_notebook(
    history: Executed, cell: int, said: tuple[str, ...]
) -> None:
    shown = [output.data for output in history.outputs(cell + 1) if output.output_type == "execute_result"]
    assert len(history.outputs(cell + 1)) == 1, "the text form shall not be displayed beside the table"
    assert all(word in shown[0]["text/html"] for word in said)


@pytest.mark.parametrize(
    ("line", "awaited"),
    [
        ("get_ipython().run_line_magic('pipeline', 'run a')\n", True),
        ("r = get_ipython().run_line_magic('pipeline', 'run a')\n", True),
        ("    get_ipython().run_line_magic('pipeline', 'run a')\n", False),
        ("get_ipython().run_line_magic('pipeline', 'plan')\n", False),
        ("get_ipython().run_cell_magic('step', 'a --run', 'x')\n", True),
        ("get_ipython().run_cell_magic('step', 'a', 'x')\n", False),
    ],
)
def test_running_lines_at_the_margin_are_awaited(line: str, awaited: bool) -> None:
    assert ("await " in magics.await_runs([line])[0]) is awaited


@pytest.mark.parametrize(
    ("cell", "taken"),
    [
        (["%%step a --pipeline b.ipynb --out x"], ["%%step a --pipeline b.ipynb --out x\n", "\n"]),
        (["%%step a --pipeline b.ipynb\n"], ["%%step a --pipeline b.ipynb\n", "\n"]),
        (["%%step a --pipeline b.ipynb\n", "# why\n"], ["%%step a --pipeline b.ipynb\n", "# why\n"]),
        (["%%step a\n"], ["%%step a\n"]),
    ],
)
def test_a_step_that_is_another_pipeline_needs_no_line_below_its_first(
    cell: list[str], taken: list[str]
) -> None:
    assert magics.with_body(cell) == taken


@pytest.mark.parametrize("line", ["rnu", "run --unknown", "get", 'run "open', "logs"])
def test_a_line_that_does_not_fit_is_a_usage_error(line: str) -> None:
    with pytest.raises(UsageError):
        verbs.parse_magic(line)


def test_help_names_every_verb_and_option() -> None:
    shown = verbs.magic_help()
    assert all(verb in shown for verb in verbs.MAGICS)
    assert "--force" in shown


@pytest.fixture(scope="module")
def typing(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], set[str]]:
    """What may stand where a line ends, in a kernel with a parameter, a step, a run and a catalog."""
    from jupyter_pipes.kernel.completion import candidates
    from jupyter_pipes.kernel.sessions import Sessions

    folder = tmp_path_factory.mktemp("typing")
    (folder / "pipes.toml").write_text(
        '[catalog]\ncompanies = { format = "csv" }\n"df_*" = { format = "csv" }\n'
    )
    sessions = Sessions(folder, None, {}, live=False)
    session = sessions.own
    session.define("a", "%%params\nrows: int = 1", 1)
    reporting = "from jupyter_pipes import current\ncurrent.metric('size', rows)"
    session.define("b", f"%%step load\n{reporting}\ndf = rows", 2)
    session.start((), {}).wait()
    assert session.run is not None
    run = session.run.id
    return lambda text: {"RUN" if word == run else word for word in candidates(text, lambda: sessions)}


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%pipeline ", {*verbs.MAGICS}),
        ("%pipeline run ", {"load", "--force", "--of"}),
        ("%pipeline run -p ", {"rows="}),
        ("%pipeline run --force ", {"load", "all"}),
        *((f"%pipeline plan --{option} ", {"load"}) for option in ("skip", "from", "only", "accept")),
        *((f"%pipeline {verb} ", {"load"}) for verb in ("why", "debug", "logs", "cancel")),
        *(
            (f"%pipeline {verb} ", {"RUN", "last"})
            for verb in ("compare", "tag", "rename", "archive", "resume")
        ),
        ("%pipeline compare last ", {"RUN"}),
        ("%pipeline run --of ", {"RUN"}),
        ("%pipeline debug load --run ", {"RUN"}),
        ("%pipeline get ", {"df", "--run", "companies"}),
        ("compan", {"companies"}),
        ("small = len(compan", {"companies"}),
        ("%%step clean --after ", {"load"}),
        ("%%step clean --", {"--retries"}),
        ("%%step clean --version v${", {"v${params.rows}", "v${load.df}", "v${load.metrics}"}),
        (
            "%pipeline run -p rows=${par",
            {"rows=${params.rows}", "rows=${run.id}", "rows=${load.df}", "rows=${load.metrics}"},
        ),
    ],
)
def test_tab_completes(typing: Callable[[str], set[str]], text: str, offered: set[str]) -> None:
    assert offered <= typing(text)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%%step clean --stage ${", {"${params.rows}"}),
        ("%%step load --retries ${", {"${params.rows}"}),
        ("%%step clean --after ${", set[str]()),
        ("%%step clean --when ${", set[str]()),
        ("frame.compan", set[str]()),
        ("", set[str]()),
    ],
)
def test_tab_offers_nothing_that_could_not_stand_there(
    typing: Callable[[str], set[str]], text: str, offered: set[str]
) -> None:
    assert typing(text) == offered


def test_tab_offers_no_runs_behind_the_one_that_is_tagged(typing: Callable[[str], set[str]]) -> None:
    assert "RUN" not in typing("%pipeline tag last ")
