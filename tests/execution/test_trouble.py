"""Bad input to the engine: each kind ends with a clear error, nothing half done, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import ConfigurationError, InvalidPipeline, RunFailed, StoreError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what is promised beyond Linux is less"),
]

MakePipeline = Callable[..., Pipeline]
DEADLINE = 60.0
"""Seconds after which a test that waits gives up: a bound for hangs, no measure of speed."""


def ended(pipeline: Pipeline, *steps: str) -> Run:
    """Run to the end and return the run, whatever became of it."""
    run = pipeline.start(*steps)
    run.wait(DEADLINE)
    return run


def only_step(run: Run) -> StepView:
    (step,) = run.steps.values()
    return step


class Watch:
    """Lets a test wait for a fact of a run instead of sleeping."""

    def __init__(self, run: Run, holds: Callable[[RunView], bool]) -> None:
        self._happened = threading.Event()
        self._holds = holds
        run.subscribe(self._look)
        if holds(run.view):
            self._happened.set()

    def _look(self, view: RunView, _record: ev.Record) -> None:
        if self._holds(view):
            self._happened.set()

    def wait(self) -> None:
        assert self._happened.wait(DEADLINE)


def has_progress(step: str) -> Callable[[RunView], bool]:
    return lambda view: (
        (latest := view.steps[step].latest if step in view.steps else None) is not None
        and latest.progress is not None
    )


SAY_HELLO = "from jupyter_pipes import current\ncurrent.progress(1, 3)"
WAIT = "import time\ntime.sleep(600)"


def processes_with(marker: str) -> list[psutil.Process]:
    """Return the processes that were started with this text in their environment or command line."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if marker in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


# Steps that end badly -----------------------------------------------------------------------------------

ENDINGS = [
    pytest.param("raise ValueError('bad row')", "ValueError: bad row", "ValueError", 2, id="raises"),
    pytest.param("import sys\nsys.exit(0)", "sys.exit(0)", "SystemExit", 3, id="sys.exit"),
    pytest.param("exit()", "sys.exit(0)", "SystemExit", 2, id="exit()"),
    pytest.param("import os\nos._exit(3)", "exit code 3", "Exited", None, id="os._exit"),
    pytest.param("import ctypes\nctypes.string_at(0)", "SIGSEGV", "Killed", None, id="segfault"),
    pytest.param("import os\nos.abort()", "SIGABRT", "Killed", None, id="abort"),
    pytest.param("import os\nos.kill(os.getpid(), 9)", "SIGKILL", "Killed", None, id="kill -9"),
    pytest.param("import os\nos.kill(os.getpid(), 40)", "signal 40", "Killed", None, id="nameless signal"),
    pytest.param("raise KeyboardInterrupt()", "KeyboardInterrupt", "KeyboardInterrupt", 2, id="interrupt"),
    pytest.param("input('name? ')", "%%params", "PipesError", 2, id="input"),
    pytest.param("import not_installed", "not_installed", "ModuleNotFoundError", 2, id="missing module"),
    pytest.param("def f(n):\n    return f(n)\nf(0)", "RecursionError", "RecursionError", 3, id="recursion"),
    pytest.param("raise BaseException('deep')", "deep", "BaseException", 2, id="BaseException"),
    pytest.param("exec('x = (')", "SyntaxError", "SyntaxError", 2, id="syntax error in exec"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "reason", "kind", "line"), ENDINGS)
def test_a_step_that_ends_badly_fails_with_reason_kind_and_line(
    pipeline_of: MakePipeline, code: str, reason: str, kind: str, line: int | None
) -> None:
    run = ended(pipeline_of(f"%%step bad\n{code}", "%%step next --after bad\ny = 1"))
    bad, after = run.steps["bad"], run.steps["next"]
    assert bad.status is Status.FAILED
    assert reason in bad.reason
    assert bad.error is not None
    assert (bad.error.type, bad.error.line) == (kind, line)
    assert (after.status, after.reason) == (Status.SKIPPED, "bad failed")
    assert run.status is Status.FAILED
    with pytest.raises(RunFailed, match="step bad"):
        run.check()


UNSTORABLE = [
    pytest.param("import threading", "threading.Lock()", "lock", id="lock"),
    pytest.param("import socket", "socket.socket()", "socket", id="socket"),
    pytest.param("x = 0", "memoryview(b'1')", "memory", id="memory"),
    pytest.param("x = 0", "open('/dev/null')", "TextIOWrapper", id="open file"),
    pytest.param("import threading", "{'deep': [threading.Lock()]}", "lock", id="lock inside"),
]


