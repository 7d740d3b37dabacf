"""The Python interface of the contract, and values that come out of a run as they went in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes import Pipeline, current, step
from jupyter_pipes.model.errors import (
    ArtifactMissing,
    OutsideStep,
    PipesError,
    RunCancelled,
    RunFailed,
    UsageError,
)
from tests.acceptance.conftest import NewProject

FRAME = """%%step make
df = pd.DataFrame({
    "int": [1, 2, 3],
    "small": np.array([1, 2, 3], dtype="int8"),
    "float": [1.5, np.nan, np.inf],
    "bool": [True, False, True],
    "text": ["a", "ü", ""],
    "object": [1, "a", None],
    "nullable": pd.array([1, None, 3], dtype="Int64"),
    "maybe": pd.array([True, None, False], dtype="boolean"),
    "category": pd.Categorical(["x", "y", "x"], categories=["y", "x", "z"], ordered=True),
    "day": pd.to_datetime(["2020-01-01", None, "2022-03-04"]),
    "zoned": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-03-04"]).tz_localize("Europe/Berlin"),
    "delta": pd.to_timedelta([1, 2, 3], unit="h"),
    "period": pd.period_range("2020-01", periods=3, freq="M"),
    "interval": pd.interval_range(0, 3),
    "complex": [1 + 2j, 0j, 3j],
    "lists": [[1], [], [2, 3]],
})
df.attrs["source"] = {"made": "here"}
keys = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["k", "n"])
indexed = df[["int", "float"]].set_index(keys)
wide = pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_product([["a"], ["x", "y"]]))
series = pd.Series([1, 2], name="s", index=["p", "q"])
record = np.array([(1, 2.0)], dtype=[("i", "i4"), ("f", "f8")])
scalar = np.float32(1.5)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    from tests.acceptance.project import Project

    imports = "import numpy as np\nimport pandas as pd"
    run = Project(tmp_path_factory.mktemp("values"), imports, FRAME, "%%step use\nagain = df").run()
    here: dict[str, Any] = {}
    exec(f"{imports}\n{FRAME.partition(chr(10))[2]}", here)
    return run, here


@pytest.mark.parametrize("name", ["df", "again", "indexed", "wide"])
def test_frames_of_every_dtype_come_out_equal(made: tuple[Any, dict[str, Any]], name: str) -> None:
    run, here = made
    expected = here["df" if name == "again" else name]
    pd.testing.assert_frame_equal(run[name], expected)
    assert run[name].attrs == expected.attrs


def test_series_and_numpy_values_come_out_equal(made: tuple[Any, dict[str, Any]]) -> None:
    run, here = made
    pd.testing.assert_series_equal(run["series"], here["series"])
    np.testing.assert_array_equal(run["record"], here["record"])
    assert (run["scalar"], type(run["scalar"])) == (here["scalar"], np.float32)


def test_a_loaded_value_is_the_callers_own(made: tuple[Any, dict[str, Any]]) -> None:
    run, here = made
    loaded = run["df"]
    loaded["int"] += 100
    pd.testing.assert_frame_equal(run["df"], here["df"])


def test_a_run_knows_its_steps_attempts_logs_and_values(project: NewProject) -> None:
    run = project("%%step a\nprint('from a')\nx = 1", "%%step b\ny = x + 1").run("b")
    assert (run.status, list(run.steps)) == ("completed", ["a", "b"])
    assert [attempt.number for attempt in run.steps["a"].attempts] == [1]
    assert run.logs("a") == "from a\n"
    assert (run["y"], run["b.y"]) == (2, 2)
    with pytest.raises(ArtifactMissing, match="z"):
        run["z"]


def test_naming_steps_runs_just_what_they_need(project: NewProject) -> None:
    study = project("%%step a\nx = 1", "%%step b\ny = x", "%%step c\nz = 1")
    assert list(study.run("b").steps) == ["a", "b"]
    with pytest.raises(UsageError, match=r"there is no step|There is no step"):
        study.run("nowhere")


def test_start_returns_at_once_and_wait_and_cancel_work(project: NewProject) -> None:
    study = project("%%step a\nimport time\ntime.sleep(60)", "%%step b --after a\nx = 1")
    run = study.pipeline().start()
    assert run.status == "running"
    with pytest.raises(TimeoutError):
        run.wait(timeout=0.1)
    begun = time.monotonic()
    run.cancel()
    assert run.wait(timeout=30) is run
    assert time.monotonic() - begun < 20
    assert (run.status, run.steps["b"].status) == ("cancelled", "cancelled")
    with pytest.raises(RunCancelled) as caught:
        run.check()
    assert caught.value.run is run


def test_a_failed_run_raises_with_step_line_and_run(project: NewProject) -> None:
    with pytest.raises(RunFailed, match=r"step b, line 3: ZeroDivisionError") as caught:
        project("%%step a\nx = 1", "%%step b\ny = x\n1 / 0").run()
    run = caught.value.run
    assert (run.status, run["x"], run.steps["b"].error.line) == ("failed", 1, 3)
    assert isinstance(caught.value, PipesError)
    assert "\n" not in str(caught.value)


def test_outside_a_step_current_raises() -> None:
    for use in (
        lambda: current.metric("a", 1),
        lambda: current.progress(1, 2),
        lambda: current.log("a"),
        lambda: current.run.id,
    ):
        with pytest.raises(OutsideStep):
            use()


def test_inside_a_step_current_tells_and_takes(project: NewProject) -> None:
    run = project(
        "from jupyter_pipes import current",
        "%%params\nn: int = 2",
        "%%step a\nfor i in range(n):\n    current.progress(i + 1, n)\n"
        "    current.metric('loss', 1 / (i + 1), at=i)\ncurrent.artifact('extra', {'k': n})\n"
        "who = (current.step.name, current.run.id, dict(current.params))",
    ).run()
    assert run["who"] == ("a", run.id, {"n": 2})
    assert run["extra"] == {"k": 2}
    assert [(point.at, point.value) for point in run.steps["a"].metrics["loss"]] == [(0, 1.0), (1, 0.5)]


@step(stage="data", tags=["x"])
def numbers(count: int) -> list[int]:
    values = list(range(count))
    return values  # noqa: RET504 - the name is the output's


@step(retries=1)
def added(values: list[int]) -> tuple[int, int]:
    total = sum(values)
    size = len(values)
    return total, size


def test_functions_make_a_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = Pipeline("sums", steps=[numbers, added], params={"count": 4})
    run = pipeline.run(params={"count": 5})
    assert (run["total"], run["size"], run.steps["added"].planned.reads) == (10, 5, {"values": "numbers"})
    assert run.steps["numbers"].planned.options.stage == "data"
    assert numbers(2) == [0, 1], "a step is still a function"
    assert [step.decision for step in pipeline.plan(params={"count": 5}).steps] == ["cached", "cached"]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("__import__('threading').Lock()", "lock"),
        ("__import__('socket').socket()", "socket"),
        ("memoryview(b'1')", "memory"),
        ("open('f.txt', 'w')", "file"),
    ],
)
def test_a_wanted_output_that_cannot_be_kept_fails_its_step_by_name(
    project: NewProject, value: str, word: str
) -> None:
    run = project(f"%%step a\nok = 1\nheld = {value}", "%%step b\nx = held").run(check=False)
    found = run.steps["a"]
    assert (found.status, run.steps["b"].status) == ("failed", "skipped")
    assert "'held'" in found.reason or " held" in found.reason
    assert word in found.reason.lower()
    assert found.error is not None
    assert found.error.line == 3


def test_an_output_that_nobody_reads_and_cannot_be_kept_is_a_note(project: NewProject) -> None:
    run = project("%%step a\nheld = memoryview(b'1')\nx = 1").run()
    assert run["x"] == 1
    assert "held" in run.steps["a"].notes[0]


ENDINGS = {
    "an exception": ("raise KeyError('gone')", "KeyError"),
    "sys.exit": ("import sys\nsys.exit(3)", "3"),
    "os._exit": ("import os\nos._exit(7)", "7"),
    "a killed process": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "a crash": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "input": ("input('name?')", "%%params"),
}


@pytest.mark.parametrize(("code", "words"), ENDINGS.values(), ids=ENDINGS.keys())
def test_whatever_ends_a_step_is_a_failure_with_its_reason(
    project: NewProject, code: str, words: str
) -> None:
    run = project(f"%%step bad\nprint('before')\n{code}", "%%step good\nx = 1").run(check=False)
    assert (run.status, run.steps["bad"].status, run.steps["good"].status) == (
        "failed",
        "failed",
        "completed",
    )
    assert words in run.steps["bad"].reason
    assert run.logs("bad").startswith("before\n")


def test_a_step_works_in_the_notebooks_folder_wherever_the_caller_is(project: NewProject) -> None:
    study = project(
        "%%step a\nfrom pathlib import Path\nhere = str(Path.cwd())", "%%step b\nimport os\nos.chdir('/')"
    )
    assert study.run()["here"] == str(study.folder)