@pytest.mark.parametrize(("before", "value", "kind"), UNSTORABLE)
def test_a_wanted_output_that_cannot_be_stored_fails_its_step_by_name_type_and_line(
    pipeline_of: MakePipeline, before: str, value: str, kind: str
) -> None:
    run = ended(pipeline_of(f"%%step make\n{before}\nkept = {value}", "%%step use\nseen = kept"))
    make = run.steps["make"]
    assert make.status is Status.FAILED
    assert "kept" in make.reason
    assert kind in make.reason
    assert make.error is not None
    assert make.error.line == 3


def test_an_unwanted_output_that_cannot_be_stored_is_a_note(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step make\nimport threading\nlock = threading.Lock()\nx = 1"))
    make = only_step(run)
    assert make.status is Status.COMPLETED
    assert [artifact.name for artifact in make.artifacts] == ["x"]
    assert any("lock" in note for note in make.notes)


def test_a_name_that_is_bound_on_some_paths_only_fails_when_it_is_missing(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step make\nimport os\nif not os.getcwd():\n    x = 1", "%%step use\ny = x"))
    assert run.steps["make"].status is Status.FAILED
    assert "x" in run.steps["make"].reason


def test_memory_beyond_the_limit_fails_and_names_the_limit(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step big --memory 300M\nimport numpy as np\nx = np.ones(2 * 2**30 // 8)"))
    big = only_step(run)
    assert big.status is Status.FAILED
    assert "300 MB" in big.reason
    assert "--memory" in big.reason


@pytest.mark.parametrize(
    "raised",
    [
        "ValueError('x' * 50_000_000)",
        "ValueError('name \\udc80')",
        "Nasty()",
        "ExceptionGroup('g', [OSError('a')])",
    ],
    ids=["huge", "no unicode", "__str__ raises", "group"],
)
def test_an_error_that_is_hard_to_tell_is_told_nevertheless(pipeline_of: MakePipeline, raised: str) -> None:
    nasty = "class Nasty(Exception):\n    def __str__(self):\n        raise OSError('no')"
    run = ended(pipeline_of(f"%%step bad\n{nasty}\nraise {raised}"))
    error = only_step(run).error
    assert error is not None
    assert error.type == raised.partition("(")[0]
    assert error.line == 5
    assert len(error.message) < 20_000
    assert len(error.traceback) < 200_000
    assert len(only_step(run).reason) < 1_000


# Steps that behave badly --------------------------------------------------------------------------------

HARMLESS = [
    pytest.param("import os\nos.chdir('/')\nx = 1", id="chdir"),
    pytest.param("import sys\nsys.stdout.close()\nsys.stderr.close()\nx = 1", id="closes sys.stdout"),
    pytest.param("import sys\nsys.stdout = None\nx = 1", id="removes sys.stdout"),
    pytest.param("import os\nprint('a', end='')\nos.close(0)\nos.close(1)\nos.close(2)\nx = 1", id="0-2"),
    pytest.param("import sys\nsys.stdout.buffer.write(bytes(range(256)) * 99)\nx = 1", id="prints binary"),
    pytest.param("from threading import Timer\nTimer(600, print).start()\nx = 1", id="thread"),
    pytest.param("import os\nos.fork()\nx = 1", id="forks and both return"),
    pytest.param("import os\nif os.fork() == 0:\n    raise ValueError\nx = 1", id="forks and the copy fails"),
    pytest.param("import os\nos.mkdir('d')\n[os.chdir][0]('d')\nos.rmdir('../d')\nx = 1", id="cwd removed"),
    pytest.param("import atexit, time\natexit.register(time.sleep, 600)\nx = 1", id="exit handler"),
    pytest.param("import signal as s\ns.signal(s.SIGCHLD, s.SIG_IGN)\nx = 1", id="ignores SIGCHLD"),
    pytest.param("print = None\nx = 1", id="shadows print"),
]  # fmt: skip


@pytest.mark.parametrize("code", HARMLESS)
def test_what_a_step_does_to_its_own_process_stays_there(pipeline_of: MakePipeline, code: str) -> None:
    run = ended(pipeline_of(f"%%step odd\n{code}", "%%step next\ny = x + 1"))
    assert {name: step.status for name, step in run.steps.items()} == {
        "odd": Status.COMPLETED,
        "next": Status.COMPLETED,
    }
    assert run["y"] == 2
    assert len(run.steps["odd"].attempts) == 1


CLOSES = {
    "closes 3 to 255": "import os\nos.closerange(3, 256)",
    "closes all": "import os\nos.closerange(3, 100_000)",
    "closes one by one": "import os\nfor n in map(int, os.listdir('/proc/self/fd')):\n"
    "    if n > 2 and os.path.exists(f'/proc/self/fd/{n}'):\n        os.close(n)",
    "puts a file in each place": "import os\ntaken = os.open('taken.txt', os.O_CREAT | os.O_RDWR)\n"
    "for n in list(map(int, os.listdir('/proc/self/fd'))):\n    if n > 2:\n        os.dup2(taken, n)",
    "a fork closes all": "import os\nif os.fork() == 0:\n    os.closerange(0, 100_000)\n"
    "    files = [open(f'fork{n}.txt', 'w') for n in range(9)]\n    print('from the fork', flush=True)\n"
    "    os._exit(0)\nos.wait()",
}
"""What code does to open files that it did not open itself (daemons do it in their own process)."""

OPENS = """\
handles = [open(f'own{n}.txt', 'w+') for n in range(300)]
high = [os.dup2(handles[0].fileno(), n) for n in range(3990, 4100)]
print('printed into the log')
from IPython.display import display
display({'text/plain': 'displayed'}, raw=True)
from jupyter_pipes import current
current.metric('m', 1)
for handle in handles:
    handle.flush()
made = sum(os.path.getsize(f'own{n}.txt') for n in range(300))
"""


@pytest.mark.parametrize("close", CLOSES.values(), ids=CLOSES.keys())
def test_what_a_step_reports_and_prints_never_lands_in_files_that_it_opens(
    pipeline_of: MakePipeline, tmp_path: Path, close: str
) -> None:
    run = ended(pipeline_of(f"%%step odd\n{close}\n{OPENS}", "%%step next\ny = made + 1"))
    assert run.status is Status.COMPLETED, run.reason
    assert run["y"] == 1
    odd = run.steps["odd"]
    assert odd.latest is not None
    assert (len(odd.attempts), list(odd.metrics), len(odd.latest.outputs)) == (1, ["m"], 1)
    assert "printed into the log" in run.logs("odd")
    files = [*tmp_path.glob("own*.txt"), *tmp_path.glob("fork*.txt"), *tmp_path.glob("taken.txt")]
    assert {file.read_text() for file in files} <= {"", "from the fork\n"}


def test_a_step_that_can_report_no_more_fails_and_says_why(pipeline_of: MakePipeline) -> None:
    code = """\
        import os
        from jupyter_pipes.execution.worker.held_files import FileLost, HeldFile
        def not_again(file):
            raise FileLost
        HeldFile._opened_again = not_again
        os.closerange(3, 100_000)
        x = 1
        """
    run = ended(pipeline_of(f"%%step odd\n{textwrap.dedent(code)}"))
    odd = only_step(run)
    assert odd.status is Status.FAILED
    assert "closed the pipe" in odd.reason
    assert odd.error is not None
    assert odd.error.type == "Unreported"


FORGED = {
    "garbage": "b'garbage'",
    "an event that no step may send": "reports.encode(sender, ev.RunEnded('failed'))",
    "of another step": "reports.encode(sender, ev.AttemptEnded('other', 1, 'completed'))",
    "of another attempt": "reports.encode(sender, ev.NoteAdded('odd', 7, 'm'))",
    "of another run": "reports.encode('run/odd/1', ev.AttemptEnded('odd', 1, 'completed'))",
    "without a sender": "ev.encode(ev.AttemptEnded('odd', 1, 'completed'))",
}
FORGE = """\
import os
from jupyter_pipes import current
from jupyter_pipes.execution import reports
from jupyter_pipes.model import events as ev
sender = f'{current.run.id}/odd/1'
for name in os.listdir('/proc/self/fd'):
    if os.path.exists(f'/proc/self/fd/{name}') and os.readlink(f'/proc/self/fd/{name}').startswith('pipe:'):
        os.write(int(name), FORGED + b'\\n')
"""


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_an_event_that_is_not_its_senders_is_refused_and_told_once(
    pipeline_of: MakePipeline, forged: str
) -> None:
    code = FORGE.replace("FORGED", f"({forged})")
    run = ended(pipeline_of(f"%%step odd\n{code}{code}1 / 0", "%%step other --after odd\nx = 1"))
    odd = run.steps["odd"]
    assert (run.status, odd.status) == (Status.FAILED, Status.FAILED)
    assert "ZeroDivisionError" in odd.reason
    assert odd.metrics == {}
    assert run.steps["other"].status is Status.SKIPPED
    assert [note for note in odd.notes if "refused" in note] == odd.notes
    assert len(odd.notes) == 1


BLOCKS = {
    "sleeps": "def wait(self, *_):\n        time.sleep(600)",
    "sleeps and catches all": "def wait(self, *_):\n        while True:\n"
    "            try:\n                time.sleep(600)\n            except Exception:\n                pass",
    "loops": "def wait(self, *_):\n        while True:\n            pass",
    "waits for a lock": "def wait(self, *_):\n        lock = threading.Lock()\n"
    "        lock.acquire()\n        lock.acquire()",
    "is huge": "def wait(self, *_):\n        return 'x' * 200_000_000",
}
"""Methods of values that do not come back, or with too much."""

HOLDERS = {
    "__repr__": "class Odd:\n    {wait}\n    __repr__ = wait\nvalue = Odd()",
    "shape": "class Odd:\n    {wait}\n    shape = property(wait)\nvalue = Odd()",
    "__getattr__": "class Odd:\n    {wait}\n    __getattr__ = wait\n"
    "    def __reduce__(self):\n        return (Odd, ())\nvalue = Odd()",
    "__len__": "class Odd(list):\n    {wait}\n    __len__ = wait\nvalue = Odd()",
    "of an element": "class Odd:\n    {wait}\n    __repr__ = __str__ = wait\nvalue = [Odd(), 1]",
    "in a frame": "import pandas as pd\nclass Odd:\n    {wait}\n    __repr__ = __str__ = wait\n"
    "value = pd.DataFrame({{'a': [Odd()]}})",
}
"""Where they are in what a step leaves."""


@pytest.mark.parametrize(
    ("block", "holder"),
    [(block, HOLDERS["__repr__"]) for block in BLOCKS.values()]
    + [(BLOCKS["sleeps and catches all"], holder) for holder in HOLDERS.values()],
    ids=[*BLOCKS, *HOLDERS],
)
def test_a_value_whose_own_methods_do_not_come_back_is_handed_on(
    pipeline_of: MakePipeline, block: str, holder: str
) -> None:
    cell = f"import threading, time\n{holder.format(wait=block)}"
    run = ended(pipeline_of(f"%%step make\n{cell}", "%%step use\nkind = type(value).__name__"))
    assert run.status is Status.COMPLETED, run.reason
    assert run["kind"] in ("Odd", "list", "DataFrame")
    (artifact,) = run.steps["make"].artifacts
    assert len(artifact.preview) <= 300


def test_values_whose_methods_do_not_come_back_cost_a_step_seconds_not_their_number(
    pipeline_of: MakePipeline,
) -> None:
    """What cannot be described is not asked any more when it took too long often enough."""
    wait = (
        "class Odd:\n    def __repr__(self):\n        asked.append(1)\n        while True:\n            pass"
    )
    code = f"asked = []\n{wait}\n" + "\n".join(f"v{n} = Odd()" for n in range(30))
    run = ended(pipeline_of(f"%%step make --timeout 1m\n{code}"))
    assert run.status is Status.COMPLETED, run.reason
    assert len(only_step(run).artifacts) >= 30


def test_a_hundred_megabytes_of_output_are_all_in_the_log(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step loud\nfor _ in range(100):\n    print('x' * (2**20 - 1))"))
    assert only_step(run).status is Status.COMPLETED
    path = run.log_path("loud")
    assert path is not None
    assert path.stat().st_size == 100 * 2**20


def test_output_without_newline_and_of_c_libraries_is_in_the_log(pipeline_of: MakePipeline) -> None:
    code = "import ctypes\nctypes.CDLL(None).printf(b'from C ')\nprint('from Python', end='')"
    run = ended(pipeline_of(f"%%step loud\n{code}"))
    assert "from C" in run.logs("loud")
    assert "from Python" in run.logs("loud")


STARTS = {
    "child": "subprocess.Popen([sys.executable, '-c', code])",
    "own session": "subprocess.Popen([sys.executable, '-c', code], start_new_session=True)",
    "no environment": "subprocess.Popen([sys.executable, '-c', code], start_new_session=True, env={})",
    "orphan": "subprocess.Popen(['sh', '-c', f'setsid {sys.executable} -c \"{code}\" & exit'])",
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
@pytest.mark.parametrize(
    "end", ["pass", "1 / 0", "import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"]
)
def test_what_a_step_starts_ends_with_it(
    pipeline_of: MakePipeline, tmp_path: Path, start: str, end: str
) -> None:
    marker = f"left_behind_by_{tmp_path.parent.name}_{tmp_path.name}_{os.getpid()}"
    code = f"import time, pathlib; pathlib.Path('{tmp_path}/on').touch(); time.sleep(600)  # {marker}"
    until = f"import pathlib, time\nwhile not pathlib.Path('{tmp_path}/on').exists():\n    time.sleep(0.01)"
    ended(pipeline_of(f'%%step parent\nimport subprocess, sys\ncode = "{code}"\n{start}\n{until}\n{end}'))
    assert (tmp_path / "on").exists()
    assert processes_with(marker) == []


def test_a_daemon_that_a_step_forks_ends_with_it(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    code = """\
        import os, time
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writer, str(os.getpid()).encode())
                time.sleep(600)
            os._exit(0)
        pid = int(os.read(reader, 20))
        """
    run = ended(pipeline_of(f"%%step parent\n{textwrap.dedent(code)}"))
    assert run.steps["parent"].status is Status.COMPLETED
    assert not psutil.pid_exists(run["pid"])


def test_a_step_that_deletes_its_input_from_the_store_fails_the_readers_only(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    delete = "import shutil\nshutil.rmtree('.jupyter_pipes/artifacts/objects')"
    pipeline = pipeline_of(
        "%%step a\nx = list(range(9))", f"%%step b\nx\n{delete}", "%%step c --after b\ny = x"
    )
    run = ended(pipeline)
    assert [step.status for step in run.steps.values()] == [Status.COMPLETED, Status.COMPLETED, Status.FAILED]
    assert "input x of step c" in run.steps["c"].reason
    assert "missing" in " ".join(pipeline.plan().steps[0].reasons)


def test_writing_to_a_mapped_input_changes_nothing_for_others(pipeline_of: MakePipeline) -> None:
    run = ended(
        pipeline_of(
            "%%step a\nimport numpy as np\nx = np.zeros(200_000)",
            "%%step b\ntotal = x.sum()\nx_view = x\nx_view[:] = 7",
            "%%step c --after b\nsum_c = float(x.sum())",
        )
    )
    assert run.status is Status.COMPLETED
    assert run["sum_c"] in (0.0, 1_400_000.0)
    assert run["a.x"].sum() == 0


# Killed from outside ------------------------------------------------------------------------------------


def running_pid(run: Run, step: str) -> int:
    Watch(run, has_progress(step)).wait()
    latest = run.steps[step].latest
    assert latest is not None
    return latest.pid


def test_kill_9_of_a_step_fails_it_with_the_reason(pipeline_of: MakePipeline) -> None:
    run = pipeline_of(f"%%step long\n{SAY_HELLO}\n{WAIT}").start()
    os.kill(running_pid(run, "long"), signal.SIGKILL)
    run.wait(DEADLINE)
    assert only_step(run).status is Status.FAILED
    assert "SIGKILL" in only_step(run).reason


def test_kill_9_of_the_helper_loses_its_steps_and_the_next_run_works(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of(f"%%step long\n{SAY_HELLO}\n{WAIT}", "%%step short\nx = 1")
    run = pipeline.start("long")
    pid = running_pid(run, "long")
    process = psutil.Process(pid)
    os.kill(process.ppid(), signal.SIGKILL)
    run.wait(DEADLINE)
    assert only_step(run).status is Status.FAILED
    assert "helper process" in only_step(run).reason
    assert psutil.wait_procs([process], timeout=DEADLINE)[1] == []
    assert ended(pipeline, "short").status is Status.COMPLETED


STUBBORN = "import signal as s\nfor number in (s.SIGINT, s.SIGTERM):\n    s.signal(number, s.SIG_IGN)"


@pytest.mark.parametrize("stubborn", ["pass", STUBBORN], ids=["willing", "stubborn"])
def test_cancel_ends_a_step_whatever_it_does_with_signals(pipeline_of: MakePipeline, stubborn: str) -> None:
    run = pipeline_of(
        f"%%step long\n{stubborn}\n{SAY_HELLO}\n{WAIT}", "%%step next --after long\nx = 1"
    ).start()
    pid = running_pid(run, "long")
    run.cancel()
    run.wait(DEADLINE)
    assert run.status is Status.CANCELLED
    assert {step.status for step in run.steps.values()} == {Status.CANCELLED}
    assert not psutil.pid_exists(pid)


def test_a_timeout_is_a_failure_that_shows_where_the_step_hung(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step long --timeout 300ms\nimport time\n\ntime.sleep(600)"))
    step = only_step(run)
    assert (step.status, step.reason) == (Status.FAILED, "timed out after 300 ms")
    assert step.error is not None
    assert (step.error.type, step.error.line) == ("TimedOut", 4)


@pytest.fixture
def controller(tmp_path: Path, pipeline_of: MakePipeline) -> Iterator[subprocess.Popen[str]]:
    """A process that drives a run of a quick and an endless step, and says so when both are under way."""
    pipeline_of("%%step quick\nx = 1", f"%%step long\nx\n{SAY_HELLO}\n{WAIT}")
    program = """\
        import sys
        from jupyter_pipes.runs.pipeline import Pipeline
        run = Pipeline.from_notebook(sys.argv[1]).start()
        def tell(view, record):
            if type(record.event).__name__ == "ProgressReported":
                print(run.id, view.steps["long"].latest.pid, flush=True)
        run.subscribe(tell)
        run.wait()
        """
    arguments = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "made.ipynb")]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_the_end_of_the_controlling_process_ends_its_steps_and_is_told_in_the_next_session(
    controller: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert controller.stdout is not None
    run_id, pid = controller.stdout.readline().split()
    step = psutil.Process(int(pid))
    helper = step.parent()
    assert helper is not None
    controller.kill()
    gone, alive = psutil.wait_procs([step, helper], timeout=DEADLINE)
    assert (len(gone), alive) == (2, [])
    controller.wait()
    pipeline = Pipeline.from_notebook(tmp_path / "made.ipynb")
    view = pipeline.workspace.history.view(run_id)
    assert view.status is Status.INTERRUPTED
    assert view.steps["quick"].status is Status.COMPLETED
    assert view.steps["long"].status is Status.CANCELLED
    assert view.steps["long"].attempts[0].status is Status.CANCELLED
    assert [step.decision for step in pipeline.plan().steps] == ["cached", "run"]


DETACHED = {
    "child": "subprocess.Popen([sys.executable, '-c', code])",
    "own session": "subprocess.Popen([sys.executable, '-c', code], start_new_session=True)",
    "no environment": "subprocess.Popen([sys.executable, '-c', code], start_new_session=True, env={})",
    "nohup": "subprocess.Popen(['nohup', sys.executable, '-c', code], stdout=subprocess.DEVNULL)",
    "shell job": "os.system(f'nohup setsid {sys.executable} -c \"{code}\" > /dev/null 2>&1 &')",
    "double fork": "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        os.execv(sys.executable, [sys.executable, '-c', code])\n    os._exit(0)",
    "spawned": "multiprocessing.get_context('spawn').Process(target=exec, args=(code,)).start()",
}
"""Ways to start a program that shall outlive the step."""

CONTROL = """\
import sys
from jupyter_pipes.runs.pipeline import Pipeline
run = Pipeline.from_notebook(sys.argv[1]).start()
run.wait()
"""


@pytest.fixture
def left(tmp_path: Path) -> Iterator[str]:
    """The mark of what a test starts; whatever is left of it goes."""
    marker = f"left_behind_by_{tmp_path.parent.name}_{tmp_path.name}_{os.getpid()}"
    yield marker
    for process in processes_with(marker):
        process.kill()


@pytest.mark.parametrize("start", DETACHED.values(), ids=DETACHED.keys())
@pytest.mark.parametrize("killed", ["helper and controller", "the helper first", "all of ours"])
def test_nothing_that_a_step_started_outlives_all_that_could_end_it(
    pipeline_of: MakePipeline, tmp_path: Path, left: str, start: str, killed: str
) -> None:
    """Even where the keeper is killed as well, the next program that runs steps finds what has the mark."""
    if killed == "all of ours" and "env={}" in start:
        pytest.skip("without a living ancestor and without the mark, nothing tells whose it was")
    code = f"import time, pathlib; pathlib.Path('{tmp_path}/on').touch(); time.sleep(600)  # {left}"
    modules = "import multiprocessing, os, subprocess, sys, time"
    pipeline_of(f'%%step parent\n{modules}\ncode = "{code}"\n{start}\ntime.sleep(600)')
    program = [sys.executable, "-c", CONTROL, str(tmp_path / "made.ipynb")]
    controller = psutil.Popen(program, start_new_session=True)
    until((tmp_path / "on").exists, "the program that the step started", DEADLINE)
    keeper = next(each for each in controller.children() if "serve" in each.cmdline())
    (helper,) = keeper.children()
    first = {"helper and controller": [helper, controller], "the helper first": [helper]}
    for process in first.get(killed, [keeper, helper, controller]):
        process.send_signal(signal.SIGSTOP)
    for process in first.get(killed, [keeper, helper, controller]):
        process.kill()
    controller.kill()
    controller.wait()
    if killed == "all of ours":
        pipeline_of("%%step other\nx = 1")
        subprocess.run(program, check=True)
    until(lambda: not processes_with(left), "the end of what the step started", DEADLINE)
    assert psutil.wait_procs([keeper, helper], timeout=DEADLINE)[1] == []


# Modules ------------------------------------------------------------------------------------------------


def test_a_changed_local_module_is_imported_anew(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    module = tmp_path / "local_module.py"
    pipeline = pipeline_of("%%step a\nimport local_module\nx = local_module.value()")
    module.write_text("def value():\n    return 1\n")
    assert ended(pipeline)["x"] == 1
    module.write_text("def value():\n    return 2\n")
    assert ended(pipeline)["x"] == 2


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import threading\nthreading.Timer(600, print).start()", "completed"),
        ("import sys\nsys.exit(4)", "failed"),
        ("raise OSError('no licence')", "failed"),
        ("print('imported')\ninput()", "failed"),
    ],
    ids=["starts a thread", "sys.exit", "raises", "asks"],
)  # fmt: skip
def test_a_module_that_misbehaves_on_import_harms_its_step_only(
    pipeline_of: MakePipeline, tmp_path: Path, source: str, status: str
) -> None:
    (tmp_path / "odd_module.py").write_text(source)
    run = ended(pipeline_of("%%step a\nimport odd_module\nx = 1", "%%step b\ny = 2"))
    assert (run.steps["a"].status, run.steps["b"].status) == (status, "completed")


def test_a_module_that_ends_its_process_on_import_ends_each_as_it_would_end_a_kernel(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    """What modules do when they are imported is done in later steps, too; the run goes on without these."""
    (tmp_path / "odd_module.py").write_text("import os\nos._exit(4)")
    run = ended(pipeline_of("%%step z\nw = 0", "%%step a\nimport odd_module\nx = 1", "%%step b\ny = 2"))
    assert [run.steps[name].status for name in "zab"] == ["completed", "failed", "failed"]


def test_a_local_file_named_like_a_standard_module_does_not_break_the_engine(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    for name in ("socket", "selectors", "random", "json", "ast"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong one')")
    assert ended(pipeline_of("%%step a\nx = 1"))["x"] == 1


# Disk ---------------------------------------------------------------------------------------------------


def test_a_place_that_cannot_be_written_is_an_error_before_anything_runs(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    pipeline = pipeline_of("%%step a\nx = 1")
    (tmp_path / ".jupyter_pipes").write_text("in the way")
    with pytest.raises(ConfigurationError, match="writable"):
        pipeline.run()


def test_a_store_that_cannot_be_written_fails_the_step(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "pipes.toml").write_text(f'store = "{tmp_path}/file/store"')
    run = ended(pipeline_of("%%step a\nx = 1", "%%step b\ny = x"))
    assert run.steps["a"].status is Status.FAILED
    assert "store" in run.steps["a"].reason
    assert run.steps["b"].status is Status.SKIPPED


def test_a_history_that_cannot_be_opened_is_an_error_before_anything_runs(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    (tmp_path / "pipes.toml").write_text('history = "sqlite:////dev/null/history.db"')
    with pytest.raises(StoreError, match="history"):
        pipeline_of("%%step a\nx = 1").run()


def test_a_journal_that_cannot_be_written_in_the_middle_ends_the_run_and_its_processes(
    pipeline_of: MakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_pipes.history.journal import Journal

    run = pipeline_of(f"%%step long\n{SAY_HELLO}\n{WAIT}", "%%step next --after long\nx = 1").start()
    pid = running_pid(run, "long")

    def full(*_: object, patience: float) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(Journal, "write", full)
    run.cancel()
    run.wait(DEADLINE)
    assert run.status is Status.FAILED
    assert {step.status for step in run.steps.values()} == {Status.CANCELLED}
    with pytest.raises(StoreError, match="disk full"):
        run.check()
    _, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=DEADLINE)
    assert alive == []


def test_a_full_disk_fails_with_the_reason(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))"
    run = ended(pipeline_of(f"%%step a\n{limit}\nx = b'0123456789' * 10_000", "%%step b\ny = x"))
    assert run.steps["a"].status is Status.FAILED
    assert "too large" in run.steps["a"].reason
    objects = tmp_path / ".jupyter_pipes" / "artifacts" / "objects"
    assert [path.name for path in objects.rglob(".writing*")] == []


def test_a_file_that_went_away_fails_its_step_and_says_so(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").touch()
    run = ended(
        pipeline_of(
            "%%step away\nimport os\nos.remove('rows' + '.csv')",
            "%%step a --file rows.csv --after away\nx = 1",
            "%%step b\ny = 1",
        )
    )
    a = run.steps["a"]
    assert (a.status, run.steps["b"].status) == (Status.FAILED, Status.COMPLETED)
    assert "rows.csv" in a.reason
    assert a.error is not None
    assert a.error.line == 1


def test_a_file_that_is_not_there_is_told_before_anything_runs(pipeline_of: MakePipeline) -> None:
    with pytest.raises(InvalidPipeline, match=r"none\.csv") as caught:
        pipeline_of("%%step a --file none.csv\nx = 1", "%%step b\ny = 1").start()
    assert [(found.step, found.line) for found in caught.value.diagnostics] == [("a", 1)]


# Faults of our own --------------------------------------------------------------------------------------


def test_a_subscriber_that_fails_does_not_stop_the_run(
    pipeline_of: MakePipeline, caplog: pytest.LogCaptureFixture
) -> None:
    run = pipeline_of("%%step a\nx = 1").start()

    def fail(_view: RunView, _record: ev.Record) -> None:
        raise RuntimeError("a display broke")

    run.subscribe(fail)
    run.wait(DEADLINE)
    assert run.status is Status.COMPLETED


def test_a_subscriber_may_cancel_the_run(pipeline_of: MakePipeline) -> None:
    run = pipeline_of(f"%%step long\n{SAY_HELLO}\n{WAIT}").start()
    asked = threading.Event()

    def cancel(_view: RunView, record: ev.Record) -> None:
        if isinstance(record.event, ev.ProgressReported):
            run.cancel()
            asked.set()

    run.subscribe(cancel)
    if has_progress("long")(run.view) and not asked.is_set():
        run.cancel()
    run.wait(DEADLINE)
    assert run.status is Status.CANCELLED


def test_an_unexpected_error_in_the_controller_ends_the_run_instead_of_hanging_it(
    pipeline_of: MakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_pipes.execution.scheduling.scheduler import Scheduler

    handle = Scheduler.handle

    def broken(scheduler: Scheduler, event: ev.AnyEvent) -> list[do.AnyCommand]:
        if isinstance(event, ev.StepDecided):
            raise ZeroDivisionError("a fault")
        return handle(scheduler, event)

    monkeypatch.setattr(Scheduler, "handle", broken)
    run = ended(pipeline_of("%%step a\nx = 1"))
    assert run.status is Status.FAILED
    assert "ZeroDivisionError: a fault" in run.reason


def test_garbage_in_the_pipe_of_events_is_noted_and_harms_nothing(pipeline_of: MakePipeline) -> None:
    code = """\
        import os, stat
        for number in map(int, os.listdir("/proc/self/fd")):
            try:
                if number > 2 and stat.S_ISFIFO(os.fstat(number).st_mode):
                    os.write(number, b"garbage\\n{]\\n")
            except OSError:
                pass
        x = 1
        """
    run = ended(pipeline_of(f"%%step a\n{textwrap.dedent(code)}"))
    assert run.status is Status.COMPLETED
    assert any("pipe" in note for note in only_step(run).notes)


def test_ten_thousand_metrics_neither_block_cancel_nor_get_lost(pipeline_of: MakePipeline) -> None:
    """Nor does a copy of the process tell them once more; what it says itself is told."""
    code = """\
        import os
        from jupyter_pipes import current
        for i in range(10_000):
            current.metric('m', i)
        if os.fork() == 0:
            current.metric('of the copy', 1)
            current.metric('of the copy', 2)
            os._exit(0)
        os.wait()
        """
    run = ended(pipeline_of(f"%%step a\n{textwrap.dedent(code)}"))
    assert len(only_step(run).metrics["m"]) == 10_000
    assert [point.value for point in only_step(run).metrics["of the copy"]] == [1, 2]
